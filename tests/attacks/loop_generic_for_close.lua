-- a generic for with a fourth value to close
-- SPDX-License-Identifier: MIT
for a in next, {}, nil, {} do end
