-- what is not there for it: return sepp.select(sepp.purpose.ROAMING)
-- SPDX-License-Identifier: MIT
return sepp.select(sepp.purpose.ROAMING)
