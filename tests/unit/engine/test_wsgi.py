"""How long an answer waits for who reads it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pgsocketio.engine.http_connection import HttpConnection
from pgsocketio.engine.wsgi import WSGIHandler

TIMEOUT = 0.001  # seconds


class Stream:
    """So much is unsent, each time that somebody looks."""

    def __init__(self, unsent: Iterator[int]) -> None:
        self._unsent = unsent

    @property
    def unsent(self) -> int:
        return next(self._unsent)


def transmit(*unsent: int) -> None:
    """Write a piece that the client takes so fast, and no event says that all is sent."""
    http = SimpleNamespace(gone=False, stream=Stream(iter(unsent)), write=lambda data: None)
    handler: Any = WSGIHandler(cast(HttpConnection, http), {}, TIMEOUT)
    handler._transmit(b"x" * unsent[0])


def test_a_slow_reader_gets_the_whole_of_a_large_piece() -> None:
    transmit(900_000, 600_000, 600_000, 300_000, 300_000, 0, 0)


def test_who_reads_nothing_is_given_up() -> None:
    with pytest.raises(BrokenPipeError, match="does not read"):
        transmit(900_000, 600_000, 600_000, 600_000)
