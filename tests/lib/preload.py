# SPDX-License-Identifier: MIT
"""Libraries that go before others in the daemon: another wall clock, and functions that misbehave.

    clock = Clock(state / "clock")
    gateway = Gateway(directory, "--state", state,
                      environment=environment(FAKETIME, **clock.variables()))
    clock.step(86400)
"""

import os
import pathlib
import subprocess

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


def sanitizers():
    """Those that the programs are built with, which have to come first."""
    parts = pathlib.Path(os.environ.get("PARLEY_BUILD", "build")).name.split("-")
    return [name for name in ("address", "thread") if name in parts]


def environment(*libraries, **variables):
    """That of this process, with the libraries loaded first."""
    first = [subprocess.run(["cc", f"-print-file-name=lib{name[0]}san.so"], check=True,
                            capture_output=True, text=True).stdout.strip()
             for name in sanitizers()]
    return dict(os.environ, LD_PRELOAD=":".join([*first, *map(str, libraries)]), **variables)


def compiled(folder, text):
    """A library made from C.  Returns its path."""
    source, library = folder / "preload.c", folder / "preload.so"
    source.write_text(text, encoding="ascii")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    return library


class Clock:
    """The wall clock of a daemon under libfaketime; its other clocks are true."""

    def __init__(self, path):
        """`path`: a file that the daemon may read, as those in its state directory."""
        self.path, self.offset = pathlib.Path(path), 0
        self.step(0)

    def step(self, seconds):
        self.offset += seconds
        new = self.path.with_suffix(".new")
        new.write_text(f"{self.offset:+d}\n", encoding="ascii")
        new.rename(self.path)

    def variables(self):
        return {"FAKETIME_TIMESTAMP_FILE": str(self.path), "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_NO_CACHE": "1"}
