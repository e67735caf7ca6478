# SPDX-License-Identifier: MIT
"""A short run of converge.py; `make converge` has the long ones."""

from converge import converge

ROUNDS, SEED = 15, 29573


def test_gateways_agree_again_whatever_fails_between_them():
    converge(ROUNDS, SEED, print)
