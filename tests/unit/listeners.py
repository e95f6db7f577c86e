"""What the tests of the hub's side listen with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.message import Message
from pgsocketio.position import Since, Stamp
from pgsocketio.testing import MemoryDatabase


class All(AbstractAdapter):
    """Everything on the channel."""

    channel = "chat"


class ToRoom(AbstractAdapter):
    """By the declared index."""

    channel = "chat"
    index = "room"


class Scanned(AbstractAdapter):
    """The same choice, by asking."""

    channel = "chat"

    def get(self, messages: Sequence[Message], *args: Any) -> Sequence[Message]:
        return [message for message in messages if message["values"].get("room") == args[0]]


class Collector:
    """A listener that keeps what it gets."""

    crowd = None

    def __init__(self) -> None:
        self.batches: list[list[Message]] = []
        self.stamps: list[Stamp] = []
        self.times_missed = 0

    def deliver(self, messages: Sequence[Message], stamp: Stamp) -> None:
        self.batches.append(list(messages))
        self.stamps.append(stamp)

    def missed(self) -> None:
        self.times_missed += 1

    @property
    def messages(self) -> list[Message]:
        return [message for batch in self.batches for message in batch]

    @property
    def ids(self) -> list[int]:
        return [message["id"] for message in self.messages]

    def take(self, key: str = "n") -> list[Any]:
        """One value of each message that came since the last call."""
        taken = [message["values"][key] for message in self.messages]
        self.batches.clear()
        return taken


def subscribe(database: MemoryDatabase, since: Since | None = None) -> Collector:
    """A new listener to everything."""
    collector = Collector()
    database.hub.subscribe(collector, All, (), since)
    return collector


def publish(database: MemoryDatabase, *numbers: int, inline: bool = True) -> list[int]:
    """One transaction; returns the ids of its messages."""
    transaction = database.transaction()
    ids = [transaction.publish("chat", n=number)["id"] for number in numbers]
    transaction.commit(inline)
    return ids
