-- a method of a view on something else
-- SPDX-License-Identifier: MIT
return request.offers(peer, sepp.TLS)
