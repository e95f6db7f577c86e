"""Log lines that cannot flood. Pure: the clock is handed in."""

from __future__ import annotations

import logging
from collections.abc import Callable


class QuietLog:
    """Logs each kind of event at most once per period, and how many it left out.

    Args:
        logger: where the lines go.
        clock: monotonic seconds.
        period: seconds between two lines of one kind.
    """

    def __init__(
        self, logger: logging.Logger, clock: Callable[[], float], period: float = 10.0
    ) -> None:
        self._logger = logger
        self._clock = clock
        self._period = period
        self._kinds: dict[str, tuple[float, int]] = {}

    def line(self, kind: str, message: str, *args: object, exc_info: bool = False) -> None:
        """Log a line of this kind, unless one was logged within the period."""
        now = self._clock()
        last, left_out = self._kinds.get(kind, (now - self._period, 0))
        if now - last < self._period:
            self._kinds[kind] = (last, left_out + 1)
            return
        self._kinds[kind] = (now, 0)
        if left_out:
            message += f" ({left_out} more like this since the last such line)"
        self._logger.warning(message, *args, exc_info=exc_info)
