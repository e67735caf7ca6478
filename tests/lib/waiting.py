# SPDX-License-Identifier: MIT
"""Bounded waits: a deadline, and waiting for a descriptor; nothing in the tests waits otherwise."""

import os
import select
import time

# Everything bounded takes this many times longer under a checker that slows the daemon down.
SLOWNESS = float(os.environ.get("PARLEY_SLOWNESS", "1"))


class Deadline:
    """A moment by which something must have happened."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds * SLOWNESS

    def left(self):
        """Seconds that remain, never negative."""
        return max(0.0, self.end - time.monotonic())

    def passed(self):
        return self.left() == 0.0


def elapsed():
    """A function that says how many seconds ago it was made."""
    start = time.monotonic()
    return lambda: time.monotonic() - start


def readable(descriptor, seconds):
    """Whether the descriptor becomes readable within the time."""
    return bool(select.select([descriptor], [], [], seconds)[0])
