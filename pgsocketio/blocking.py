"""What keeps the event loop from everybody else, by name."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Sequence
from types import FrameType
from typing import Any

import gevent
from gevent import monkey

from pgsocketio.green import GreenRuntime
from pgsocketio.measure import Histogram

logger = logging.getLogger("pgsocketio.blocking")

OURS = ("pgsocketio.", "gevent.")


class BlockingWatch:
    """Logs each time that something blocked the event loop longer than it may.

    The loop says when it begins to work and when it waits again. It cannot look while it is
    blocked, so a thread does, which only takes a note: the line is logged by the loop, once it is
    done and knows how long it was. Nothing is woken for it while the loop waits but that thread.

    :param threshold: seconds.
    :param counters: its ``blocked`` counts the times.
    :param ours: prefixes of modules that are not to blame for what they call.
    :ivar lag: seconds of each turn of the loop, in which others have to wait.
    """

    def __init__(
        self, threshold: float, counters: Counter[str], ours: Sequence[str] = OURS
    ) -> None:
        self._threshold = threshold
        self._counters = counters
        self._ours = tuple(ours)
        self._loop_thread = monkey.get_original("_thread", "get_ident")()
        self._since = 0.0  # when the loop began to work; 0: it waits
        self._note = (0.0, "")  # since when, and who
        self._watchers: tuple[Any, ...] = ()
        self.lag = Histogram()

    def start(self) -> None:
        """Watch the loop of the calling thread from now on."""
        loop = gevent.get_hub().loop
        first, last = loop.check(ref=False), loop.prepare(ref=False)
        first.priority, last.priority = loop.MAXPRI, loop.MINPRI  # around all others
        first.start(self._begins)
        last.start(self._waits)
        self._watchers = (first, last)
        self._begins()
        monkey.get_original("_thread", "start_new_thread")(self._look, ())

    def stop(self) -> None:
        """Watch no more."""
        watchers, self._watchers = self._watchers, ()
        for watcher in watchers:
            watcher.stop()
            watcher.close()

    def _begins(self) -> None:
        """The loop goes to work."""
        self._since = GreenRuntime.monotonic()

    def _waits(self) -> None:
        """The loop is done: say what it was kept with, if it was."""
        since, self._since = self._since, 0.0
        if not since:
            return
        blocked = GreenRuntime.monotonic() - since
        self.lag.observe(blocked)
        if blocked > self._threshold:
            culprit = self._note[1] if self._note[0] == since else ""
            self._counters["blocked"] += 1
            logger.warning(
                "the event loop was blocked for %.2f s by %s: nobody else was served; wait only "
                "in what gives way, and leave long work to another process",
                blocked, culprit or "something that holds Python's interpreter lock",
            )  # fmt: skip

    def _look(self) -> None:
        """The thread: note what runs in the second half of the time that a turn may take."""
        sleep, half = monkey.get_original("time", "sleep"), self._threshold / 2
        while self._watchers:
            sleep(self._threshold)
            since = self._since
            while since and (early := since + half - GreenRuntime.monotonic()) > 0:
                sleep(early)
                since = self._since
            if since and since != self._note[0]:
                self._note = (since, self._blame(sys._current_frames().get(self._loop_thread)))

    def _blame(self, frame: FrameType | None) -> str:
        """The outermost function that is not ours: the handler, rather than what it calls."""
        found = innermost = frame
        while frame is not None:
            if not frame.f_globals.get("__name__", "").startswith(self._ours):
                found = frame
            frame = frame.f_back
        if found is None or innermost is None:
            return ""
        code = found.f_code
        name = getattr(code, "co_qualname", code.co_name)  # from Python 3.11 on
        line = f"{innermost.f_code.co_filename}:{innermost.f_lineno}"
        return f"{found.f_globals.get('__name__')}.{name} (at {line})"
