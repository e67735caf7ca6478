-- arithmetic on a text
-- SPDX-License-Identifier: MIT
return "10" + 1
