-- uses utf8
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return utf8.char(65)
