"""What is no Socket.IO packet closes its connection, and nobody else notices."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from pgsocketio import packet
from pgsocketio.errors import InvalidPacket

from . import malformed
from .clients import OPENERS, Client, Part, PollingClient, WebSocketClient
from .conftest import Start

POLLED = [case for case in malformed.CASES if case[2] != "attachments_too_large"]  # fits no POST
NAMESPACES = ("/", "/chat")


@pytest.fixture(scope="module")
def healthy(start: Start) -> Iterator[Client]:
    """A client that is served throughout; in the end the server is where it was."""
    port = start().port
    client = WebSocketClient(port)
    client.connect()
    for opens in OPENERS.values():  # what is made once exists already
        warm = opens(port)
        warm.connect()
        warm.close()
    before = client.wait_for(lambda state: state["connections"] == 1)
    yield client
    descriptors = before["descriptors"]
    after = client.wait_for(lambda s: s["descriptors"] <= descriptors and s["connections"] == 1)
    assert after["resident"] - before["resident"] < 12_000_000
    assert after["errors"] == 0
    client.close()


def path_of(parts: tuple[Part, ...]) -> tuple[Any, ...]:
    """The lines of the codec that an input runs, and what comes of it."""
    lines = set()

    def note(frame: FrameType, event: str, _arg: object) -> Any:
        if frame.f_code.co_filename != packet.__file__:
            return None
        if event == "line":
            lines.add(frame.f_lineno)
        return note

    decoder, got = packet.Decoder(), []
    sys.settrace(note)
    try:
        got = [decoder.feed(part) for part in parts]
    except InvalidPacket as error:
        return frozenset(lines), str(error), str(error.__cause__).partition(":")[0]
    finally:
        sys.settrace(None)
    return frozenset(lines), tuple((one.type, one.namespace in NAMESPACES) for one in got if one)


def test_no_two_take_the_same_path() -> None:
    paths = {path_of(inputs[0]): rule for rule, inputs, _counter in malformed.CASES}
    assert len(paths) == len(malformed.CASES)


def check(healthy: Client, client: Client, parts: tuple[Part, ...], counter: str) -> None:
    before = healthy.call("state")["counters"].get(counter, 0)
    sid = client.connect()
    client.connect("/chat")
    client.tell(*parts)
    assert client.ends()
    client.close()
    reason = "parse error" if counter == "invalid_packets" else "limit exceeded"
    assert healthy.reason_of(sid) == reason
    assert healthy.call("state")["counters"][counter] == before + 1
    assert healthy.is_served()


@pytest.mark.parametrize("case", malformed.CASES, ids=[case[0] for case in malformed.CASES])
def test_websocket(healthy: Client, start: Start, case: malformed.Case) -> None:
    for parts in case[1]:
        check(healthy, WebSocketClient(start().port), parts, case[2])


@pytest.mark.parametrize("case", POLLED, ids=[case[0] for case in POLLED])
def test_polling(healthy: Client, start: Start, case: malformed.Case) -> None:
    for parts in case[1] if case in malformed.BINARIES else case[1][:1]:
        check(healthy, PollingClient(start().port), parts, case[2])
