"""Every official client, over every transport, does the main job."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Any

import pytest
import socketio

from tests.integration.clients import PATIENCE, Rejected
from tests.integration.conftest import Connect
from tests.integration.site import Site
from tests.support.servers import RealtimeServer

Publish = Callable[..., int]
TRANSPORTS = [["websocket"], ["polling"], ["polling", "websocket"]]


@pytest.mark.parametrize("transports", TRANSPORTS, ids="+".join)
@pytest.mark.parametrize("version", ["3.1", "4.0", "4.8"])
def test_socketio_client_does_the_main_job(
    connect: Connect, site: Site, publish: Publish, topic: str, version: str,
    transports: list[str],
) -> None:
    user = site.user("demo")
    client = connect(user, cookie=user.session_id, version=version, transports=transports)
    assert client.wait_for("welcome") == [[user.uid(), user.db]]
    assert client.call("echo", {"text": "grüße \U0001f600", "none": None}) == {
        "text": "grüße \U0001f600", "none": None
    }
    assert client.call("binary", b"\x00\xff") == b"\x00\xff"
    with pytest.raises(Rejected, match="This is not allowed"):
        client.call("refuse", "UserError")
    client.call("follow safely", topic)
    publish(topic=topic, n=1, text="x" * 20_000)
    assert client.wait_for("safe")[0][0][0]["n"] == 1
    assert client.wait_for("secured") == [[True]]
    assert all(len(args) == 1 for args in client.events("safe")), "plain events, no envelope"
    client.call("ask back", 1)
    client.wait_for("answered")


@pytest.mark.parametrize("version", ["3.1", "4.0", "4.8"])
def test_socketio_client_is_refused_with_a_reason(connect: Connect, version: str) -> None:
    client = connect(None, session_id="wrong", version=version, wait=False)
    assert client.refused()["message"] == "session expired"
    late = connect("demo", version=version, auth={"v": 99}, wait=False)
    refused = late.refused()
    assert refused["message"] == "unsupported protocol version"
    assert refused["data"] == {"supported": [1]}


@pytest.mark.parametrize("transports", TRANSPORTS, ids="+".join)
def test_python_socketio_does_the_main_job(
    server: RealtimeServer, site: Site, publish: Publish, topic: str, transports: list[str]
) -> None:
    with socketio.SimpleClient(handle_sigint=False) as client:
        client.connect(
            server.url, namespace="/test", transports=transports,
            auth={"session_id": site.user("demo").session_id}, wait_timeout=PATIENCE,
        )
        assert client.receive(PATIENCE)[0] == "welcome"
        assert client.call("echo", {"a": [1]}, timeout=PATIENCE) == {"a": [1]}
        assert client.call("tuple", timeout=PATIENCE) == ("one", 2, [3])
        assert client.call("binary", b"\x00", timeout=PATIENCE) == b"\x00"
        assert client.receive(PATIENCE)[0] == "binary"
        client.call("follow", ("Topic", topic), timeout=PATIENCE)
        publish(topic=topic, n=1)
        assert client.receive(PATIENCE) == ["batch", [{"topic": topic, "n": 1}]]


def test_python_socketio_acknowledges_and_is_refused(
    server: RealtimeServer, site: Site, publish: Publish, topic: str
) -> None:
    client = socketio.Client(reconnection=False, handle_sigint=False)
    secured: queue.Queue[Any] = queue.Queue()
    client.on("safe", lambda messages: None, namespace="/test")
    client.on("secured", secured.put, namespace="/test")
    session_id = site.user("demo").session_id
    client.connect(
        server.url, {"Cookie": f"session_id={session_id}"}, namespaces=["/test"],
        wait_timeout=PATIENCE,
    )  # fmt: skip
    client.call("follow safely", topic, namespace="/test", timeout=PATIENCE)
    publish(topic=topic, n=1)
    assert secured.get(timeout=PATIENCE) is True
    client.disconnect()
    with pytest.raises(socketio.exceptions.ConnectionError, match="failed to connect: /test"):
        client.connect(
            server.url, namespaces=["/test"], auth={"session_id": "wrong"}, wait_timeout=PATIENCE
        )
