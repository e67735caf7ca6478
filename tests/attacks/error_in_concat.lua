-- an operator on nil
-- SPDX-License-Identifier: MIT
return nil .. "x"
