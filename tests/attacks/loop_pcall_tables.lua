-- pcall of what raises tables
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do pcall(error, {}) end
