# SPDX-License-Identifier: MIT
"""A partner with a valid certificate whose frames are meant to cost more than they are worth."""

from attack import attack
from lib import floods
from lib.frames import ENHANCE_YOUR_CALM, data, raw, settings
from lib.wire import Refused, TimedOut

CALM = f"GOAWAY {ENHANCE_YOUR_CALM}"
SLOW, SLOW_TURN_S, ZERO_STREAMS = 40, 0.05, 100


def flood_of(name, flood):
    """Registers a flood: connects, floods until the gateway has had enough, connects again."""
    @attack(name, CALM)
    def run(means):
        yield
        while means.has_time():
            with means.frames() as connection:
                connection.send(flood(connection))
                goaway = connection.wait_for_goaway()
                means.saw(f"GOAWAY {goaway.error_code}" if goaway else "no GOAWAY")


for title, frames in {
        "rapid reset (CVE-2023-44487)": floods.resets,
        "rapid reset of finished requests": floods.finished_resets,
        "CONTINUATION without end (CVE-2024-27316)": floods.endless_continuations,
        "empty CONTINUATION": floods.empty_continuations,
        "SETTINGS flood": floods.empty_settings,
        "SETTINGS that change each time": floods.changing_settings,
        "PING flood": floods.pings,
        "WINDOW_UPDATE flood": floods.window_updates,
        "WINDOW_UPDATE on a stream": floods.stream_window_updates,
        "empty DATA": floods.empty_data,
        "DATA of padding alone": floods.padding_alone,
        "PRIORITY flood": floods.priorities}.items():
    flood_of(title, frames)


class Held:
    """Connections that are kept open as long as the gateway likes it."""

    def __init__(self, means, begin):
        self.means, self.begin, self.open = means, begin, []

    def fill(self):
        while len(self.open) < SLOW and self.means.has_time():
            connection = self.means.frames()
            self.begin(connection)
            self.open.append(connection)

    def turn(self, send):
        """`send` on each, if there is one; those that have ended are counted and replaced."""
        self.fill()
        for connection in list(self.open):
            if connection.send(*send(connection)) and not is_over(connection):
                continue
            self.means.saw("ended")
            connection.wire.close()
            self.open.remove(connection)
        self.means.pause(SLOW_TURN_S)


def is_over(connection):
    """Hears what has come; whether the stream or the connection is over."""
    try:
        connection.until(lambda _: connection.response(1).done, 0)
    except TimedOut:
        pass
    except Refused:
        return True
    return connection.wire.is_over or connection.response(1).done


@attack("slow-loris: header fields piece by piece", "ended")
def slow_headers(means):
    held = Held(means, lambda c: c.send(c.headers(1, whole=False)))
    yield
    while means.has_time():
        held.turn(lambda _: [raw(floods.CONTINUATION, b"\0\1x\1y", 0, 1)])


@attack("slow-loris: a body byte by byte", "ended")
def slow_body(means):
    held = Held(means, lambda c: c.send(c.headers(1)))
    yield
    while means.has_time():
        held.turn(lambda _: [data(1, b" ")])


@attack("windows of zero: answers that nobody takes", "ended")
def zero_windows(means):
    body = means.peer.body(["PRINS"])

    def begin(connection):
        connection.send(settings(INITIAL_WINDOW_SIZE=0))
        for stream in range(1, 2 * ZERO_STREAMS, 2):
            connection.send(*connection.post(stream, body))
    held = Held(means, begin)
    yield
    while means.has_time():
        held.turn(lambda _: [])
