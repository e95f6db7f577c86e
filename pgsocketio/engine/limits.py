"""Counts per key and the timer wheel. Pure: the clock is handed in."""

from __future__ import annotations

from typing import Protocol

from pgsocketio.rates import Clock

LONG = 10.0
"""Seconds from which on a time-out need not be exact: the pings are long, and many."""
TOGETHER = 5
"""Ticks whose long time-outs come at once, so that the processor wakes for them less often."""
MOST = 250
"""Calls of one tick, where there are 10,000 time-outs at most; of more, a fortieth."""


class Timed(Protocol):
    """What a :class:`TimerWheel` can hold: it keeps its own tick in ``due`` (-1: none)."""

    due: int

    def on_time(self) -> None: ...


class TimerWheel:
    """All time-outs of the transport: one per item, each change O(1), one clock for all.

    Args:
        clock: monotonic seconds.
        tick: seconds between two calls of :meth:`advance`, the precision of a time-out.
    """

    def __init__(self, clock: Clock, tick: float = 0.1) -> None:
        self.tick = tick
        self._clock = clock
        self._buckets: dict[int, set[Timed]] = {}
        self._next = self._now()
        self._count = 0

    def _now(self) -> int:
        return int(self._clock() / self.tick)

    def schedule(self, item: Timed, delay: float) -> None:
        """Call ``item.on_time()`` once, delay seconds from now, in place of its former time.

        A long delay may be longer by :data:`TOGETHER` ticks.
        """
        if item.due >= 0:
            self.cancel(item)
        due = max(int((self._clock() + delay) / self.tick) + 1, self._next)
        if delay >= LONG:
            due += -due % TOGETHER
        item.due = due
        bucket = self._buckets.get(due)
        if bucket is None:
            bucket = self._buckets[due] = set()
        bucket.add(item)
        self._count += 1

    def cancel(self, item: Timed) -> None:
        """Forget the item's time, if it has one."""
        if item.due >= 0:
            bucket = self._buckets[item.due]
            bucket.remove(item)
            self._count -= 1
            if not bucket:
                del self._buckets[item.due]
            item.due = -1

    def advance(self) -> None:
        """Call what is due; of very much a part: others get their turn before the next tick.

        An item whose call raises does not keep back the others.
        """
        now, most = self._now(), max(MOST, self._count // 40)
        while self._next <= now:
            bucket = self._buckets.get(self._next)
            while bucket:
                if not most:
                    return
                most -= 1
                item = bucket.pop()
                self._count -= 1
                item.due = -1
                item.on_time()
            self._buckets.pop(self._next, None)
            self._next += 1

    def __len__(self) -> int:
        return self._count


class CountPerKey:
    """Counts what is open, in all and per key, within two bounds.

    Args:
        total: most in all.
        per_key: most of one key.
    """

    def __init__(self, total: int, per_key: int) -> None:
        self._total = total
        self._per_key = per_key
        self._counts: dict[str, int] = {}
        self.count = 0

    @property
    def full(self) -> bool:
        """Whether no more are welcome at all."""
        return self.count >= self._total

    def full_for(self, key: str) -> bool:
        """Tell whether no more are welcome of this key."""
        return self._counts.get(key, 0) >= self._per_key

    def add(self, key: str) -> None:
        """Count one more."""
        self.count += 1
        self._counts[key] = self._counts.get(key, 0) + 1

    def remove(self, key: str) -> None:
        """Count one less."""
        self.count -= 1
        self._counts[key] -= 1
        if not self._counts[key]:
            del self._counts[key]
