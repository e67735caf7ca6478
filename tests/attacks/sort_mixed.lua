-- a list of what cannot be compared
-- SPDX-License-Identifier: MIT
table.sort({ 1, "x", {}, sepp.TLS })
