-- the file raises a table
-- SPDX-License-Identifier: MIT
error({})
