"""Which method an event reaches, and what the client hears of what goes wrong."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import tg
from tgext.socketio import BaseNamespace, SocketIOTGNamespace
from tgext.socketio.testing import SocketIOTestClient

from pgsocketio.errors import HandlerError
from tests.tgext.unit.apps import connect, make_app

EVENT_NAMES = "the name of an event is letters, digits, _ and spaces, 128 at most"


class Events(SocketIOTGNamespace):
    on_value = 5

    @property
    def on_property(self) -> Any:
        raise KeyError("secret")

    def recv_connect(self) -> None:
        self.session["count"] = 0

    def on_count(self) -> int:
        self.session["count"] += 1
        return int(self.session["count"])

    def on_two_words(self, *args: Any) -> tuple[Any, ...]:
        self.emit("heard", *args)
        return args

    def on_path(self) -> list[str]:
        return [tg.request.path, self.request.path, str(self.request is tg.request._current_obj())]

    def on_packet(self, packet: dict[str, Any]) -> list[Any]:
        return [packet["name"], packet["args"]]

    def on_meant(self) -> None:
        raise HandlerError("the door is locked", "locked")

    def on_http(self) -> None:
        tg.abort(403, "not yours")

    def on_failing(self) -> None:
        raise KeyError("secret")

    def on_later(self) -> None:
        self.spawn(self.run, self.tell, "later")

    def tell(self, word: str) -> None:
        self.emit("told", word, tg.request.path)


def test_an_event_calls_its_method_and_is_acknowledged_with_the_result() -> None:
    socket = connect(Events)
    assert [socket.emit("count").ack, socket.emit("count").ack] == [1, 2]


def test_spaces_become_underscores_and_arguments_arrive() -> None:
    reply = connect(Events).emit("two words", 1, {"a": [2]})
    assert reply.events == [("heard", 1, {"a": [2]})]
    assert reply.ack == (1, {"a": [2]})


def test_a_method_that_takes_packet_gets_the_packet() -> None:
    assert connect(Events).emit("packet", 1).ack == ["packet", [1]]


def test_tg_request_is_the_request_of_the_event() -> None:
    assert connect(Events).emit("path").ack == ["/socketio/", "/socketio/", "True"]


def test_sessions_are_of_one_socket() -> None:
    client = SocketIOTestClient(make_app(test=Events))
    one, other = client.namespace("/test"), client.namespace("/test")
    one.emit("count")
    assert other.emit("count").ack == 1


@pytest.mark.parametrize(
    ("event", "args", "error"),
    [
        ("missing", (), ("no_such_method", 'The method "on_missing" was not found')),
        ("count", (1,), ("invalid_method_args", '"count": too many positional arguments')),
        ("meant", (), ("locked", "the door is locked")),
        ("http", (), ("http_403", "not yours")),
        ("failing", (), ("internal_error", "Internal error")),
        ("value", (), ("no_such_method", 'The method "on_value" was not found')),
        ("property", (), ("internal_error", "Internal error")),
        *(
            (name, (), ("no_such_method", f'The method "on_{name}" was not found'))
            for name in ("emit", "run", "recv_connect", "on_count", "initialize", "Exception")
        ),
        *(
            (name, (), ("unallowed_event_name", EVENT_NAMES))
            for name in ("", "__init__", "_count", "é", "a.b", "a/b", "count\n", "x" * 129)
        ),
    ],
)
def test_what_is_refused_arrives_as_error_with_an_info(
    event: str, args: tuple[Any, ...], error: tuple[str, str]
) -> None:
    socket = connect(Events)
    reply = socket.emit(event, *args)
    assert (reply.errors, reply.events, reply.ack) == ([error], [], None)
    assert socket.emit("count").ack == 1


def test_an_unexpected_exception_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    reply = connect(Events).emit("failing")
    assert "secret" not in str(reply)
    (record,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert record.message == "Events.on_failing failed"
    assert record.exc_info is not None and record.exc_info[0] is KeyError


def test_a_spawned_job_has_the_context_where_it_runs() -> None:
    socket = connect(Events)
    assert socket.emit("later").events == [("told", "later", "/socketio/")]


def test_plain_namespaces_are_served_too() -> None:
    class Plain(BaseNamespace):
        def on_who(self) -> list[str]:
            return [self.environ["REMOTE_USER"], self.request.remote_user]

    assert connect(Plain, identity="ann").emit("who").ack == ["ann", "ann"]


def test_inherited_namespaces_are_mounted() -> None:
    from tgext.socketio import SocketIOController

    class Base(SocketIOController):  # type: ignore[misc]
        events = Events

    class Derived(Base):
        pass

    assert Derived()._namespaces == {"/events": Events}


def test_an_unknown_namespace_is_refused() -> None:
    client = SocketIOTestClient(make_app(test=Events))
    assert client.namespace("/other").refused == {"message": "Invalid namespace"}


def test_a_controller_that_is_not_there_is_refused_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    socket = SocketIOTestClient(make_app(test=Events), resource="elsewhere").namespace("/test")
    assert socket.refused == {"message": "refused: 404 Not Found", "data": {"status": 404}}
    assert "no SocketIOController answers at /elsewhere" in caplog.text


def test_exception_handler_decorator_wraps_every_method() -> None:
    class Wrapped(SocketIOTGNamespace):
        def exception_handler_decorator(self, method: Any) -> Any:
            def call(*args: Any, **kwargs: Any) -> Any:
                try:
                    return method(*args, **kwargs)
                except ZeroDivisionError:
                    self.emit("handled")
                    return "sorry"

            return call

        def on_divide(self, by: int) -> float:
            return 1 / by

    reply = connect(Wrapped).emit("divide", 0)
    assert (reply.events, reply.errors, reply.ack) == ([("handled",)], [], "sorry")
