-- a gateway is made in a decision
-- SPDX-License-Identifier: MIT
-- expect: is called once
return sepp.gateway { api = 1 }
