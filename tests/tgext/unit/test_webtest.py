"""WebTest: packets posted as JSON, pages beside namespaces, and the browser's file."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import Mock

import pytest
import tg
from tg import expose, predicates, require
from tgext.socketio import SocketIOTGNamespace
from tgext.socketio.pubsub import PubSubTGNamespace
from webtest import TestApp

from tests.tgext.unit.apps import make_app


class PingPong(SocketIOTGNamespace):
    def on_ping(self, attack: dict[str, str]) -> None:
        self.emit("pong", {"sound": attack["type"]})

    @require(predicates.not_anonymous())
    def on_secret(self) -> None:
        self.emit("secret", tg.request.remote_user)


class Rooms(PubSubTGNamespace):
    def subscribe_room(self) -> str:
        return "room-1"

    def on_say(self, text: str) -> None:
        self.publish("room-1", text)


def _page(self: Any) -> str:
    return "a page of the controller"


@pytest.fixture
def app() -> TestApp:
    attributes = {"test": PingPong, "rooms": Rooms, "page": expose()(_page)}
    return TestApp(make_app(**attributes))


def post(app: TestApp, path: str, name: str, *args: Any, **extra: Any) -> Any:
    packet = {"type": "event", "name": name, "endpoint": "", "args": args}
    return app.post_json(path, packet, extra_environ=extra)


def test_a_packet_is_handled(app: TestApp) -> None:
    response = post(app, "/socketio/test", "ping", {"type": "x"})
    assert response.text == "done"
    assert response.request.environ["socketio"].sent == [
        {"type": "event", "name": "pong", "endpoint": "/test", "args": [{"sound": "x"}]}
    ]
    assert isinstance(response.request.environ["socketio.namespace"], PingPong)


def test_decorators_count(app: TestApp) -> None:
    response = post(app, "/socketio/test", "secret")
    (packet,) = response.request.environ["socketio"].sent
    assert (packet["name"], packet["args"][0]) == ("error", "method_access_denied")
    identity = {"repoze.what.credentials": {"user": "ann"}, "REMOTE_USER": "ann"}
    response = post(app, "/socketio/test", "secret", **identity)
    (packet,) = response.request.environ["socketio"].sent
    assert (packet["name"], packet["args"]) == ("secret", ["ann"])


def test_a_subscription_is_written_down(
    app: TestApp, caplog: pytest.LogCaptureFixture
) -> None:
    response = post(app, "/socketio/rooms", "subscribe", "room")
    assert response.request.environ["socketio"].channels == {"room-1"}
    assert "channel 'room-1' is not followed in this test" in caplog.text


def test_what_is_published_in_memory_arrives() -> None:
    app = TestApp(make_app(config={"anypubsub.backend": "memory"}, rooms=Rooms))
    environ = post(app, "/socketio/rooms", "subscribe", "room").request.environ
    post(app, "/socketio/rooms", "say", "from another")
    namespace = environ["socketio.namespace"]
    namespace.process_packet({"type": "event", "name": "say", "endpoint": "", "args": ["hello"]})
    packet = {"type": "event", "name": "unsubscribe", "endpoint": "", "args": ["room"]}
    namespace.process_packet(packet)
    post(app, "/socketio/rooms", "say", "too late")
    sent = [(packet["name"], packet["args"]) for packet in environ["socketio"].sent]
    assert sent == [
        ("pubblication", ["from another"]), ("publication", ["from another"]),
        ("pubblication", ["hello"]), ("publication", ["hello"]),
    ]  # fmt: skip


def test_a_mocked_socket_as_tests_of_0_0_3_have_it() -> None:
    socket = Mock(spec=["session", "send_packet", "error"])
    inner = make_app(test=PingPong)
    app = TestApp(lambda environ, start: inner({**environ, "socketio": socket}, start))
    post(app, "/socketio/test", "ping", {"type": "x"})
    socket.send_packet.assert_called_once_with(
        {"type": "event", "name": "pong", "endpoint": "/test", "args": ({"sound": "x"},)}
    )
    post(app, "/socketio/test", "missing")
    socket.error.assert_called_once_with(
        "no_such_method", 'The method "on_missing" was not found',
        msg_id=None, endpoint="/test", quiet=False,
    )  # fmt: skip
    assert socket.send_packet.call_count == 1


def test_an_unknown_namespace_and_no_packet_at_all(app: TestApp) -> None:
    app.post_json("/socketio/none", {}, status=400)
    app.get("/socketio/test", status=400)
    app.get("/socketio/none", status=400)


def test_a_packet_may_come_with_any_method_as_it_always_could(app: TestApp) -> None:
    packet = {"type": "event", "name": "ping", "endpoint": "", "args": [{"type": "x"}]}
    response = app.request("/socketio/test", body=json.dumps(packet).encode())
    (sent,) = response.request.environ["socketio"].sent
    assert (sent["name"], sent["args"]) == ("pong", [{"sound": "x"}])


def test_pages_of_the_controller_and_the_handshake_is_no_page(app: TestApp) -> None:
    assert app.get("/socketio/page").text == "a page of the controller"
    app.get("/socketio/socketio_handshake", status=404)


def test_the_client_for_the_browser(app: TestApp) -> None:
    response = app.get("/socketio/socket.io.js")
    assert response.content_type == "text/javascript"
    assert "Socket.IO v4" in response.text
    assert "io.connect as in 2013" in response.text
