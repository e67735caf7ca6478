-- the answer is the request itself
-- SPDX-License-Identifier: MIT
return request
