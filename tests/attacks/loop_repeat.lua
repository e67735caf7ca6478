-- an endless repeat
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
repeat until false
