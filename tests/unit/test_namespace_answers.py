"""What a namespace answers and sends."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import pytest

from pgsocketio.errors import HandlerError, NotEncodable
from pgsocketio.namespace import BaseNamespace
from pgsocketio.testing import NamespaceDriver

from .namespaces import Recorder


@pytest.fixture
def client() -> Iterable[NamespaceDriver]:
    with NamespaceDriver(Recorder) as driver:
        yield driver


# -- answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "event", "answer"),
    [
        (None, "nothing", [None]),
        (1, "nothing", [None, None]),
        (None, "pair", [1, 2]),
        (1, "pair", [None, 1, 2]),
        (None, "tell", [{"error": {"name": "UserError", "message": "not today"}}]),
        (1, "tell", [{"name": "UserError", "message": "not today"}]),
        (None, "fail", [{"error": {"name": "Error", "message": "Internal error"}}]),
        (1, "fail", [{"name": "Error", "message": "Internal error"}]),
        (1, "exit", [{"name": "Error", "message": "Internal error"}]),
    ],
)
def test_answers(version: int | None, event: str, answer: list[Any]) -> None:
    args = [1] if event == "pair" else []
    with NamespaceDriver(Recorder, {"v": version} if version else None) as client:
        assert client.call(event, *args) == answer
        assert client.take()[version and 2 or 0 :] == []


@pytest.mark.parametrize("version", [None, 1])
def test_an_error_that_nobody_asked_for(version: int | None) -> None:
    with NamespaceDriver(Recorder, {"v": version} if version else None) as client:
        client.take()
        client.emit("tell")
        client.emit("nothing")
        envelope = [None] if version else []
        failure = {"name": "UserError", "message": "not today"}
        assert client.take() == [("error", [failure, *envelope])]


def test_an_internal_error_is_in_the_log_and_nowhere_else(
    client: NamespaceDriver, caplog: pytest.LogCaptureFixture
) -> None:
    client.emit("fail")
    assert "secret" not in str(client.take())
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "Recorder.on_fail failed"
    assert record.exc_info is not None
    assert "secret" in str(record.exc_info[1])
    assert not client.ended


def test_an_answer_that_cannot_travel(
    client: NamespaceDriver, caplog: pytest.LogCaptureFixture
) -> None:
    [answer] = client.call("unsendable")
    assert answer["error"]["name"] == "NotEncodable"
    assert "thing: object cannot travel" in caplog.text
    assert client.call("nothing") == [None]


# -- sending -----------------------------------------------------------------------------------


def test_emit(client: NamespaceDriver) -> None:
    client.namespace.emit("say", 1, {"a": b"\1"})
    client.namespace.emit("nothing")
    assert client.take() == [("say", [1, {"a": b"\1"}]), ("nothing", [])]


def test_emit_with_a_callback(client: NamespaceDriver) -> None:
    got: list[Any] = []
    client.namespace.emit("ask", callback=lambda *args: got.append(args))
    [packet] = client.packets()
    client.acknowledge(packet, "yes", 2)
    client.acknowledge(packet, "again")
    assert got == [("yes", 2)]


def test_a_callback_that_fails_is_logged(
    client: NamespaceDriver, caplog: pytest.LogCaptureFixture
) -> None:
    client.namespace.emit("ask", callback=lambda: 1 / 0)
    client.acknowledge(client.packets()[0])
    assert "a callback of /Recorder failed" in caplog.text
    assert not client.ended


@pytest.mark.parametrize("event", ["connect", "disconnect", "connect_error", "newListener"])
def test_reserved_names_are_not_emitted(client: NamespaceDriver, event: str) -> None:
    with pytest.raises(NotEncodable, match="belongs to Socket.IO"):
        client.namespace.emit(event)


def test_send(client: NamespaceDriver) -> None:
    for message, json in (("text", False), (5, False), ({"a": 1}, True), (b"x", False)):
        client.namespace.send(message, json=json)
    assert client.take() == [
        ("message", ["text"]), ("message", ["5"]), ("message", [{"a": 1}]), ("message", [b"x"]),
    ]  # fmt: skip


def test_error(client: NamespaceDriver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    client.namespace.error("too_bad", "Sorry")
    client.namespace.error("too_quiet", "Hush", quiet=True)
    assert client.take() == [("error", ["too_bad", "Sorry"])]
    assert "too_bad" in caplog.text
    assert "too_quiet" in caplog.text


def test_environ_is_made_anew() -> None:
    with NamespaceDriver(Recorder, environ={"HTTP_HOST": "example"}) as client:
        environ = client.namespace.environ
        assert environ["HTTP_HOST"] == "example"
        assert environ["socketio"] is client.namespace.socket
        environ["HTTP_HOST"] = "changed"
        assert client.namespace.environ["HTTP_HOST"] == "example"


def test_the_client_can_be_sent_away(client: NamespaceDriver) -> None:
    namespace = client.namespace
    namespace.disconnect()
    client.settle()
    assert client.ended
    assert namespace.calls[-1] == "recv_disconnect"
    namespace.emit("say")
    assert client.take() == []


def test_the_client_can_be_sent_away_without_a_word(client: NamespaceDriver) -> None:
    namespace = client.namespace
    namespace.disconnect(silent=True)
    client.settle()
    assert not client.ended
    assert namespace.calls[-1] == "recv_disconnect"


def test_an_error_may_quote_what_cannot_travel() -> None:
    class Quoting(BaseNamespace):
        def on_quote(self) -> None:
            raise HandlerError("half of a pair: \ud800", "Odd")

    with NamespaceDriver(Quoting) as client:
        expected = {"name": "Odd", "message": "half of a pair: ?"}
        assert client.call("quote") == [{"error": expected}]
        client.emit("quote")
        assert client.take() == [("error", [expected])]
