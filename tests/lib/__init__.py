# SPDX-License-Identifier: MIT
"""Helpers that the Python tests share: an operator's directory, a gateway, a roaming partner."""
