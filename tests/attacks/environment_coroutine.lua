-- uses coroutine
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return coroutine.wrap(function() end)()
