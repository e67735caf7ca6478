-- a list with holes
-- SPDX-License-Identifier: MIT
table.sort({ 3, nil, 1, nil, 2, [100] = 1 }, function(a, b) return a < b end)
