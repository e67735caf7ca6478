-- what is not there for it: peer.trusted = true
-- SPDX-License-Identifier: MIT
peer.trusted = true
