-- defers by more seconds than there are
-- SPDX-License-Identifier: MIT
return sepp.defer(math.maxinteger, "x")
