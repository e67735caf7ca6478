-- what is not there for it: request.sender = "x"
-- SPDX-License-Identifier: MIT
request.sender = "x"
