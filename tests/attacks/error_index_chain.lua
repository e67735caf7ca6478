-- a chain of fields of nil
-- SPDX-License-Identifier: MIT
return request.sender.x.y.z
