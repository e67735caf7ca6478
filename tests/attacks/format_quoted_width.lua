-- format: quoted_width
-- SPDX-License-Identifier: MIT
return ("%5q"):format("x")
