-- the file raises a long text
-- SPDX-License-Identifier: MIT
error(("x"):rep(60000))
