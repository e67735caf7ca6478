-- views are keys of a table that is walked
-- SPDX-License-Identifier: MIT
for k in pairs({ [request] = 1 }) do end
