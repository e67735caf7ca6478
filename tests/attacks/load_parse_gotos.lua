-- hundreds of gotos to labels behind them
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local x = 1
while x do
--* 1900 goto continue 
::continue::
end
