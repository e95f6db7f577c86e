"""Rooms and broadcasts reach the sockets of two server processes on one database."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest

from tests.integration.clients import Client
from tests.integration.conftest import QUICK, Connect
from tests.integration.site import Site
from tests.support.servers import RealtimeServer
from tools.odoo import OdooInstance

Pair = tuple[Callable[[], Client], Callable[[], Client]]


@pytest.fixture(scope="module")
def second(instance: OdooInstance, db: str) -> Iterator[RealtimeServer]:
    """Another server process on the same database."""
    with RealtimeServer(instance, db, *QUICK) as server:
        yield server


@pytest.fixture(params=["one process", "two processes"])
def here_and_there(
    request: pytest.FixtureRequest, connect: Connect, server: RealtimeServer
) -> Pair:
    """Connect a client here, and one at the same or at another process."""
    two = request.param == "two processes"
    other: RealtimeServer = request.getfixturevalue("second") if two else server
    return lambda: connect("demo", server=server), lambda: connect("other", server=other)


def test_emit_to_room_reaches_its_members_but_not_the_sender(
    here_and_there: Pair, topic: str
) -> None:
    here, there = here_and_there
    sender, near, far, outsider = here(), here(), there(), there()
    for client in (sender, near, far):
        client.call("join", topic)
    outsider.call("join", f"{topic} of others")
    sender.call("to room", topic, 1, {"a": None})
    outsider.call("to room", f"{topic} of others", 2)
    for client in (near, far):
        assert client.wait_for("room") == [[1, {"a": None}]]
    far.call("to room", topic, 3)
    assert sender.wait_for("room") == [[3]]
    near.wait_for("room", 2)
    assert outsider.events("room") == []


def test_who_left_hears_no_more(here_and_there: Pair, topic: str) -> None:
    here, there = here_and_there
    sender, leaver, stayer = here(), there(), there()
    for client in (leaver, stayer):
        client.call("join", topic)
    leaver.call("leave", topic)
    leaver.call("leave", f"{topic} never entered")
    sender.call("to room", topic, 1)
    stayer.wait_for("room")
    assert leaver.events("room") == []


def test_broadcasts_reach_everyone_of_the_namespace(here_and_there: Pair, topic: str) -> None:
    here, there = here_and_there
    sender, far = here(), there()
    sender.call("to all", topic)
    sender.call("to others", topic, 2)
    far.wait_until(lambda: [topic, 2] in far.events("all"), "the second broadcast")
    assert [args for args in far.events("all") if args[0] == topic] == [[topic], [topic, 2]]
    assert [args for args in sender.events("all") if args[0] == topic] == [[topic]]


def test_broadcasts_stay_within_their_namespace(
    connect: Connect, here_and_there: Pair, topic: str
) -> None:
    here, there = here_and_there
    sender, far = here(), there()
    neighbour = connect("other", "/other", share=far)
    sender.call("to all", topic)
    far.wait_for("all")
    assert neighbour.events("all") == []


def test_messages_reach_both_processes(
    connect: Connect, server: RealtimeServer, second: RealtimeServer,
    publish: Callable[..., int], topic: str,
) -> None:
    clients = [connect("demo", server=one) for one in (server, second)]
    for client in clients:
        client.call("follow", "Topic", topic)
    publish(topic=topic, n=1)
    for client in clients:
        assert client.wait_for("batch") == [[[{"topic": topic, "n": 1}]]]


@pytest.mark.parametrize("killed", [0, 1])
def test_a_killed_process_takes_only_its_own_clients_along(
    connect: Connect, start: Callable[..., RealtimeServer], publish: Callable[..., int],
    new_db: Callable[[], str], site: Site, topic: str, killed: int,
) -> None:
    db = new_db()
    servers = [start(db, *QUICK), start(db, *QUICK)]
    clients = [connect(site.user("demo", db), server=one) for one in servers]
    for client in clients:
        client.call("join", topic)
        client.call("follow", "Topic", topic)
    servers[killed].child.process.send_signal(signal.SIGKILL)
    clients[killed].gone()
    survivor = clients[1 - killed]
    publish(topic=topic, n=1, db=db)
    assert survivor.wait_for("batch") == [[[{"topic": topic, "n": 1}]]]
    another = connect(site.user("other", db), server=servers[1 - killed])
    another.call("to room", topic, "still here")
    assert survivor.wait_for("room") == [["still here"]]
