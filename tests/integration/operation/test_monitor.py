"""A server as those who run it see it: pages, metrics, systemd, SIGHUP, its log."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable

import requests

from oe_web_socketio import metrics
from pgsocketio.monitor import METRICS
from tests.integration.clients import PATIENCE, Client, eventually
from tests.integration.conftest import Gate
from tests.integration.operation.watched import Watched
from tests.integration.site import Site

FOREIGN = "https://shop.example.com"
LATE = "10.0"  # seconds, and a bucket of the histogram
Publish = Callable[..., int]


def test_it_says_that_it_is_alive_and_ready(server: Watched) -> None:
    assert server.get("/health").text == "alive\n"
    assert server.is_ready() is None
    state = server.get("/ready").json()
    assert (state["ready"], state["draining"]) == (True, False)
    assert state["databases"] == {server.db: {"ready": True, "error": None}}


def test_every_metric_is_there(server: Watched) -> None:
    text = server.get("/metrics").text
    for metric in (*METRICS, *metrics.METRICS):
        assert f"# TYPE {metric.full_name} {metric.kind}\n" in text


def test_what_happens_is_counted(
    publish: Publish, server: Watched, client: Client, topic: str
) -> None:
    here = {"database": server.db, "namespace": "/test"}
    assert eventually(lambda: server.sample("clients", **here) == 1), "others have gone"
    assert eventually(lambda: server.sample("connections", transport="websocket") == 1)
    client.call("follow safely", f"{topic} safely")
    sent = server.sample("events_sent_total", **here)
    acks = server.sample("acks_received_total", **here)
    delivered = server.sample("delivery_seconds_count", database=server.db)
    late = delivered - server.sample("delivery_seconds_bucket", database=server.db, le=LATE)
    for n in range(3):
        publish(topic=f"{topic} safely", n=n, db=server.db)
        client.wait_for("secured", n + 1)
    assert eventually(lambda: server.sample("acks_received_total", **here) == acks + 3)
    assert server.sample("events_sent_total", **here) >= sent + 6, "each, and that it is secured"
    assert server.sample("events_received_total", **here) >= 2
    now = server.sample("delivery_seconds_count", database=server.db)
    assert now == delivered + 3
    in_time = server.sample("delivery_seconds_bucket", database=server.db, le=LATE)
    assert now - in_time == late, "each is measured from its publishing"
    assert server.sample("cursors_limit", database=server.db) == 16
    assert server.sample("loop_lag_seconds_count") > 0


def test_a_cursor_in_use_and_a_handler_at_work_are_seen(
    server: Watched, client: Client, gate: Callable[..., Gate]
) -> None:
    assert eventually(lambda: server.sample("cursors_in_use", database=server.db) == 0)
    with gate(server.db) as closed:
        call = client.start_call("model", "test.realtime.item", "pass_gate", [closed.key])
        assert closed.somebody_waits()
        assert server.sample("cursors_in_use", database=server.db) >= 1
        assert server.sample("handlers_running") == 1
    client.answer(call)
    assert eventually(lambda: server.sample("cursors_in_use", database=server.db) == 0)


def test_what_waits_for_a_client_is_seen(
    publish: Publish, server: Watched, client: Client, topic: str
) -> None:
    """It waits until the first batch is acknowledged, however often that is sent again."""
    here = {"database": server.db, "namespace": "/test"}
    client.call("follow safely", f"{topic} safely")
    client.acknowledge(False)
    for n in range(5):
        publish(topic=f"{topic} safely", n=n, db=server.db)
    assert eventually(lambda: server.sample("mailbox_messages", **here) == 5)
    assert eventually(lambda: server.sample("acks_pending", **here) >= 1)
    client.acknowledge(True)
    assert eventually(lambda: server.sample("mailbox_messages", **here) == 0)


def test_systemd_is_told(server: Watched) -> None:
    told = server.systemd
    assert told.hears("READY=1")
    assert told.hears("WATCHDOG=1", len(told.told)), "again and again"
    assert eventually(lambda: any(
        line.startswith("STATUS=ready for 1 of 1 databases, ") for line in told.told
    ))


def test_sighup_takes_up_what_it_can(server: Watched) -> None:
    def status() -> int:
        url = f"{server.url}/socket.io/?EIO=4&transport=polling"
        return requests.get(url, headers={"Origin": FOREIGN}, timeout=PATIENCE).status_code

    assert status() == 403
    before = len(server.systemd.told)
    server.configure(f"allow_origin = {FOREIGN}\nmax_cursor = 3\nevents_per_second = 70")
    server.child.process.send_signal(signal.SIGHUP)
    assert server.said("options read again; changed: allow_origin, events_per_second")
    assert server.said("max_cursor changes with a restart only")
    assert server.systemd.hears("RELOADING=1", before)
    assert server.systemd.hears("READY=1", before)
    assert status() == 200
    server.configure("prot = 8068")
    server.child.process.send_signal(signal.SIGHUP)
    assert server.said("the options stay as they were")
    assert status() == 200


def test_a_log_that_was_moved_away_is_opened_anew(server: Watched) -> None:
    moved = server.log.with_suffix(".1")
    server.log.rename(moved)
    server.configure("")
    server.child.process.send_signal(signal.SIGHUP)
    assert server.said("options read again")
    with server.log.open("rb") as new, moved.open("ab") as old:
        shutil.copyfileobj(new, old)
    moved.rename(server.log)  # the other tests read all of it
    server.child.process.send_signal(signal.SIGHUP)


def test_the_log_is_json_and_has_no_secret(server: Watched, client: Client, site: Site) -> None:
    client.call("echo", "hello")
    lines = server.lines()
    assert all({"time", "level", "logger", "pid", "message"} <= line.keys() for line in lines)
    text = server.log.read_text(encoding="utf-8")
    session = site.user("demo", server.db).session_id
    assert session not in text
    assert session[:20] not in text
    assert server.child.output == "", "nothing beside the log"
