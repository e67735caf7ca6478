-- the answer is a table that looks like one
-- SPDX-License-Identifier: MIT
return { verdict = "select", cap = sepp.TLS }
