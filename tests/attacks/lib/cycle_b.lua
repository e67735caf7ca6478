-- SPDX-License-Identifier: MIT
return { a = sepp.require "cycle_a" }
