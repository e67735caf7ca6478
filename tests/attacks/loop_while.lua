-- an endless loop
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do end
