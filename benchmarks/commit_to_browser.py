"""How long from COMMIT to the handler in Chromium: ``python -m benchmarks.commit_to_browser``.

Real parts: a durable PostgreSQL (fsync on), the realtime server, Odoo's web client with the shipped
wrapper. Both clocks are the machine's; a message carries the time right before its COMMIT.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from playwright.sync_api import Page, sync_playwright

from pgsocketio.log.publisher import Waker, publish, publish_deferred
from tests.support.servers import OdooServer, RealtimeServer
from tools.odoo import OdooInstance, find_or_fetch, our_addons
from tools.postgres import Postgres
from tools.programs import chromium

MESSAGES = 300
PAUSE = 0.02  # seconds between two messages: an idle system, not a full one
DB = "bench"
ROOM = 1
LISTEN = """
    () => {
        const { SocketIO } = odoo.loader.modules.get("@web_socketio/socketio");
        globalThis.latencies = [];
        const now = () => performance.timeOrigin + performance.now();
        const socket = new SocketIO("/chat"); // no page shows it, so nothing is drawn
        socket.on("message", ({ committed_at }) => {
            globalThis.latencies.push(now() - committed_at);
        });
        return socket.emit("join", %d);
    }
"""


@contextmanager
def page_of_demo(folder: Path) -> Iterator[tuple[Page, Postgres]]:
    """Odoo's web client in Chromium, connected to a realtime server."""
    with ExitStack() as stack:
        folder.chmod(0o711)  # PostgreSQL may run under another account
        postgres = Postgres(folder / "postgres", name="bench-postgres")
        stack.callback(postgres.close)
        instance = OdooInstance(find_or_fetch(), postgres, folder / "odoo")
        modules = ["base", "web", "bus", *(addon.name for addon in our_addons())]
        instance.install(DB, modules, log="bench-install")
        odoo = stack.enter_context(OdooServer(instance, DB))
        origin = f"--allow-origin={odoo.url}"
        realtime = stack.enter_context(RealtimeServer(instance, DB, origin))
        execute(postgres, f"INSERT INTO ir_config_parameter (key, value) VALUES "
                          f"('web_socketio.url', ':{realtime.port}')")  # fmt: skip
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        stack.callback(browser.close)
        page = browser.new_page()
        page.goto(f"{odoo.url}/web/login", timeout=120_000)
        page.fill("input[name=login]", "admin")
        page.fill("input[name=password]", "admin")
        page.click("button[type=submit]")
        page.wait_for_selector(".o_web_client", timeout=120_000)
        page.evaluate(LISTEN % ROOM)
        yield page, postgres


def execute(postgres: Postgres, statement: str) -> None:
    """Run one statement in the database."""
    with psycopg2.connect(postgres.dsn(DB)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def measure(page: Page, postgres: Postgres, *, deferred: bool) -> list[float]:
    """Publish messages one by one.

    :param deferred: as ORM code does it, NOTIFY after COMMIT; else the SQL function alone.
    :returns: milliseconds from COMMIT to handler, sorted.
    """
    page.evaluate("() => { globalThis.latencies.length = 0; }")
    connection = psycopg2.connect(postgres.dsn(DB))
    waker = Waker(lambda _database: psycopg2.connect(postgres.dsn(DB)))
    for _ in range(MESSAGES):
        time.sleep(PAUSE)
        with connection.cursor() as cursor:
            values = {"room_id": ROOM, "committed_at": time.time() * 1000}
            if deferred:
                message = publish_deferred(cursor, "chat", values, uid=None)
            else:
                publish(cursor, "chat", values)
        connection.commit()
        if deferred:
            waker.wake(DB, message.xid, message.polled_until)
    page.wait_for_function(f"() => globalThis.latencies.length >= {MESSAGES}", timeout=30_000)
    return sorted(page.evaluate("() => globalThis.latencies"))


def summary(latencies: list[float]) -> dict[str, Any]:
    """Median, spread and tail in milliseconds."""
    cuts = statistics.quantiles(latencies, n=100)
    return {
        "messages": len(latencies),
        **{f"p{percent}": round(cuts[percent - 1], 2) for percent in (5, 50, 95, 99)},
    }


def main() -> None:
    """Measure and print a table."""
    with tempfile.TemporaryDirectory() as name, page_of_demo(Path(name)) as (page, postgres):
        for label, deferred in (("SQL function", False), ("ORM path", True)):
            result = summary(measure(page, postgres, deferred=deferred))
            print(f"{label:14} {json.dumps(result)}")  # noqa: T201


if __name__ == "__main__":
    main()
