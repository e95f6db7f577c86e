"""BaseNamespace as gevent-socketio had it: dispatch, access, answers, and all its methods."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from pgsocketio.namespace import BaseNamespace
from pgsocketio.testing import NamespaceDriver

from .namespaces import Recorder

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
     "__init__", "my\tevent", "a" * 10 + "!", "a" * 129],
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
