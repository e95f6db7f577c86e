"""What is counted in the path of a message: plain numbers, made into metrics when asked for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets for times."""


class Traffic:
    """The events of one namespace in one database.

    :ivar received: events of clients that were handed to handlers.
    :ivar sent: events sent, counted per recipient.
    :ivar acks: acknowledgements of clients that were awaited.
    :ivar dropped: volatile events not sent, because a client does not read.
    """

    __slots__ = ("acks", "dropped", "received", "sent")

    def __init__(self) -> None:
        self.received = self.sent = self.acks = self.dropped = 0


class Histogram:
    """How often a value fell into which bucket.

    :param bounds: ascending; a bucket holds what is not above its bound. One more has no bound.
    :ivar counts: per bucket, not added up.
    :ivar sum: of all values.
    """

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value
