-- a policy is made in a decision
-- SPDX-License-Identifier: MIT
-- expect: is called once
return sepp.policy { api = 1, name = "x" }
