"""The end of a server, and its restart: transports are closed, so that clients come back."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.integration.clients import PATIENCE, numbers
from tests.integration.conftest import QUICK, Connect
from tests.integration.site import Site
from tests.support.servers import RealtimeServer
from tools.processes import free_port

SOON = {"reconnectionDelay": 100, "reconnectionDelayMax": 200}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_clients_lose_their_transport_and_come_back_to_the_next_server(
    connect: Connect, start: Callable[..., RealtimeServer], publish: Callable[..., int],
    db: str, topic: str, number: signal.Signals,
) -> None:
    port = str(free_port())
    server = start(db, *QUICK, "-p", port)
    clients = [
        connect("demo", server=server, version=version, transports=[transport], **SOON)
        for version, transport in (("3.1", "websocket"), ("4.0", "polling"), ("4.8", "websocket"))
    ]
    for client in clients:
        client.call("follow", "Topic", topic)
    slow = clients[0].start_call("work", "slow", 600)
    server.child.process.send_signal(number)
    assert server.child.process.wait(PATIENCE) == 0, "it does not wait for the slow handler"
    server.child.stop()  # joins its output
    assert "Traceback" not in server.child.output
    for client in clients:
        assert client.gone() in {"transport close", "transport error"}, "no Socket.IO DISCONNECT"
    assert clients[0].reports("answer", call=slow) == []
    start(db, *QUICK, "-p", port)
    for client in clients:
        client.connected(2)
        client.call("follow", "Topic", topic)
    publish(topic=topic, n=1)
    for client in clients:
        client.wait_for("batch")
        assert numbers(client, "batch") == [1]


def test_a_versioned_client_misses_nothing_while_the_server_restarts(
    connect: Connect, start: Callable[..., RealtimeServer], publish: Callable[..., int],
    db: str, site: Site,
) -> None:
    port = str(free_port())
    server = start(db, *QUICK, "-p", port)
    client = connect("second", "/longpolling", server=server, v=1, **SOON)
    uid = client.wait_for("greeting")[0][0]
    position = client.wait_for("web_socketio:position")[-1][0]["p"]
    client.disconnect()
    client.gone()
    server.close()
    for n in range(3):
        publish(topic=f"uid-{uid}", n=n)
    start(db, *QUICK, "-p", port)
    client.connect_again({**client.auth, "position": position})
    client.wait_until(lambda: numbers(client, "own topic") == [0, 1, 2], "what was missed")
    assert client.wait_for("web_socketio:ready", 2)[1][0] == {"recovered": True}


def test_a_cut_connection_is_made_again_by_the_client(connect: Connect) -> None:
    client = connect("demo", **SOON)
    assert client.call("count") == 1
    client.cut()
    client.connected(2)
    assert client.call("count") == 1, "a new instance"


def test_an_idle_server_ends_at_once(
    start: Callable[..., RealtimeServer], db: str
) -> None:
    server = start(db, *QUICK, "--drain-timeout", "600")
    server.child.process.send_signal(signal.SIGTERM)
    assert server.child.process.wait(PATIENCE) == 0
