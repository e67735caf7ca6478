# SPDX-License-Identifier: MIT
"""What the flow tests share: folders for directories, and the daemon's log after a failure."""

import contextlib
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib import gateway as gateways  # noqa: E402
from lib import sepp as sepps  # noqa: E402
from lib.directory import Directory  # noqa: E402

LOG_BYTES = 20000


@pytest.fixture
def directory(tmp_path):
    """An operator's directory of the test's own."""
    return Directory(tmp_path)


@pytest.fixture
def start(directory):
    """Starts a gateway on the test's directory, and stops it after the test."""
    with contextlib.ExitStack() as begun:
        yield lambda *arguments, **how: begun.enter_context(
            gateways.Gateway(directory, *arguments, **how))


@pytest.fixture
def scripted(directory):
    """Makes partners of the test's directory with a scripted SEPP, and stops those."""
    with contextlib.ExitStack() as begun:
        yield lambda *arguments, **fields: begun.enter_context(
            sepps.Sepp.of(directory, *arguments, **fields))


@pytest.fixture(autouse=True)
def forget_old_logs():
    gateways.started[:] = [gateway for gateway in gateways.started if gateway.is_running()]
    sepps.started[:] = [sepp for sepp in sepps.started if sepp.thread.is_alive()]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    report = (yield).get_result()
    if report.failed:
        for gateway in gateways.started:
            name = f"log of the gateway on {gateway.directory.root.name}"
            report.sections.append((name, gateway.log()[-LOG_BYTES:]))
        for sepp in sepps.started:
            report.sections.append(("what a scripted SEPP saw", str(sepp)))
