-- uses package
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return package.loadlib("x", "*")
