-- many errors, then nothing
-- SPDX-License-Identifier: MIT
for i = 1, 1000 do pcall(error, i) end
