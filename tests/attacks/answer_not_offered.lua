-- selects what cannot be selected
-- SPDX-License-Identifier: MIT
return sepp.select(sepp.NONE)
