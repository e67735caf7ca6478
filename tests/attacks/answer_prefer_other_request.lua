-- sepp.prefer gets the peer for the request
-- SPDX-License-Identifier: MIT
return sepp.prefer(peer, { sepp.TLS })
