"""WebTest: packets posted as JSON, pages beside namespaces, and the browser's file."""

from __future__ import annotations

import json
from typing import Any

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


def test_a_subscription_is_written_down(app: TestApp) -> None:
    response = post(app, "/socketio/rooms", "subscribe", "room")
    assert response.request.environ["socketio"].channels == {"room-1"}


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
