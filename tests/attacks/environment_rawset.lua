-- uses rawset
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return rawset(string, "rep", nil)
