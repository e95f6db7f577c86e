"""A client whose namespace runs one job that listens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.namespace import BaseNamespace
from pgsocketio.packet import Packet
from pgsocketio.reader import Reader
from pgsocketio.testing import NamespaceDriver

from .listeners import All


class Quiet(BaseNamespace):
    """Nothing; the tests start its jobs."""


Loop = Callable[[Reader], None]


class Page:
    """A client whose namespace runs one job that listens."""

    def __init__(
        self, loop: Loop, adapter: type[AbstractAdapter] = All, **options: Any
    ) -> None:
        self.client = NamespaceDriver(Quiet, **options)
        self.ended: list[BaseException | None] = []
        namespace = self.client.namespace
        self.socket = namespace.socket

        def job() -> None:
            try:
                loop(namespace.socket.jobs.reader(adapter))
            except BaseException as error:
                self.ended.append(error)
                raise
            self.ended.append(None)

        self.job = namespace.spawn(job)
        self.client.settle()
        self.client.take()

    def publish(self, *numbers: int) -> None:
        for number in numbers:
            self.client.database.publish("chat", n=number)

    def packets(self) -> list[Packet]:
        return self.client.packets()


V1 = {"auth": {"v": 1}}
Make = Callable[..., Page]


def echo(reader: Reader) -> None:
    """The handler of 2013."""
    while True:
        messages = reader.listen()
        reader.secure_emit("say", [message["values"]["n"] for message in messages])


def numbers(packets: list[Packet]) -> list[Any]:
    return [packet.data[1] for packet in packets if packet.data[0] == "say"]
