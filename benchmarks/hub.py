"""The hub alone, by number of listeners: ``python -m benchmarks.hub``.

Microseconds per targeted message, each for one listener that is chosen at random; and per recipient
of a broadcast. The median of interleaved rounds counts.
"""

from __future__ import annotations

import itertools
import json
import platform
import random
import statistics
import time
from collections.abc import Callable, Sequence

from benchmarks.report import FOLDER
from pgsocketio.adapter import AbstractAdapter
from pgsocketio.hub import Hub
from pgsocketio.lifecycle import spare_collector
from pgsocketio.message import Message
from pgsocketio.position import Position, Snapshot, Stamp

LISTENERS = (10, 1_000, 100_000)
MESSAGES = 2_000
RECIPIENTS = 100_000  # of the broadcasts of a round
ROUNDS = 15
POSITION = Position("0" * 16, Snapshot(1, 1))
_ids = itertools.count(1)


class ToUser(AbstractAdapter):
    channel = "notification"
    index = "to"


class ToAll(AbstractAdapter):
    channel = "news"


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


def hub_with(listeners: int, adapter: type[AbstractAdapter]) -> Hub:
    """A hub with listeners 0, 1, …; to an index, each for its own number."""
    hub = Hub()
    hub.begin_read(POSITION)
    hub.end_read(POSITION)
    for number in range(listeners):
        hub.subscribe(Listener(), adapter, () if adapter.index is None else (number,))
    return hub


def targeted(listeners: int) -> list[Message]:
    """Messages as a NOTIFY each brings them."""
    to = (random.randrange(listeners) for _ in range(MESSAGES))
    return [Message(next(_ids), "notification", 2, "", {"to": one}, xid=5) for one in to]


def broadcasts(listeners: int) -> list[Message]:
    """As many as reach the same number of recipients in all."""
    numbers = range(RECIPIENTS // listeners)
    return [Message(next(_ids), "news", 2, "", {"n": n}, xid=5) for n in numbers]


def took(hub: Hub, messages: Sequence[Message]) -> float:
    """Microseconds for all of them."""
    started = time.perf_counter()
    for message in messages:
        hub.deliver_inline([message])
    seconds = time.perf_counter() - started
    hub.end_read(POSITION)
    return seconds * 1e6


def medians(measure: Callable[[int], float]) -> dict[int, float]:
    """Of interleaved rounds, by number of listeners."""
    rounds = [{n: measure(n) for n in LISTENERS} for _ in range(ROUNDS)]
    return {n: statistics.median(one[n] for one in rounds) for n in LISTENERS}


def main() -> None:
    """Measure, and write docs/performance/hub."""
    by_index, all_of_them = (
        {listeners: hub_with(listeners, adapter) for listeners in LISTENERS}
        for adapter in (ToUser, ToAll)
    )
    spare_collector()  # as a server does
    message = medians(lambda n: took(by_index[n], targeted(n)) / MESSAGES)
    recipient = medians(lambda n: took(all_of_them[n], broadcasts(n)) / RECIPIENTS)
    lines = [
        "listeners | targeted: µs per message | against 10 | broadcast: µs per recipient",
        "---: | ---: | ---: | ---:",
        *(
            f"{n:,} | {message[n]:.1f} | {message[n] / message[LISTENERS[0]]:.2f} | "
            f"{recipient[n]:.2f}"
            for n in LISTENERS
        ),
    ]
    text = "\n".join(lines) + "\n"
    print(text)  # noqa: T201
    figures = {"Python": platform.python_version(), "message": message, "recipient": recipient}
    (FOLDER / "hub.md").write_text(text, encoding="utf-8")
    (FOLDER / "hub.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
