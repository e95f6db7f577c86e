"""Events, acknowledgements and the rest of gevent-socketio's BaseNamespace."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.clients import Rejected, eventually
from tests.integration.conftest import Connect, Gate
from tests.integration.site import Site
from tests.support.servers import RealtimeServer


@pytest.fixture(params=[None, 1], ids=["plain", "v1"])
def v(request: pytest.FixtureRequest) -> int | None:
    """What kind of client it is."""
    version: int | None = request.param
    return version


def test_an_event_is_acknowledged_with_what_its_method_returns(
    connect: Connect, v: int | None
) -> None:
    client = connect("demo", v=v)
    assert client.call("echo", {"a": [1, None, "é"]}) == {"a": [1, None, "é"]}
    assert client.call("echo", 1, 2) == [1, 2]
    assert client.call("nothing") is None


def test_a_tuple_acknowledges_with_several_values(connect: Connect) -> None:
    plain, versioned = connect("demo"), connect("demo", v=1)
    assert plain.answer(plain.start_call("tuple")) == ["one", 2, [3]]
    assert versioned.answer(versioned.start_call("tuple")) == [None, "one", 2, [3]]


def test_spaces_in_an_events_name_are_underscores(connect: Connect) -> None:
    client = connect("demo")
    assert client.call("my long event name", 1) == "my long event name: 1"
    assert client.call("my_long_event_name", 2) == "my long event name: 2"


def test_a_method_whose_only_parameter_is_packet_gets_the_whole_packet(connect: Connect) -> None:
    assert connect("demo").call("whole packet", 1, 2) == {
        "type": "event", "endpoint": "/test", "name": "whole packet", "args": [1, 2],
    }


def test_each_connection_has_an_instance_of_its_own(connect: Connect) -> None:
    first, second = connect("demo"), connect("demo")
    assert [first.call("count"), first.call("count"), second.call("count")] == [1, 2, 1]


def test_namespaces_of_a_connection_share_the_session(connect: Connect, site: Site) -> None:
    first = connect("demo")
    other = connect(None, "/other", share=first)
    assert other.call("whoami") == site.user("demo").uid()


def test_the_events_of_a_client_are_handled_one_after_the_other(connect: Connect) -> None:
    client = connect("demo")
    calls = [client.start_call("work", "slow", 0.3), client.start_call("work", "quick", 0)]
    calls.append(client.start_call("count"))
    client.answer(calls[-1])
    answered = [report["call"] for report in client.reports("answer")]
    assert answered == calls
    assert client.events("worked") == [["slow"], ["quick"]]


def test_a_slow_handler_holds_up_neither_other_clients_nor_namespaces_nor_acknowledgements(
    connect: Connect, gate: Callable[..., Gate],
) -> None:
    client, stranger = connect("demo"), connect("demo")
    other = connect(None, "/other", share=client)
    client.acknowledge(False)
    client.call("ask back", "sure?")
    with gate() as closed:
        slow = client.start_call("model", "test.realtime.item", "pass_gate", [closed.key])
        assert closed.somebody_waits()
        assert stranger.call("count") == 1
        assert other.call("whoami")
        client.wait_for("question")
        client.acknowledge(True, "yes", 2)
        assert client.wait_for("answered") == [["yes", 2]]
        assert not client.reports("answer", call=slow)
    assert client.answer(slow) == [True]


def test_message_json_and_error_have_methods_of_their_own(connect: Connect) -> None:
    client = connect("demo")
    client.emit("message", "text")
    client.emit("message", {"a": 1})
    client.emit("error", "broken")
    assert client.wait_for("got message") == [["text"]]
    assert client.wait_for("got json") == [[{"a": 1}]]
    assert client.wait_for("got error") == [[["broken"]]]


def test_send_emits_a_message(connect: Connect) -> None:
    client = connect("demo")
    client.call("send", "text")
    client.call("send", {"a": 1})
    assert client.events("message") == [["text"], [{"a": 1}]]


def test_bytes_travel_both_ways(connect: Connect) -> None:
    client, data = connect("demo"), bytes(range(256))
    assert client.call("binary", data) == data
    assert client.wait_for("binary") == [[{"bytes": data, "size": 256}]]


@pytest.mark.parametrize("event, args, name", [
    ("no such thing", [], "no_such_method"),
    ("echo.__class__", [], "unallowed_event_name"),
    ("_private", [], "unallowed_event_name"),
    ("tuple", [1], "invalid_method_args"),
    ("whole packet", [], None),
])  # fmt: skip
def test_what_fits_no_method_is_refused_with_a_reason(
    connect: Connect, v: int | None, event: str, args: list[object], name: str | None
) -> None:
    client = connect("demo", v=v)
    if name is None:
        client.call(event, *args)
    else:
        with pytest.raises(Rejected) as refused:
            client.call(event, *args)
        assert refused.value.name == name
    assert client.call("count") == 1, "the client is still there"


@pytest.mark.parametrize("event", [
    "__class__", "emit", "model", "recv_disconnect", "recv connect", "initialize", "notify",
])  # fmt: skip
def test_only_methods_that_start_with_on_are_events(connect: Connect, event: str) -> None:
    client = connect("demo")
    with pytest.raises(Rejected):
        client.call(event, "res.users")
    assert client.call("count") == 1


def test_error_reaches_the_client(connect: Connect) -> None:
    client = connect("demo")
    client.call("say error")
    assert client.events("error") == [["my_error", "it went wrong"]]


def test_a_forbidden_method_is_refused_until_restrictions_are_lifted(connect: Connect) -> None:
    client = connect("demo")
    client.call("forbid", "on_count")
    assert client.call("echo", "still allowed") == "still allowed"
    with pytest.raises(Rejected) as refused:
        client.call("count")
    assert refused.value.name == "method_access_denied"
    client.call("lift")
    assert client.call("count") == 1


def test_environ_request_and_name_of_the_namespace(connect: Connect) -> None:
    assert connect("demo").call("environ") == {
        "path": "/socket.io/", "request": None, "ns": "/test"
    }


def test_spawned_jobs_end_with_the_connection(connect: Connect, topic: str) -> None:
    client, watcher = connect("demo"), connect("demo")
    client.call("spawn", topic)
    assert ["started", topic] in watcher.call("log")
    client.disconnect()
    assert eventually(lambda: ["ended", topic] in watcher.call("log"))


def test_kill_local_jobs_ends_what_was_spawned_and_nothing_else(
    connect: Connect, topic: str
) -> None:
    client, other = connect("demo"), connect("demo")
    client.call("spawn", topic)
    other.call("spawn", f"{topic} of another")
    client.call("kill jobs")
    assert eventually(lambda: ["ended", topic] in client.call("log"))
    assert ["ended", f"{topic} of another"] not in client.call("log")


def test_disconnect_ends_the_namespace_and_leaves_the_others(connect: Connect) -> None:
    client = connect("demo")
    other = connect(None, "/other", share=client)
    client.emit("leave me")
    assert client.gone() == "io server disconnect"
    assert other.call("whoami")
    assert not other.reports("disconnect")


def test_a_silent_disconnect_is_not_told(connect: Connect) -> None:
    client = connect("demo")
    other = connect(None, "/other", share=client)
    client.emit("leave me", True)
    other.call("whoami")
    assert not client.reports("disconnect")


def test_what_travels_beside_the_types_of_json(connect: Connect) -> None:
    listener, client = connect("demo"), connect("demo")
    listener.call("follow", "Topic", "types")
    answer = client.call("types")
    assert answer == {
        "date": "2013-07-14", "naive": "2013-07-14 12:30:15", "aware": "2013-07-14 10:30:15",
        "markup": "<b>&lt;</b>", "lazy": "evaluated", "translated": "Not from here.",
    }
    assert client.wait_for("types") == [[answer]]
    assert listener.wait_for("batch") == [[[{"topic": "types", "bytes": "text", **answer}]]]


@pytest.mark.parametrize("where", ["ack", "emit", "notify"])
def test_what_cannot_travel_is_an_error_that_names_its_key(
    connect: Connect, server: RealtimeServer, where: str
) -> None:
    client = connect("demo")
    with pytest.raises(Rejected):
        client.call("object", where)
    server.child.wait_for_line(rf"{where}\[0\]\.wrong: object cannot travel as JSON")
    assert client.call("count") == 1


def test_a_namespace_that_fails_to_start_leaves_the_others_of_its_connection_alone(
    connect: Connect, server: RealtimeServer
) -> None:
    client = connect("demo")
    broken = connect(None, "/broken", share=client, wait=False)
    broken.refused()
    server.child.wait_for_line(r"initialize\(\) failed on purpose")
    assert client.call("count") == 1


def test_a_namespace_that_does_not_exist_is_refused(connect: Connect) -> None:
    client = connect("demo")
    nowhere = connect(None, "/nowhere", share=client, wait=False)
    assert nowhere.refused()["message"] == "Invalid namespace"
    assert client.call("count") == 1
