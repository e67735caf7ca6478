-- the answer is raised instead of returned
-- SPDX-License-Identifier: MIT
error(sepp.select(sepp.TLS))
