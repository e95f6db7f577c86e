"""Subscribing and publishing, with the broker in memory. What every broker must do is tested with
the real ones in tests/tgext/integration/test_brokers.py."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from tg import predicates, require
from tgext.socketio.pubsub import PubSubTGNamespace
from tgext.socketio.testing import Reply, SocketIOTestClient
from webtest import TestApp

from tests.tgext.unit.apps import connect, make_app

MEMORY = {"anypubsub.backend": "memory"}


STRANGE: list[Any] = [
    "", " ", "é", "日本", "a.b", "a/b", "_", "__init__", "value", "\x00", "x" * 100_000,
    None, True, 7, 1.5, [], ["news"], {"name": "news"},
]  # fmt: skip
"""What is the name of no channel."""


class Channels(PubSubTGNamespace):
    def subscribe_news(self) -> None:
        """Itself."""

    def subscribe_room(self, number: Any) -> str:
        return f"room-{number}"

    def subscribe_two_words(self) -> str:
        return "two words"

    def subscribe_closed(self) -> bool:
        return False

    def subscribe_open(self) -> bool:
        return True

    def subscribe_None(self) -> None:
        """Itself."""

    subscribe_value = "no method"

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
        *(((name,), "channel_not_available") for name in STRANGE),
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


@pytest.mark.parametrize("name", STRANGE)
def test_a_room_may_have_any_name(client: SocketIOTestClient, name: Any) -> None:
    one, other = client.namespace("/test"), client.namespace("/test")
    assert one.emit("subscribe", "room", name).ack is True
    other.emit("subscribe", "room", "another")
    assert heard(one.emit("say", f"room-{name}", "in")) == ["in"]
    assert heard(other.received()) == []
    assert one.emit("unsubscribe", "room", name).ack is True
    assert heard(one.emit("say", f"room-{name}", "out")) == []


@pytest.mark.parametrize(("name", "channel"), [("open", "open"), ("None", "None")])
def test_true_and_none_mean_the_channel_that_was_asked_for(
    client: SocketIOTestClient, name: str, channel: str
) -> None:
    socket = client.namespace("/test")
    assert socket.emit("subscribe", name).ack is True
    assert heard(socket.emit("say", channel, 1)) == [1]


def test_a_number_is_a_name_too(client: SocketIOTestClient) -> None:
    class Numbers(Channels):
        def subscribe_number(self) -> int:
            return 7

    socket = connect(Numbers, **MEMORY)
    socket.emit("subscribe", "number")
    assert heard(socket.emit("say", 7, "one")) == ["one"]


def test_a_client_may_be_in_hundreds_of_rooms(client: SocketIOTestClient) -> None:
    socket = client.namespace("/test")
    for number in range(200):
        assert socket.emit("subscribe", "room", number).ack is True
    assert heard(socket.emit("say", "room-199", "hello")) == ["hello"]


def test_too_many_rooms_are_refused_whole() -> None:
    client = SocketIOTestClient(make_app(config=MEMORY, test=Channels))
    client._server.settings = dataclasses.replace(client._server.settings, max_subscriptions=5)
    socket = client.namespace("/test")
    for number in range(2):
        socket.emit("subscribe", "room", number)
    ((name, info),) = socket.emit("subscribe", "room", 2).errors
    assert (name, info) == ("Error", "a client may have 5 subscriptions at most")
    assert heard(socket.emit("say", "room-2", 1)) == socket.received().events == []
    assert socket.emit("unsubscribe", "room", 0).ack is True
    assert socket.emit("subscribe", "room", 2).ack is True


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


def test_unsubscribe_one_of_several_by_its_arguments_or_its_own_name(
    client: SocketIOTestClient,
) -> None:
    socket = client.namespace("/test")
    for number in (5, 6, 7):
        socket.emit("subscribe", "room", number)
    assert socket.emit("unsubscribe", "room", 5).ack is True
    assert socket.emit("unsubscribe", "room-6").ack is True
    assert [heard(socket.emit("say", f"room-{n}", n)) for n in (5, 6, 7)] == [[], [], [7]]
    assert socket.emit("unsubscribe", "room", 8).ack is False
    for name in STRANGE:
        assert socket.emit("unsubscribe", name).ack is False


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
