-- what is not there for it: request.capabilities[1] = sepp.PRINS
-- SPDX-License-Identifier: MIT
request.capabilities[1] = sepp.PRINS
