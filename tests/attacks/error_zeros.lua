-- an error text with zeros
-- SPDX-License-Identifier: MIT
error("a\0b")
