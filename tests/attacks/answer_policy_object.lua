-- the answer is the policy object
-- SPDX-License-Identifier: MIT
return policy
