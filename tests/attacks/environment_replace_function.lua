-- replaces a function of the library
-- SPDX-License-Identifier: MIT
-- expect: read-only
string.rep = nil
