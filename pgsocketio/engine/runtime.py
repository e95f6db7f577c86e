"""What the parts of one engine share."""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import Any

from gevent import get_hub

from pgsocketio.quiet_log import QuietLog

from .limits import TimerWheel
from .settings import EngineSettings

logger = logging.getLogger("pgsocketio.engine")


class Runtime:
    """Event loop, settings, time-outs, counters and log of one engine.

    Args:
        settings: limits and defaults.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self.loop: Any = get_hub().loop
        self.clock = time.monotonic
        self.timers = TimerWheel(self.clock)
        self.counters: Counter[str] = Counter()
        self.log = QuietLog(logger, self.clock)
        self._ticker: Any = None

    def refused(self, rule: str, what: str, address: str, error: object) -> None:
        """Count what a client did wrong, and log one line per rule and while."""
        self.counters[f"refused:{rule}"] += 1
        self.log.line(rule, "Refused %s of %s: %s", what, address, error)

    def dropped(self, address: str) -> None:
        """Log that a client does not read what it is sent, one line for all in a while."""
        self.log.line(
            "slow client", "Dropped a slow client at %s: more than %d bytes unsent",
            address, self.settings.max_unsent,
        )  # fmt: skip

    def start(self) -> None:
        """Let time-outs run, in the event loop of the calling thread."""
        if self._ticker is None:
            self._ticker = self.loop.timer(self.timers.tick, self.timers.tick, ref=False)
            self._ticker.start(self.timers.advance, update=True)

    def stop(self) -> None:
        """Stop time-outs."""
        if self._ticker is not None:
            self._ticker.stop()
            self._ticker.close()
            self._ticker = None
