-- the answer is a string
-- SPDX-License-Identifier: MIT
return "TLS"
