-- SPDX-License-Identifier: MIT
return { b = sepp.require "cycle_b" }
