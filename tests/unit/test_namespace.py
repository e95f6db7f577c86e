"""BaseNamespace as gevent-socketio had it: dispatch, access, answers, and all its methods."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import pytest

from pgsocketio.errors import HandlerError, NotEncodable
from pgsocketio.namespace import BaseNamespace
from pgsocketio.testing import NamespaceDriver

BASE_NAMESPACE_OF_GEVENT_SOCKETIO = [
    "initialize", "recv_connect", "recv_disconnect", "recv_message", "recv_json", "recv_error",
    "get_initial_acl", "add_acl_method", "del_acl_method", "lift_acl_restrictions", "reset_acl",
    "is_method_allowed", "call_method", "call_method_with_acl", "process_event", "process_packet",
    "send", "emit", "spawn", "kill_local_jobs", "disconnect", "error", "environ", "session",
]  # fmt: skip
MIXINS = ["join", "leave", "emit_to_room", "broadcast_event", "broadcast_event_not_me"]


@pytest.mark.parametrize("name", [*BASE_NAMESPACE_OF_GEVENT_SOCKETIO, *MIXINS])
def test_it_has_what_gevent_socketio_had(name: str) -> None:
    assert hasattr(BaseNamespace, name)


class Recorder(BaseNamespace):
    """Writes down what is called."""

    def initialize(self) -> None:
        self.calls: list[Any] = ["initialize"]

    def recv_connect(self) -> None:
        self.calls.append("recv_connect")

    def recv_disconnect(self) -> None:
        self.calls.append("recv_disconnect")

    def recv_message(self, data: Any) -> None:
        self.calls.append(("message", data))

    def recv_json(self, data: Any) -> None:
        self.calls.append(("json", data))

    def recv_error(self, packet: dict[str, Any]) -> None:
        self.calls.append(("error", packet["args"]))

    def on_my_event(self, *args: Any) -> int:
        self.calls.append(args)
        return len(self.calls)

    def on_packet(self, packet: dict[str, Any]) -> dict[str, Any]:
        return packet

    def on_pair(self, first: int, second: int = 2) -> tuple[int, int]:
        return first, second

    def on_nothing(self) -> None:
        pass

    def on_everything(self, *, key: str = "x") -> Any:
        return key

    def on_emit(self, *args: Any) -> None:
        self.emit(*args)

    def on_fail(self) -> None:
        raise ValueError("secret")

    def on_tell(self) -> None:
        raise HandlerError("not today", "UserError")

    def on_unsendable(self) -> Any:
        return {"thing": object()}


@pytest.fixture
def client() -> Iterable[NamespaceDriver]:
    with NamespaceDriver(Recorder) as driver:
        yield driver


# -- dispatch ----------------------------------------------------------------------------------


def test_life(client: NamespaceDriver) -> None:
    namespace = client.namespace
    assert namespace.calls == ["initialize", "recv_connect"]
    client.disconnect()
    assert namespace.calls == ["initialize", "recv_connect", "recv_disconnect"]


def test_one_instance_per_connection(client: NamespaceDriver) -> None:
    other = NamespaceDriver(Recorder, beside=client)
    assert client.namespace is not other.namespace
    assert client.namespace.session is not other.namespace.session
    assert client.namespace.ns_name == "/Recorder"


@pytest.mark.parametrize("event", ["my event", "my_event"])
def test_spaces_become_underscores(client: NamespaceDriver, event: str) -> None:
    client.emit(event, 1, {"a": b"x"})
    assert client.namespace.calls[-1] == (1, {"a": b"x"})


@pytest.mark.parametrize(
    "event",
    ["", " my event", "1event", "_private", "my-event", "my.event", "my event\n", "été", "on\0x",
     "__init__", "my\tevent", "a" * 10 + "!"],
)  # fmt: skip
def test_names_that_are_none(client: NamespaceDriver, event: str) -> None:
    [refused] = client.call(event)
    assert refused["error"]["name"] == "unallowed_event_name"


@pytest.mark.parametrize("event", ["unknown", "init", "process packet", "my event x"])
def test_only_methods_of_events_are_called(client: NamespaceDriver, event: str) -> None:
    [refused] = client.call(event)
    name = f'"on_{event.replace(" ", "_")}"'
    assert refused["error"] == {
        "name": "no_such_method", "message": f"The method {name} was not found",
    }  # fmt: skip


def test_the_whole_packet(client: NamespaceDriver) -> None:
    assert client.call("packet", 1, 2) == [
        {"type": "event", "endpoint": "/Recorder", "id": 0, "ack": "data", "name": "packet",
         "args": [1, 2]}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("args", "fits"), [([], False), ([1], True), ([1, 2], True), ([1, 2, 3], False)]
)
def test_arguments_must_fit(client: NamespaceDriver, args: list[int], fits: bool) -> None:
    answer = client.call("pair", *args)
    if fits:
        assert answer == [1, 2]
    else:
        assert answer[0]["error"]["name"] == "invalid_method_args"
        assert '"pair"' in answer[0]["error"]["message"]


def test_a_client_sets_no_keyword(client: NamespaceDriver) -> None:
    assert client.call("everything") == ["x"]
    assert client.call("everything", {"key": "y"})[0]["error"]["name"] == "invalid_method_args"


def test_message_json_and_error(client: NamespaceDriver) -> None:
    client.emit("message", "text")
    client.emit("message", {"a": 1})
    client.emit("error", 1, 2)
    assert client.namespace.calls[2:] == [
        ("message", "text"), ("json", {"a": 1}), ("error", [1, 2]),
    ]  # fmt: skip


def test_events_of_one_client_are_handled_one_after_the_other() -> None:
    order: list[Any] = []

    class Slow(BaseNamespace):
        def on_work(self, number: int) -> None:
            order.append(("begin", number))
            self.socket.runtime.sleep(1)
            order.append(("end", number))

    with NamespaceDriver(Slow) as client:
        client.emit("work", 1)
        client.emit("work", 2)
        client.advance(3)
    assert order == [("begin", 1), ("end", 1), ("begin", 2), ("end", 2)]


def test_process_packet_knows_all_types(client: NamespaceDriver) -> None:
    namespace = client.namespace
    for kind in ("message", "json"):
        namespace.process_packet({"type": kind, "data": 5})
    for kind in ("connect", "disconnect"):
        namespace.process_packet({"type": kind})
    assert namespace.calls[2:] == [
        ("message", 5), ("json", 5), "recv_connect", "recv_disconnect",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="no such type"):
        namespace.process_packet({"type": "noop"})


# -- access ------------------------------------------------------------------------------------


class Guarded(Recorder):
    def get_initial_acl(self) -> Iterable[str] | None:
        return ["recv_connect", "on_nothing", "on_unlock"]

    def on_unlock(self) -> None:
        self.lift_acl_restrictions()


@pytest.fixture
def guarded() -> Iterable[NamespaceDriver]:
    with NamespaceDriver(Guarded) as driver:
        yield driver


def allowed(client: NamespaceDriver, event: str = "pair") -> bool:
    [answer, *_rest] = client.call(event, 1)
    denied = isinstance(answer, dict) and "error" in answer
    assert not denied or answer["error"]["name"] == "method_access_denied"
    return not denied


def test_only_what_the_list_names_is_called(guarded: NamespaceDriver) -> None:
    assert not allowed(guarded)
    assert guarded.call("nothing") == [None]
    guarded.emit("message", "x")
    assert guarded.namespace.calls == ["initialize", "recv_connect"]
    assert guarded.take()[-1][1][0] == "method_access_denied"


def test_lifting_and_resetting(guarded: NamespaceDriver) -> None:
    guarded.call("unlock")
    assert allowed(guarded)
    guarded.namespace.reset_acl()
    assert not allowed(guarded)


def test_adding_and_deleting(guarded: NamespaceDriver) -> None:
    namespace = guarded.namespace
    namespace.add_acl_method("on_pair")
    assert allowed(guarded)
    assert namespace.is_method_allowed("on_pair")
    namespace.del_acl_method("on_pair")
    assert not allowed(guarded)
    assert not namespace.is_method_allowed("on_pair")


def test_adding_to_no_list_makes_one(client: NamespaceDriver) -> None:
    with pytest.raises(ValueError, match="get_initial_acl"):
        client.namespace.del_acl_method("on_pair")
    client.namespace.add_acl_method("on_nothing")
    assert not allowed(client)


def test_lists_are_of_one_instance(guarded: NamespaceDriver) -> None:
    other = NamespaceDriver(Guarded, beside=guarded)
    guarded.call("unlock")
    assert allowed(guarded)
    assert not allowed(other)


def test_nothing_of_the_class_itself_is_an_event(client: NamespaceDriver) -> None:
    """``recv_*`` and the rest have no ``on_``; no name that a client sends leads to them."""
    for name in dir(BaseNamespace):
        assert not name.startswith("on_")


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


# -- jobs --------------------------------------------------------------------------------------


class Working(BaseNamespace):
    def initialize(self) -> None:
        self.ticks: list[Any] = []

    def on_work(self, *args: Any) -> None:
        self.job = self.spawn(self.work, *args, step=1)

    def work(self, *args: Any, step: int) -> None:
        self.ticks.append(args)
        try:
            while True:
                self.socket.runtime.sleep(step)
                self.ticks.append("tick")
        finally:
            self.ticks.append("end")

    def on_stop(self) -> None:
        self.kill_local_jobs()

    def recv_disconnect(self) -> None:
        self.ticks.append("gone")
        self.socket.runtime.sleep(1.5)


@pytest.mark.parametrize("way", ["stop", "kill", "disconnect", "drop", "kick"])
def test_jobs_end_with_the_connection_or_when_told(way: str) -> None:
    with NamespaceDriver(Working) as client:
        namespace = client.namespace
        client.emit("work", 1, 2)
        client.advance(2.5)
        assert namespace.ticks == [(1, 2), "tick", "tick"]
        if way == "stop":
            client.emit("stop")
        elif way == "kill":
            namespace.job.kill()
        elif way == "kick":
            namespace.disconnect()
        else:
            getattr(client, way)()
        client.advance(10)
        after = {"stop": ["end"], "kill": ["end"]}.get(way, ["gone", "tick", "end"])
        assert namespace.ticks[3:] == after


def test_a_job_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with NamespaceDriver(Working) as client:
        client.namespace.spawn(lambda: 1 / 0)
        client.settle()
        assert "the job <lambda> of /Working failed" in caplog.text
        assert not client.ended


def test_a_job_may_end_all_jobs() -> None:
    done = []
    with NamespaceDriver(Working) as client:
        namespace = client.namespace
        client.emit("work")

        def last() -> None:
            namespace.kill_local_jobs()
            done.append(True)

        namespace.spawn(last)
        client.settle()
        assert namespace.ticks == [(), "end"]
        assert done == [True]


def test_a_job_of_a_client_that_is_gone_does_not_begin() -> None:
    with NamespaceDriver(Working) as client:
        namespace = client.namespace
        client.drop()
        namespace.spawn(namespace.work, step=1)
        client.advance(5)
        assert namespace.ticks == ["gone"]
