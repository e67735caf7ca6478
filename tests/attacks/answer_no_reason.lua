-- refuses without a reason
-- SPDX-License-Identifier: MIT
return sepp.reject()
