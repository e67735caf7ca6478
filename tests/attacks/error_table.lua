-- error with a table
-- SPDX-License-Identifier: MIT
error({ code = 1 })
