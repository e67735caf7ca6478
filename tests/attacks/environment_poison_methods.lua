-- changes what texts have for methods
-- SPDX-License-Identifier: MIT
("").rep = 1
