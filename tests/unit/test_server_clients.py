"""Acknowledgements, bounds and the end of a client."""

from __future__ import annotations

from typing import Any

import pytest

from pgsocketio.packet import ACK, CONNECT, DISCONNECT, EVENT, Packet
from pgsocketio.testing import (
    ThreadRuntime,
)

from .servers import NAMESPACES, Locked, Plain, Site


@pytest.fixture
def site(runtime: ThreadRuntime) -> Site:
    Plain.calls.clear()
    return Site(runtime)


# -- acknowledgements of the client ------------------------------------------------------------


def test_acknowledgements_are_matched_by_number(site: Site) -> None:
    client, got = site.client(), []
    site.connect(client)
    socket = client.connection.data.namespaces["/"]
    for name in "ab":
        socket.emit("ask", [], lambda *args, name=name: got.append((name, args)))
    first, second = client.take()
    assert first.id != second.id
    for packet in (second, first, first, Packet(ACK, "/", [], 999_999), Packet(ACK, "/", [], 0)):
        client.acknowledge(packet, packet.id)
    site.runtime.settle()
    assert [name for name, _args in got] == ["b", "a"]
    assert not client.connection.closed


def test_nobody_acknowledges_for_another(site: Site) -> None:
    one, other, got = site.client(), site.client(), []
    site.connect(one)
    site.connect(other)
    one.connection.data.namespaces["/"].emit("ask", [], lambda *_args: got.append(1))
    [packet] = one.take()
    other.acknowledge(packet)
    site.runtime.settle()
    assert got == []


def test_owed_acknowledgements_are_bounded(site: Site) -> None:
    client, got = site.client(), []
    site.connect(client)
    socket = client.connection.data.namespaces["/"]
    for number in range(5):
        socket.emit("ask", [], lambda number=number: got.append(number))
    for packet in client.take():
        client.acknowledge(packet)
    site.runtime.settle()
    assert got == [2, 3, 4]


# -- bounds ------------------------------------------------------------------------------------


def test_waiting_events_are_bounded(site: Site) -> None:
    client = site.client()
    site.connect(client)
    site.say(client, Packet(EVENT, "/", ["wait", 5]))
    for number in range(5):
        client.emit("/", "echo", number)
    assert not client.connection.closed
    client.emit("/", "echo", 5)
    site.runtime.settle()
    assert client.connection.closed
    assert site.server.counters["event_queue_full"] == 1


def test_rooms_are_bounded(site: Site) -> None:
    client = site.client()
    site.connect(client)
    socket = client.connection.data.namespaces["/"]
    for room in ("a", "b", "a"):
        socket.join(room)
    with pytest.raises(Exception, match="2 rooms at most"):
        socket.join("c")
    socket.leave("a")
    socket.join("c")
    assert socket.rooms == {"b", "c"}


# -- the end -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (lambda client, socket: client.disconnect("/"), "client namespace disconnect"),
        (lambda client, socket: client.connection.close("ping timeout"), "ping timeout"),
        (lambda client, socket: socket.disconnect(), "server namespace disconnect"),
        (lambda client, socket: socket.disconnect(reason="logged out"), "logged out"),
    ],
)
def test_the_reason_is_known(site: Site, end: Any, reason: str) -> None:
    client = site.client()
    site.connect(client)
    socket = client.connection.data.namespaces["/"]
    end(client, socket)
    site.runtime.settle()
    assert Plain.calls == ["connect", ("disconnect", reason)]
    assert not list(site.server.members.all())
    socket.disconnect()
    site.runtime.settle()
    assert len(Plain.calls) == 2
    assert site.server.counters["disconnects"] == 1


def test_after_the_end_nothing_is_sent_and_nothing_handled(site: Site) -> None:
    client = site.client()
    site.connect(client)
    socket = client.connection.data.namespaces["/"]
    site.say(client, Packet(EVENT, "/", ["wait", 1]), Packet(EVENT, "/", ["note"], 0))
    socket.disconnect()
    assert client.take() == [Packet(DISCONNECT, "/")]
    socket.emit("late", [], lambda: None)
    site.runtime.advance(5)
    assert client.take() == []
    assert Plain.calls == ["connect", ("disconnect", "server namespace disconnect")]
    assert not client.connection.closed


def test_a_client_may_return_on_the_same_connection(site: Site) -> None:
    client = site.client()
    [first] = site.connect(client)
    site.say(client, Packet(DISCONNECT, "/"))
    [second] = site.connect(client)
    assert first.data["sid"] != second.data["sid"]
    assert site.say(client, Packet(EVENT, "/", ["echo", 1], 0))[0].data == [1]


def test_one_namespace_may_end_without_the_others(site: Site) -> None:
    client = site.client()
    site.connect(client)
    site.connect(client, "/refusing", {"token": "good"})
    site.say(client, Packet(DISCONNECT, "/refusing"))
    assert site.say(client, Packet(EVENT, "/", ["echo", 1], 0))[0].data == [1]


# -- who never says who it is ------------------------------------------------------------------


def test_a_transport_on_which_nobody_was_let_in_is_closed_with_its_namespace(site: Site) -> None:
    client = site.client()
    site.connect(client, "/locked")
    site.runtime.advance(site.settings.auth_timeout + 0.1)
    assert client.take() == [Packet(DISCONNECT, "/locked")]
    assert client.connection.reason == "not authenticated"


@pytest.mark.parametrize("leaves", [True, False])
def test_connecting_again_and_again_wins_no_time(site: Site, leaves: bool) -> None:
    client = site.client()
    for _ in range(5):
        site.connect(client, "/locked")
        if leaves:
            site.say(client, Packet(DISCONNECT, "/locked"))
        site.say(client, Packet(CONNECT, "/refusing", {"token": "bad"}))
        site.runtime.advance(0.3 * site.settings.auth_timeout)
        if not leaves:
            site.say(client, Packet(DISCONNECT, "/locked"))
    assert client.connection.closed
    assert site.server.counters["auth_timeouts"] == 1


def test_who_was_let_in_somewhere_keeps_the_transport(site: Site) -> None:
    client = site.client()
    site.connect(client)
    site.runtime.advance(2 * site.settings.auth_timeout)
    site.connect(client, "/locked")
    site.runtime.advance(site.settings.auth_timeout + 0.1)
    assert client.take()[-1] == Packet(DISCONNECT, "/locked")
    assert site.say(client, Packet(EVENT, "/", ["echo", 1], 0))[0].data == [1]
    site.say(client, Packet(DISCONNECT, "/"))
    site.connect(client, "/locked")
    site.runtime.advance(site.settings.auth_timeout / 2)
    assert not client.connection.closed, "its time begins anew"


def test_waiting_events_are_bounded_by_their_bytes(site: Site) -> None:
    client, most = site.client(), site.settings.max_queued
    site.connect(client)
    queue = client.connection.data
    for _ in range(2):  # what was handled does not count any more
        site.say(client, Packet(EVENT, "/", ["wait", 5]))
        client.emit("/", "note", "x" * (most - 1_000))
        assert queue.queued > most - 1_000
        site.runtime.advance(5)
        assert queue.queued == 0
    site.say(client, Packet(EVENT, "/", ["wait", 5]))
    client.emit("/", "note", "x" * (most - 1_000))
    client.emit("/", "note", b"x" * 1_000)
    site.runtime.settle()
    assert client.connection.closed
    assert site.server.counters["event_queue_full"] == 1
    site.runtime.advance(5)
    assert queue.queued == 0


class Waiting(Locked):
    """As a user whose screen is locked."""

    def may_wait(self) -> bool:
        return True


class Slow(Plain):
    """Whose database takes its time."""

    def authenticate(self, auth: dict[str, Any]) -> None:
        self.socket.runtime.sleep(30)


@pytest.mark.parametrize("kind", [Waiting, Slow])
def test_who_may_wait_or_is_being_looked_at_keeps_the_transport(
    site: Site, kind: type[Plain]
) -> None:
    site.server.namespaces = {**NAMESPACES, "/kind": kind}
    client = site.client()
    site.connect(client, "/kind")
    site.connect(client, "/locked")
    site.runtime.advance(site.settings.auth_timeout + 1)
    assert client.take()[-1] == Packet(DISCONNECT, "/locked")
    site.connect(client, "/locked")
    site.runtime.advance(site.settings.auth_timeout / 2)
    assert not client.connection.closed
