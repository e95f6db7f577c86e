"""The Socket.IO server: connecting, refusing, acknowledging, ending; and its bounds."""

from __future__ import annotations

from typing import Any

import pytest

from pgsocketio.packet import ACK, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, Packet
from pgsocketio.testing import (
    NamespaceDriver,
    ThreadRuntime,
)
from pgsocketio.wire import CLOSED, READY

from .servers import Plain, Site


@pytest.fixture
def site(runtime: ThreadRuntime) -> Site:
    Plain.calls.clear()
    return Site(runtime)


# -- connect -----------------------------------------------------------------------------------


def test_connect(site: Site) -> None:
    client = site.client()
    [packet] = site.connect(client)
    assert (packet.type, packet.namespace, set(packet.data)) == (CONNECT, "/", {"sid"})
    assert packet.data["sid"] != client.connection.sid
    assert Plain.calls == ["connect"]


def test_ids_are_long_and_differ(site: Site) -> None:
    sids = {site.connect(site.client())[0].data["sid"] for _ in range(20)}
    assert len(sids) == 20
    assert all(len(sid) >= 20 for sid in sids)


def test_namespaces_share_a_connection(site: Site) -> None:
    client = site.client()
    site.connect(client)
    site.connect(client, "/refusing", {"token": "good"})
    sockets = client.connection.data.namespaces
    sockets["/"].session["user"] = 2
    assert sockets["/refusing"].namespace.session == {"user": 2}
    assert sockets["/"].sid != sockets["/refusing"].sid


def test_a_namespace_that_there_is_not(site: Site) -> None:
    client = site.client()
    [packet] = site.connect(client, "/nowhere")
    assert packet == Packet(CONNECT_ERROR, "/nowhere", {"message": "Invalid namespace"})
    assert site.connect(client)[0].type == CONNECT


@pytest.mark.parametrize(
    ("auth", "data"),
    [
        (None, {"message": "no token", "data": {"hint": "bring one"}}),
        ({"token": "bad"}, {"message": "bad token"}),
        ({"v": 99}, {"message": "unsupported protocol version", "data": {"supported": [1]}}),
    ],
)
def test_who_is_refused_is_told_why(site: Site, auth: Any, data: dict[str, Any]) -> None:
    client = site.client()
    assert site.connect(client, "/refusing", auth) == [Packet(CONNECT_ERROR, "/refusing", data)]
    assert Plain.calls == []
    assert not list(site.server.members.all())
    [packet] = site.connect(client, "/refusing", {"token": "good"})
    assert packet.type == CONNECT


def test_trouble_that_passes_closes_the_transport(site: Site) -> None:
    client = site.client()
    assert site.connect(client, "/refusing", {"token": "away"}) == []
    assert client.connection.closed


def test_trouble_that_passes_is_counted_and_said_once(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    for _client in range(50):
        site.connect(site.client(), "/refusing", {"token": "away"})
    assert site.server.counters["sent_away"] == 50
    assert caplog.messages == ["a client of /refusing is sent away for now: the database is away"]


def test_trouble_that_passes_closes_the_transport_also_in_an_event(site: Site) -> None:
    client = site.client()
    site.connect(client)
    assert site.say(client, Packet(EVENT, "/", ["away"], 0)) == []
    assert client.connection.closed


def test_a_namespace_that_fails_to_start_hurts_no_other(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    client = site.client()
    site.connect(client)
    [packet] = site.connect(client, "/broken")
    assert packet == Packet(CONNECT_ERROR, "/broken", {"message": "Internal error"})
    assert "secret" in caplog.text
    assert site.say(client, Packet(EVENT, "/", ["echo", 1], 0)) == [Packet(ACK, "/", [1], 0)]


# -- packets that nobody may send --------------------------------------------------------------


@pytest.mark.parametrize(
    "parts",
    [
        ["nonsense"], ['2/nowhere,["echo"]'], ["1/nowhere,"], ["3/nowhere,1[]"], ["0"], [b"x"],
        ['4{"message":"x"}'], ['51-["a"]', '2["echo"]'],
    ],
    ids=str,
)  # fmt: skip
def test_an_invalid_packet_closes_the_connection(site: Site, parts: list[str | bytes]) -> None:
    client = site.client()
    site.connect(client)
    for part in parts:
        client.connection.receive(part)
    site.runtime.settle()
    assert client.connection.reason == "parse error"
    assert Plain.calls == ["connect", ("disconnect", "parse error")]
    assert site.server.counters["invalid_packets"] == 1


def test_events_before_connect_is_answered_wait_for_it(site: Site) -> None:
    client = site.client()
    answers = site.say(
        client, Packet(CONNECT, "/refusing", {"token": "good"}),
        Packet(EVENT, "/refusing", ["echo", 1], 0),
    )  # fmt: skip
    assert [packet.type for packet in answers] == [CONNECT, ACK]


def test_events_of_who_is_refused_reach_nobody(site: Site) -> None:
    client = site.client()
    answers = site.say(
        client, Packet(CONNECT, "/refusing"), Packet(EVENT, "/refusing", ["echo", 1], 0)
    )
    assert [packet.type for packet in answers] == [CONNECT_ERROR]


# -- authentication ----------------------------------------------------------------------------


def test_who_does_not_authenticate_in_time_is_dropped(site: Site) -> None:
    client = site.client()
    site.connect(client, "/locked", {"v": 1})
    site.runtime.advance(9.9)
    assert client.take() == []
    site.runtime.advance(0.2)
    closed, disconnect = client.take()
    assert closed.data[0] == CLOSED
    assert disconnect == Packet(DISCONNECT, "/locked")
    assert site.server.counters["auth_timeouts"] == 1


def test_who_authenticates_stays(site: Site) -> None:
    client = site.client()
    site.connect(client, "/locked", {"v": 1})
    assert site.say(client, Packet(EVENT, "/locked", ["word", "shut"], 0))[0].data == [None, False]
    ready, answer = site.say(client, Packet(EVENT, "/locked", ["word", "open"], 1))
    assert ready.data == [READY, {"recovered": None}, None]
    assert answer.data == [None, True]
    site.runtime.advance(60)
    assert client.take() == []


def test_nothing_is_sent_to_who_is_not_let_in(site: Site) -> None:
    locked, inside = site.client(), site.client()
    for client in (locked, inside):
        site.connect(client, "/locked")
    site.say(inside, Packet(EVENT, "/locked", ["word", "open"]))
    outside = locked.connection.data.namespaces["/locked"]
    outside.join("room")
    site.server.scope.backplane.emit("/locked", "news", [], None, None)
    site.server.scope.backplane.emit("/locked", "news", [], "room", None)
    assert locked.take() == []
    assert len(inside.take()) == 1
    site.say(locked, Packet(EVENT, "/locked", ["word", "open"]))
    site.server.scope.backplane.emit("/locked", "news", [], "room", None)
    assert [packet.data for packet in locked.take()] == [["news"]]


# -- positions ---------------------------------------------------------------------------------


def ready(driver: NamespaceDriver) -> Any:
    return next(args[0]["recovered"] for name, args in driver.take() if name == READY)


@pytest.mark.parametrize(
    ("position", "recovered"),
    [
        (None, None),
        ("", None),
        ("now", True),
        ("nonsense", False),
        (5, False),
        ("ffffffffffffffff:1:1:", False),
        ("00000000000000aa:1:999999:", False),
    ],
)
def test_who_returns_is_told_whether_it_is_caught_up(position: Any, recovered: Any) -> None:
    with NamespaceDriver(Plain) as first:
        if position == "now":
            position = str(first.database.position())
        back = NamespaceDriver(Plain, {"v": 1, "position": position}, beside=first)
        assert ready(back) is recovered
