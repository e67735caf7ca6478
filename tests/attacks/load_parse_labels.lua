-- labels that are there twice
-- SPDX-License-Identifier: MIT
--* 2 ::a:: 
return 1
