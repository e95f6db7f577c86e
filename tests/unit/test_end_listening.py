"""What listens with an adapter that is not to run any more ends; the client stays."""

from __future__ import annotations

from collections.abc import Sequence

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.message import Message
from pgsocketio.namespace import BaseNamespace
from pgsocketio.subscription import Subscription
from pgsocketio.testing import NamespaceDriver

from .listeners import All


class Foreign(AbstractAdapter):
    channel = "chat"
    asked = 0

    def get(self, messages: Sequence[Message], *args: object) -> Sequence[Message]:
        Foreign.asked += 1
        return messages


class Page(BaseNamespace):
    """Listens with both adapters, by subscription and by a job."""

    subscriptions = [
        Subscription("own", All), Subscription("foreign", Foreign),
        Subscription("sure", Foreign, acknowledged=True),
    ]  # fmt: skip

    def initialize(self) -> None:
        self.ended: list[str] = []

    def on_listen(self) -> None:
        for adapter in (All, Foreign):
            self.spawn(self.listen, adapter)

    def listen(self, adapter: type[AbstractAdapter]) -> None:
        reader = self.socket.jobs.reader(adapter)
        try:
            while True:
                reader.emit("heard by a job", [adapter.__name__, len(reader.listen())])
        finally:
            self.ended.append(adapter.__name__)


def test_subscriptions_and_jobs_with_an_adapter_end_and_the_others_go_on() -> None:
    with NamespaceDriver(Page) as client:
        client.emit("listen")
        client.database.publish("chat", n=1)
        heard = client.take()
        assert sorted(name for name, _args in heard) == [
            "foreign", "heard by a job", "heard by a job", "own", "sure"
        ]  # fmt: skip
        asked = Foreign.asked

        client.namespace.socket.listeners.end(lambda adapter: adapter is Foreign)
        client.settle()
        assert client.namespace.ended == ["Foreign"]
        client.database.publish("chat", n=2)
        heard = client.take()
        assert sorted((name, args[0]) for name, args in heard if name != "own") == [
            ("heard by a job", "All")
        ]
        assert "own" in dict(heard)
        assert Foreign.asked == asked, "the adapter does not run any more"
        assert not client.ended
