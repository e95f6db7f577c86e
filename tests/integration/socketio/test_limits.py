"""Every bound above the engine: its answer, a counter and one log line; others are served on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.integration.engine.wire import TEXT, frame

from .clients import WebSocketClient
from .conftest import SocketioServer, Start

LIMITS = {
    "auth_timeout": 60, "max_namespaces": 2, "events_per_second": 200, "event_burst": 100,
    "max_acks": 3, "max_payload": 1_000,
}  # fmt: skip
IMPATIENT = {"auth_timeout": 1}


class Table:
    """A server with low limits, a client that must not notice, and clients that cross them."""

    def __init__(self, server: SocketioServer) -> None:
        self.server = server
        self.other: WebSocketClient = self.open()
        self.other.connect()

    def open(self) -> WebSocketClient:
        return WebSocketClient(self.server.port)

    def counter(self, name: str) -> int:
        return int(self.other.call("state")["counters"].get(name, 0))



@pytest.fixture
def settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Of the server; a test may choose others."""
    return getattr(request, "param", LIMITS)


@pytest.fixture
def table(start: Start, settings: dict[str, Any]) -> Iterator[Table]:
    table = Table(start(server=settings))
    yield table
    assert table.other.is_served()
    table.other.close()


impatient = pytest.mark.parametrize("settings", [IMPATIENT], indirect=True, ids=["impatient"])


def flood(client: WebSocketClient, packet: str) -> None:
    """Send more than the server takes, however slow it is."""
    with suppress(ConnectionError):  # it may close before all was sent
        client.websocket.send(frame(TEXT, f"4{packet}".encode()) * 2_000)


@pytest.mark.parametrize("packet", ['2["nothing",0]', "0/nowhere,", "31[]"])
def test_events_per_second(table: Table, packet: str) -> None:
    before = table.counter("too_many_events")
    for _ in range(2):
        client = table.open()
        sid = client.connect()
        flood(client, packet)
        with pytest.raises((EOFError, ConnectionResetError)):
            while True:
                client.hear()
        assert table.other.reason_of(sid) == "limit exceeded"
        client.close()
    assert table.counter("too_many_events") == before + 2
    assert table.server.has_said_once("more than 200 events per second")


def test_events_within_the_rate(table: Table) -> None:
    client = table.open()
    client.connect()
    for _ in range(40):  # more than the burst in all, at a third of the rate
        assert client.call("wait", 0.1) is None
        client.tell(*['2["say"]'] * 5)
        for _ in range(5):
            client.hear()
    client.close()


def test_acknowledgements_that_were_asked_for_are_free(table: Table) -> None:
    client = table.open()
    client.connect()
    for _ in range(90):
        client.tell('2["ask"]')
        asked = str(client.hear())
        client.tell(f"3{asked[1:].partition('[')[0]}[]")
        assert client.hear() == '2["answered"]'
    client.close()


@impatient
@pytest.mark.parametrize("packets", [[], ["0/nowhere,"], ["0/guarded,"], ["0/chat,", "1/chat,"]])
def test_time_to_connect_to_a_namespace(table: Table, packets: list[str]) -> None:
    before = table.counter("auth_timeouts")
    client = table.open()
    client.tell(*packets)
    with pytest.raises(EOFError):
        while True:
            client.hear()
    client.close()
    assert table.counter("auth_timeouts") == before + 1
    assert table.server.has_said_once("no namespace within the time")


@impatient
def test_who_is_connected_stays(table: Table) -> None:
    client = table.open()
    client.connect("/chat")
    client.tell('2/chat,0["wait",1.5]')
    assert client.hear() == "3/chat,0[null]"
    client.close()


@impatient
def test_time_to_authenticate(table: Table) -> None:
    client = table.open()
    client.connect("/locked")
    assert client.hear() == "1/locked,"
    assert client.ends()  # nothing is left on it
    client.close()


def test_namespaces_of_a_connection(table: Table) -> None:
    for _ in range(2):
        client = table.open()
        client.connect()
        client.connect("/chat")
        client.tell("0/a b/\N{EURO SIGN},")
        answer = {"message": "more than 2 namespaces on one connection"}
        assert json.loads(str(client.hear()).partition(",")[2]) == answer
        assert client.is_served()
        client.close()
    assert table.counter("too_many_namespaces") == 2
    assert table.server.has_said_once("more than 2 namespaces")


def test_events_that_wait(start: Start) -> None:
    table = Table(start(server={"max_queue": 20}))
    client = table.open()
    sid = client.connect()
    client.tell('2["wait",30]', *['2["say"]'] * 22)
    assert client.ends()
    client.close()
    assert table.other.reason_of(sid) == "limit exceeded"
    assert table.counter("event_queue_full") == 1
    assert table.server.has_said_once("more than 20 events wait")
    table.other.close()


def test_open_acknowledgements(table: Table) -> None:
    client = table.open()
    client.connect()
    client.tell(*['2["ask"]'] * 5)
    asked = [str(client.hear())[1:].partition("[")[0] for _ in range(5)]
    for number in asked:
        client.tell(f"3{number}[{number}]")
    answers = {str(client.hear()) for _ in range(3)}
    assert answers == {f'2["answered",{number}]' for number in asked[2:]}
    assert client.is_served()
    client.close()
    assert table.counter("acks_forgotten") == 2
    assert table.server.has_said_once("acknowledgements owed")


@pytest.mark.parametrize(
    ("parts", "counter"),
    [
        (['533-["say"]'], "too_many_attachments"),
        (['52-["say"]', b"x" * 600, b"x" * 401], "attachments_too_large"),
        (['2["say",' + "[" * 70 + "]" * 70 + "]"], "nested_too_deep"),
    ],
)
def test_packets(table: Table, parts: list[Any], counter: str) -> None:
    for _ in range(2):
        client = table.open()
        sid = client.connect()
        client.tell(*parts)
        assert client.ends()
        assert table.other.reason_of(sid) == "limit exceeded"
        client.close()
    assert table.counter(counter) == 2
