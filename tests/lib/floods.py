# SPDX-License-Identifier: MIT
"""Frames that do no work, thousands of them: each flood is a function of a frames.Frames to bytes."""

from hyperframe.frame import PriorityFrame, SettingsFrame

from lib.frames import data, raw, reset, settings, window_update

MANY = 20000
HEADERS, CONTINUATION = 1, 9
END_STREAM, END_HEADERS = 1, 4


def resets(connection):
    block = connection.block(connection.fields())
    return b"".join(raw(HEADERS, block, END_HEADERS, stream) + reset(stream).serialize()
                    for stream in range(1, MANY, 2))


def finished_resets(connection):
    """Streams that are answered or nearly so when they are reset."""
    block = connection.block(connection.fields("GET"))
    return b"".join(raw(HEADERS, block, END_HEADERS | END_STREAM, stream)
                    + reset(stream).serialize() for stream in range(1, MANY, 2))


def empty_settings(_):
    return SettingsFrame(0).serialize() * MANY


def changing_settings(_):
    return settings(INITIAL_WINDOW_SIZE=1000, HEADER_TABLE_SIZE=0).serialize() * MANY


def pings(_):
    return raw(6, b"01234567") * MANY


def empty_data(connection):
    return connection.headers(1).serialize() + data(1, b"").serialize() * MANY


def padding_alone(connection):
    return connection.headers(1).serialize() + raw(0, b"\0", 8, 1) * MANY


def empty_continuations(connection):
    return connection.headers(1, whole=False).serialize() + raw(CONTINUATION, b"", 0, 1) * MANY


def endless_continuations(connection):
    piece = connection.block([("x-" + "y" * 100, "z" * 1000)])
    start = connection.headers(1, whole=False).serialize()
    return start + raw(CONTINUATION, piece, 0, 1) * 4000


def priorities(_):
    return PriorityFrame(1, depends_on=0, stream_weight=5).serialize() * MANY


def window_updates(_):
    return window_update(0, 1).serialize() * MANY


def stream_window_updates(connection):
    return connection.headers(1).serialize() + window_update(1, 1).serialize() * MANY


FLOODS = [resets, finished_resets, empty_settings, changing_settings, pings, empty_data,
          padding_alone, empty_continuations, endless_continuations, priorities, window_updates,
          stream_window_updates]
