"""The faults of an operator's day: each happens while a page is connected, which stays so."""

from __future__ import annotations

import secrets
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from pgsocketio.log import schema
from tests.integration.clients import Client, Rejected, eventually
from tests.integration.conftest import Connect
from tests.integration.operation.conftest import Heard
from tests.integration.operation.place import Place
from tests.integration.operation.watched import OPEN_FILES, Watched
from tests.integration.site import Site
from tools.odoo import OdooInstance
from tools.paths import ROOT, VENV_PYTHON
from tools.postgres import Postgres

COUNT: tuple[Any, ...] = ("test.realtime.item", "search_count", [[]])


@pytest.fixture(scope="module")
def place(
    instance: OdooInstance, postgres: Postgres, realtime_template: str, run_dir: Path
) -> Iterator[Place]:
    place = Place(instance, run_dir / "operation", postgres.dsn(realtime_template))
    yield place
    place.postgres.close()


@pytest.fixture(scope="module")
def site(place: Place) -> Iterator[Site]:
    """Its Odoo."""
    with Site(place.instance, place.db) as site:
        yield site


@pytest.fixture(scope="module")
def server(place: Place, run_dir: Path) -> Iterator[Watched]:
    """Its realtime server."""
    with Watched(place.instance, place.db, run_dir / "operation") as server:
        yield server


@pytest.fixture(autouse=True)
def stays_connected(client: Client) -> Iterator[None]:
    """Whatever happened, the page's socket is the same as before, and its handlers work."""
    yield
    assert not client.reports("disconnect")
    assert client.call("model", *COUNT) >= 0


def test_postgresql_is_restarted(
    place: Place, server: Watched, client: Client, topic: str, heard: Heard
) -> None:
    place.publish(topic=topic, n=1)
    assert heard(1) == [1]
    place.postgres.stop()
    try:
        assert server.is_ready(False), "and why"
        assert server.get("/health").status_code == 200
        assert client.call("echo", "still here") == "still here"
        with pytest.raises(Rejected) as rejected:
            client.call("model", *COUNT)
        assert (rejected.value.name, str(rejected.value)) == (
            "Unavailable", "The database cannot be reached now. Try again in a moment."
        )
    finally:
        place.postgres.start()
    place.publish(topic=topic, n=2)
    assert heard(2) == [1, 2]
    assert server.is_ready() is None


def test_odoo_is_restarted(
    place: Place, site: Site, server: Watched, client: Client, connect: Connect, topic: str,
    heard: Heard,
) -> None:
    site.close()
    place.publish(topic=topic, n=1)
    assert heard(1) == [1]
    connect("demo", server=server).disconnect()  # the session is as good as before
    site.start()
    site.user("admin").publish(["notify", "test", {"topic": topic, "n": 2}])
    assert heard(2) == [1, 2]


def test_the_addon_is_updated(
    place: Place, server: Watched, client: Client, topic: str, heard: Heard
) -> None:
    """``-u web_socketio`` under load: nothing is lost or doubled, and nobody has to restart."""
    failures = len(server.lines("trying again"))
    updated = threading.Event()
    published: list[int] = []

    def publish() -> None:
        while not updated.wait(0.02):
            place.publish(topic=topic, n=len(published))
            published.append(len(published))

    publisher = threading.Thread(target=publish)
    publisher.start()
    try:
        place.instance.update(place.db, ["web_socketio"], log="test-operation-update")
    finally:
        updated.set()
        publisher.join()
    assert len(published) > 20
    assert heard(len(published)) == published
    assert len(server.lines("trying again")) == failures, "LISTEN went on all along"


def test_the_disk_is_full_for_the_log(
    place: Place, server: Watched, client: Client, topic: str, heard: Heard
) -> None:
    big = {"topic": f"{topic} big", "text": secrets.token_hex(400_000)}
    with place.full_disk():
        with pytest.raises(psycopg2.Error, match="Check free disk space"):
            for _ in range(50):
                place.publish(**big)
        with pytest.raises(Rejected):
            client.call("notify", big)
        place.publish(topic=topic, n=1)  # what finds room is delivered as ever
        assert heard(1) == [1]
        assert server.get("/ready").status_code == 200
    place.publish(**big)
    place.publish(topic=topic, n=2)
    assert heard(2) == [1, 2]


def test_no_descriptor_is_left_for_more_clients(
    server: Watched, client: Client, connect: Connect
) -> None:
    """New ones are refused, and one line says why; descriptors remain for the database."""
    refused = "Refused a socket of 127.0.0.1: max_sockets is reached"
    crowd = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(OPEN_FILES)]
    assert eventually(lambda: server.sample("requests_refused_total", rule="max_sockets") > 1)
    assert client.call("model", *COUNT) >= 0
    late = connect(
        "demo", server=server, wait=False, reconnectionDelay=100, reconnectionDelayMax=300
    )
    assert late.wait_for_report("connect_error")
    assert all("more like this since" in line["message"] for line in server.lines(refused)[1:])
    assert server.get("/ready").status_code == 200
    for one in crowd:
        one.close()
    late.connected()


def test_a_second_server_on_the_same_port(place: Place, server: Watched) -> None:
    second = subprocess.run(
        [str(VENV_PYTHON), "server.py", "-c", str(place.instance.conf), "-d", place.db,
         "-p", str(server.port)],
        cwd=ROOT, env={"PATH": "/usr/bin:/bin", **place.instance.odoo.env}, text=True,
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert second.returncode == 1
    last = second.stderr.splitlines()[-1]
    assert last == (
        f"oe_web_socketio: cannot listen on 127.0.0.1:{server.port}: Address already in use"
    )
    assert "Traceback" not in second.stderr


def test_the_log_is_too_new_for_the_server(
    place: Place, server: Watched, client: Client, topic: str, heard: Heard
) -> None:
    version = "UPDATE web_socketio_meta SET value = %s WHERE key = 'version'"
    place.sql(version, str(schema.VERSION + 2))
    place.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              " WHERE application_name = 'oe.web.socketio listen'")  # fmt: skip
    try:
        eventually(lambda: "version" in str(server.is_ready(False)))
        assert f"run 'oe -d {place.db} -u web_socketio'" in server.is_ready(False)
        place.publish(topic=topic, n=1)
    finally:
        place.sql(version, str(schema.VERSION))
    assert heard(1) == [1]
    assert server.is_ready() is None
