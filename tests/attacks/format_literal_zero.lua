-- a format with a zero in it
-- SPDX-License-Identifier: MIT
-- expect: answer
return sepp.reject("%d", ("a\0b%d"):format(1):len())
