-- the beginnings of long brackets
-- SPDX-License-Identifier: MIT
local x =
--* 10000 [=
