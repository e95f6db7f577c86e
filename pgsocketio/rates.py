"""How often somebody may do something, and who counts as one. Pure: the clock is handed in."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

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
