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

    The loop cannot look while it is blocked, so a thread does. It only takes a note: the line is
    logged by the loop, once it runs again and knows how long it was.

    :param threshold: seconds.
    :param counters: its ``blocked`` counts the times.
    :param ours: prefixes of modules that are not to blame for what they call.
    :ivar lag: seconds that the loop was late each time it was to look.
    """

    def __init__(
        self, threshold: float, counters: Counter[str], ours: Sequence[str] = OURS
    ) -> None:
        self._threshold = threshold
        self._counters = counters
        self._ours = tuple(ours)
        self._loop_thread = monkey.get_original("_thread", "get_ident")()
        self._ticked = GreenRuntime.monotonic()
        self._culprit = ""
        self._timer: Any = None
        self.lag = Histogram()

    def start(self) -> None:
        """Watch the loop of the calling thread from now on."""
        period = self._threshold / 2
        self._timer = gevent.get_hub().loop.timer(period, period, ref=False)
        self._ticked = GreenRuntime.monotonic()
        self._timer.start(self._tick)
        monkey.get_original("_thread", "start_new_thread")(self._look, (period,))

    def stop(self) -> None:
        """Watch no more."""
        self._timer.close()
        self._timer = None

    def _tick(self) -> None:
        """The loop runs: say what it was kept from, if it was."""
        now = GreenRuntime.monotonic()
        blocked = now - self._ticked - self._threshold / 2
        self.lag.observe(max(0.0, blocked))
        if blocked > self._threshold:
            self._counters["blocked"] += 1
            logger.warning(
                "the event loop was blocked for %.2f s by %s: nobody else was served; wait only "
                "in what gives way, and leave long work to another process",
                blocked, self._culprit or "something that holds Python's interpreter lock",
            )  # fmt: skip
        self._ticked, self._culprit = now, ""

    def _look(self, period: float) -> None:
        """The thread: note what runs while the loop is overdue."""
        sleep = monkey.get_original("time", "sleep")
        while self._timer is not None:
            sleep(period)
            if GreenRuntime.monotonic() - self._ticked > self._threshold and not self._culprit:
                self._culprit = self._blame(sys._current_frames().get(self._loop_thread))

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
