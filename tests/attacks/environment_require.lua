-- uses require
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return require("os")
