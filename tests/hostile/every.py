# SPDX-License-Identifier: MIT
"""Every attack that there is: a module registers its own when it is loaded."""

import on_http2  # pylint: disable=unused-import
import on_names  # pylint: disable=unused-import
import on_requests  # pylint: disable=unused-import
import on_tls  # pylint: disable=unused-import
from attack import attacks  # pylint: disable=unused-import
