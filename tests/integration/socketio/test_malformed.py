"""What is no Socket.IO packet closes its connection, and nobody else notices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import malformed
from .clients import OPENERS, Client, PollingClient, WebSocketClient
from .conftest import Start

POLLED = [case for case in malformed.BINARIES if case[2] != "attachments_too_large"]  # fits no POST


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


def test_the_corpus_is_large_and_every_case_is_one_of_its_own() -> None:
    assert len(malformed.CASES) >= 60
    assert len({case[0] for case in malformed.CASES}) == len(malformed.CASES)
    assert len({case[1] for case in malformed.CASES}) == len(malformed.CASES)


def check(healthy: Client, client: Client, case: malformed.Case) -> None:
    _, parts, counter = case
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
    check(healthy, WebSocketClient(start().port), case)


@pytest.mark.parametrize("case", POLLED, ids=[case[0] for case in POLLED])
def test_polling(healthy: Client, start: Start, case: malformed.Case) -> None:
    check(healthy, PollingClient(start().port), case)
