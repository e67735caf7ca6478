-- an error text of 60 KB
-- SPDX-License-Identifier: MIT
error(("x"):rep(60000))
