"""Token buckets, counts per key and the timer wheel. Pure: the clock is handed in."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Protocol

Clock = Callable[[], float]


def network_key(address: str) -> str:
    """Return what limits count as one client: the IPv4 address, or the /64 of an IPv6 one."""
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"


class TokenBuckets:
    """One token bucket per key, with a bounded number of keys.

    Args:
        rate: tokens per second.
        burst: tokens that a full bucket holds.
        clock: monotonic seconds.
        max_keys: buckets kept; the one used longest ago makes room.
    """

    def __init__(self, rate: float, burst: int, clock: Clock, max_keys: int = 50_000) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._max_keys = max_keys
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def is_empty(self, key: str) -> bool:
        """Tell whether :meth:`take` would find no token of this key."""
        return self._tokens(key, self._clock()) < 1

    def _tokens(self, key: str, now: float) -> float:
        tokens, since = self._buckets.get(key, (float(self._burst), now))
        return min(self._burst, tokens + (now - since) * self._rate)

    def take(self, key: str) -> bool:
        """Take one token of this key; False when there is none."""
        now = self._clock()
        tokens = self._tokens(key, now)
        self._buckets.pop(key, None)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        return allowed


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

    def _now(self) -> int:
        return int(self._clock() / self.tick)

    def schedule(self, item: Timed, delay: float) -> None:
        """Call ``item.on_time()`` once, delay seconds from now, in place of its former time."""
        if item.due >= 0:
            self.cancel(item)
        due = max(int((self._clock() + delay) / self.tick) + 1, self._next)
        item.due = due
        bucket = self._buckets.get(due)
        if bucket is None:
            bucket = self._buckets[due] = set()
        bucket.add(item)

    def cancel(self, item: Timed) -> None:
        """Forget the item's time, if it has one."""
        if item.due >= 0:
            bucket = self._buckets[item.due]
            bucket.discard(item)
            if not bucket:
                del self._buckets[item.due]
            item.due = -1

    def advance(self) -> None:
        """Call what is due. An item whose call raises does not keep back the others."""
        now = self._now()
        while self._next <= now:
            bucket = self._buckets.get(self._next)
            while bucket:
                item = next(iter(bucket))
                self.cancel(item)
                item.on_time()
            self._next += 1

    def __len__(self) -> int:
        return sum(map(len, self._buckets.values()))


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
