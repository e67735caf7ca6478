-- an order with one entry at the end of the integers
-- SPDX-License-Identifier: MIT
return sepp.prefer(request, { [math.maxinteger] = sepp.TLS })
