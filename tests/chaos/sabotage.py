"""Switches protections of the server off, so that `make chaos-selftest` sees their absence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pgsocketio import wire
from pgsocketio.follower import Follower
from pgsocketio.hub import Hub
from pgsocketio.listener import Listener
from pgsocketio.progress import Progress


def without_catch_up() -> None:
    """Whoever comes back, listener or client, goes on with what comes next."""
    enter = Follower.enter

    def enter_anew(self: Follower, log: Any) -> None:
        self._hub.reset()
        enter(self, log)

    Follower.enter = enter_anew  # type: ignore[method-assign]
    Progress.since = lambda _self, _reader: None  # type: ignore[method-assign, assignment]


def without_deduplication() -> None:
    """What a NOTIFY carried comes again with the log, and what a client has seen comes again."""
    Hub.had = property(lambda _self: set())  # type: ignore[assignment, method-assign]
    wire._parse_seen = lambda data: {}


def without_poll() -> None:
    """The log is read when something was heard, never by the clock."""
    init = Listener.__init__

    def init_without(self: Listener, *args: Any, **others: Any) -> None:
        init(self, *args, **others)
        self.settings = replace(self.settings, poll=3600.0, silence=7200.0)

    Listener.__init__ = init_without  # type: ignore[method-assign]


SABOTAGES: dict[str, Callable[[], None]] = {
    "catch-up": without_catch_up,
    "deduplication": without_deduplication,
    "poll": without_poll,
}
