"""A mailbox, and a database in memory that fills it."""

from __future__ import annotations

from typing import Any

from pgsocketio.mailbox import Mailbox, MailboxLimits
from pgsocketio.message import Message
from pgsocketio.position import Since
from pgsocketio.testing import MemoryDatabase

from .listeners import All


class Box:
    """A mailbox on a database in memory, and what its owner sees."""

    def __init__(
        self, database: MemoryDatabase, since: Since | None = None, **limits: int
    ) -> None:
        self.calls = 0
        self.times_missed = 0
        bounds = MailboxLimits(**limits)
        self.mailbox = Mailbox(database.hub, All, (), self._arrived, bounds, self._missed)
        self.mailbox.start(since)

    def _arrived(self) -> None:
        self.calls += 1

    def _missed(self) -> None:
        self.times_missed += 1

    def next(self) -> list[Any]:
        return numbers(self.mailbox.next())


def numbers(messages: list[Message]) -> list[Any]:
    return [message["values"]["n"] for message in messages]


def publish(database: MemoryDatabase, *numbers: int) -> None:
    for number in numbers:
        database.publish("chat", n=number)
