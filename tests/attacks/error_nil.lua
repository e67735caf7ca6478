-- error(nil)
-- SPDX-License-Identifier: MIT
error()
