"""Subscribing and publishing, with the broker in memory. What every broker must do is tested with
the real ones in tests/tgext/integration/test_brokers.py."""

from __future__ import annotations

from typing import Any

import pytest
from tg import predicates, require
from tgext.socketio.pubsub import PubSubTGNamespace
from tgext.socketio.testing import Reply, SocketIOTestClient
from webtest import TestApp

from tests.tgext.unit.apps import connect, make_app

MEMORY = {"anypubsub.backend": "memory"}


class Channels(PubSubTGNamespace):
    def subscribe_news(self) -> None:
        """Itself."""

    def subscribe_room(self, number: Any) -> str:
        return f"room-{number}"

    def subscribe_two_words(self) -> str:
        return "two words"

    def subscribe_closed(self) -> bool:
        return False

    @require(predicates.not_anonymous())
    def subscribe_members(self) -> None:
        """Itself."""

    def on_say(self, channel: str, message: Any) -> None:
        self.publish(channel, message)


@pytest.fixture
def app() -> TestApp:
    return TestApp(make_app(config=MEMORY, test=Channels))


@pytest.fixture
def client(app: TestApp) -> SocketIOTestClient:
    return SocketIOTestClient(app)


def heard(reply: Reply) -> list[Any]:
    return [args[0] for name, *args in reply.events if name == "pubblication"]


def test_a_publication_reaches_every_subscriber_under_both_spellings(
    client: SocketIOTestClient,
) -> None:
    one, other, third = (client.namespace("/test") for _ in range(3))
    assert one.emit("subscribe", "news").ack is True
    other.emit("subscribe", "news")
    reply = one.emit("say", "news", {"text": "hello"})
    assert reply.events == [
        ("pubblication", {"text": "hello"}), ("publication", {"text": "hello"})
    ]  # fmt: skip
    assert heard(other.received()) == [{"text": "hello"}]
    assert third.received().events == []


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ((), "channel_not_specified"),
        (("unknown",), "channel_not_available"),
        ((7,), "channel_not_available"),
        (("closed",), "subscription_rejected"),
        (("members",), "method_access_denied"),
        (("room",), "invalid_method_args"),
    ],
)
def test_a_subscription_that_is_refused(
    client: SocketIOTestClient, args: tuple[Any, ...], error: str
) -> None:
    socket = client.namespace("/test")
    reply = socket.emit("subscribe", *args)
    assert [name for name, _info in reply.errors] == [error]
    assert reply.ack is None
    assert socket.emit("say", "closed", 1).events == []


def test_the_method_may_name_another_channel(client: SocketIOTestClient) -> None:
    socket = client.namespace("/test")
    socket.emit("subscribe", "room", 5)
    assert heard(socket.emit("say", "room-5", "in")) == ["in"]
    assert heard(socket.emit("say", "room", "out")) == []


def test_spaces_in_a_name(client: SocketIOTestClient) -> None:
    socket = client.namespace("/test")
    assert socket.emit("subscribe", "two words").ack is True
    assert heard(socket.emit("say", "two words", 1)) == [1]


def test_who_is_known_may_subscribe_to_what_requires_it(client: SocketIOTestClient) -> None:
    socket = client.namespace("/test", identity="ann", **{"repoze.what.credentials": {"a": 1}})
    assert socket.emit("subscribe", "members").ack is True


def test_twice_subscribed_is_once_heard(client: SocketIOTestClient) -> None:
    socket = client.namespace("/test")
    socket.emit("subscribe", "news")
    socket.emit("subscribe", "news")
    assert heard(socket.emit("say", "news", 1)) == [1]


def test_unsubscribe_by_the_name_that_was_subscribed(client: SocketIOTestClient) -> None:
    socket = client.namespace("/test")
    socket.emit("subscribe", "news")
    socket.emit("subscribe", "room", 5)
    assert socket.emit("unsubscribe", "room").ack is True
    assert heard(socket.emit("say", "room-5", 1)) == []
    assert heard(socket.emit("say", "news", 2)) == [2]
    assert socket.emit("unsubscribe", "room").ack is False
    assert [name for name, _info in socket.emit("unsubscribe").errors] == ["channel_not_specified"]


def test_others_stay_when_one_unsubscribes(client: SocketIOTestClient) -> None:
    one, other = client.namespace("/test"), client.namespace("/test")
    for socket in (one, other):
        socket.emit("subscribe", "news")
    one.emit("unsubscribe", "news")
    assert heard(other.emit("say", "news", 1)) == [1]
    assert heard(one.received()) == []


class Broker:
    """Any object with anypubsub's interface; it counts."""

    def __init__(self) -> None:
        from anypubsub import create_pubsub

        self.memory = create_pubsub("memory")
        self.subscribed: list[str] = []

    def publish(self, channel: str, message: str) -> None:
        self.memory.publish(channel, message)

    def subscribe(self, *channels: str) -> Any:
        self.subscribed += channels
        return self.memory.subscribe(*channels)


def test_one_broker_subscription_per_channel_and_it_ends_with_the_last_socket() -> None:
    import tg

    client = SocketIOTestClient(make_app(test=Channels))
    broker = tg.config["tg.app_globals"].anypubsub = Broker()
    one, other = client.namespace("/test"), client.namespace("/test")
    one.emit("subscribe", "news")
    other.emit("subscribe", "news")
    assert broker.subscribed == ["news"]
    assert heard(one.emit("say", "news", 1)) == heard(other.received()) == [1]
    one.disconnect()
    assert heard(other.emit("say", "news", 2)) == [2]
    assert len(broker.memory.subscribers["news"]) == 1
    other.disconnect()
    assert len(broker.memory.subscribers["news"]) == 0
    client.namespace("/test").emit("subscribe", "news")
    assert broker.subscribed == ["news", "news"]


def test_any_controller_publishes(app: TestApp, client: SocketIOTestClient) -> None:
    import tg

    socket = client.namespace("/test")
    socket.emit("subscribe", "news")
    app.get("/_test_vars")  # as within a request
    assert tg.request.path == "/_test_vars"
    PubSubTGNamespace.publish("news", {"from": "HTTP"})
    assert heard(socket.received()) == [{"from": "HTTP"}]


def test_what_cannot_travel_is_told_at_once(client: SocketIOTestClient) -> None:
    class Bad(Channels):
        def on_bad(self) -> None:
            self.publish("news", {"key": object()})

    reply = connect(Bad, **MEMORY).emit("bad")
    assert reply.errors == [("internal_error", "Internal error")]


def test_without_a_backend_a_subscription_says_so_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    socket = connect(Channels)
    assert socket.emit("subscribe", "news").errors == [("internal_error", "Internal error")]
    assert "set 'anypubsub.backend'" in caplog.text
