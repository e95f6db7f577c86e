"""A busy log is read every few milliseconds, and who publishes need not wake anybody.

A NOTIFY after COMMIT costs publisher, PostgreSQL and server more than half a millisecond of a
processor. From some hundred transactions per second on it costs less to look for them, as network
drivers poll under load instead of being interrupted (Linux: NAPI). A server that finds the log busy
promises in the database that it will be polled until some time; each server that reads so keeps
the promise, and publishers do not send NOTIFY for what they commit before that time.
"""

from __future__ import annotations

import math

INTERVAL = 0.01
"""Seconds between two reads of a busy log."""
PROMISE = 5.0
"""Seconds that a promise reaches; it is renewed every half of that as long as the log is busy."""
MARGIN = 0.1
"""Seconds by which publishers trust a promise less: two servers may write theirs crosswise."""
BUSY, CALM = 300.0, 150.0
"""Transactions per second from which on a log is polled, and below which it is no more."""
WINDOW = 0.5
"""Seconds over which transactions are counted, at least."""


class BusyLog:
    """Whether to poll a log, and when to promise it. Times are seconds of one monotonic clock.

    :ivar polled: whether the promise stands, and the log has to be read all the time.
    """

    def __init__(self) -> None:
        self.polled = False
        self._until = self._renew = -math.inf
        self._busy = self._too_long = False
        self._counted, self._since = 0, -math.inf

    def told(self, remaining: float | None, asked: float, now: float) -> None:
        """What a read of the log found about the promise.

        :param remaining: seconds that it stands yet, None when there never was one.
        :param asked: when the read began: what begins after the end of the promise is the last.
        :param now: not before PostgreSQL answered.
        """
        if remaining is not None:
            self._until = now + remaining
            self._renew = self._until - PROMISE / 2
        self._too_long = remaining is not None and remaining > PROMISE + MARGIN
        self.polled = asked <= self._until

    def count(self, transactions: int) -> None:
        """So many were heard of, or read."""
        self._counted += transactions

    def promises(self, now: float) -> bool:
        """Whether to promise now: because there is a lot to read, and the last one is half over.

        A promise that reaches too far is replaced, too: PostgreSQL's clock was put back. True
        is said once for each.
        """
        if now - self._since >= WINDOW:
            rate = self._counted / (now - self._since)
            self._busy = rate >= (CALM if self._busy else BUSY)
            self._counted, self._since = 0, now
        due = self._too_long or (self._busy and now >= self._renew)
        if due:
            self._too_long, self._renew = False, now + PROMISE / 2
        return due


def trusted_until(remaining: float | None, asked: float) -> float:
    """Until when a publisher need not send NOTIFY after what it has committed.

    :param remaining: seconds that the promise stands, as PostgreSQL says; None: there is none.
    :param asked: when it was asked, by the publisher's monotonic clock.
    :returns: a time by that clock.
    """
    return -math.inf if remaining is None else asked + min(remaining, PROMISE) - MARGIN
