-- a generic for over a constant
-- SPDX-License-Identifier: MIT
for a in sepp.TLS do end
