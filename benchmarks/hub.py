"""The hub alone: microseconds per targeted message, by number of listeners.

``python -m benchmarks.hub``: every message is for one listener, chosen at random; the median of
interleaved rounds is shown, and how much it grew against the smallest number of listeners.
"""

from __future__ import annotations

import itertools
import random
import statistics
import time
from collections.abc import Sequence

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.hub import Hub
from pgsocketio.message import Message
from pgsocketio.position import Position, Snapshot, Stamp

LISTENERS = (10, 1_000, 100_000)
MESSAGES = 2_000
ROUNDS = 15
_ids = itertools.count(1)


class ToUser(AbstractAdapter):
    channel = "notification"
    index = "to"


class Listener:
    """Counts what it gets."""

    __slots__ = ("received",)
    crowd = None

    def __init__(self) -> None:
        self.received = 0

    def deliver(self, messages: Sequence[Message], stamp: Stamp) -> None:
        self.received += len(messages)

    def missed(self) -> None:
        raise AssertionError("nothing is missed here")


def hub_with(listeners: int) -> Hub:
    """A hub with listeners 0, 1, …, each for its own number."""
    hub = Hub()
    hub.begin_read(Position("0" * 16, Snapshot(1, 1)))
    hub.end_read(Position("0" * 16, Snapshot(1, 1)))
    for number in range(listeners):
        hub.subscribe(Listener(), ToUser, (number,))
    return hub


def targeted(listeners: int) -> list[Message]:
    """Messages as a NOTIFY each brings them."""
    to = (random.randrange(listeners) for _ in range(MESSAGES))
    return [Message(next(_ids), "notification", 2, "", {"to": one}, xid=5) for one in to]


def round_of(hub: Hub, listeners: int) -> float:
    """Microseconds per message."""
    messages = targeted(listeners)
    started = time.perf_counter()
    for message in messages:
        hub.deliver_inline([message])
    took = time.perf_counter() - started
    hub.end_read(Position("0" * 16, Snapshot(1, 1)))
    return took / MESSAGES * 1e6


def measure() -> dict[int, float]:
    """Median microseconds per message, by number of listeners."""
    hubs = {listeners: hub_with(listeners) for listeners in LISTENERS}
    rounds = [
        {listeners: round_of(hub, listeners) for listeners, hub in hubs.items()}
        for _ in range(ROUNDS)
    ]
    return {n: statistics.median(one[n] for one in rounds) for n in LISTENERS}


def main() -> None:
    """Measure and print."""
    result = measure()
    for listeners, microseconds in result.items():
        ratio = microseconds / result[LISTENERS[0]]
        print(f"{listeners:>7} listeners {microseconds:6.2f} us per message  x{ratio:.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
