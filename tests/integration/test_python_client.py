"""The client that docs/protocol.md shows, run as it stands there: all of it, and once."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.chaos.attack import a_site
from tests.chaos.site import Site
from tests.integration.clients import PATIENCE
from tools.documents import files_of
from tools.paths import ROOT

PAGE = ROOT / "docs" / "protocol.md"
NAMESPACES = {"/plain": "news", "/acknowledged": "mail", "/loop": "news"}
USER = 1


class Program:
    """One run of the client on one namespace; its storage outlives it."""

    def __init__(self, port: int, namespace: str, storage: Path) -> None:
        self.shown: list[int] = []
        self.lost = False
        self._namespace = namespace
        self._changed = threading.Condition()
        self._stop: Callable[[], Any] = lambda: None
        started = threading.Event()
        run = self._run(f"http://127.0.0.1:{port}", storage, started)
        self._thread = threading.Thread(target=asyncio.run, args=[run])
        self._thread.start()
        started.wait()

    async def _run(self, url: str, storage: Path, started: threading.Event) -> None:
        code: dict[str, Any] = {}
        exec(files_of(PAGE)["clients/follower.py"], code)
        follower = code["Follower"](self._namespace, {"user": USER}, storage, self._show)
        loop, task = asyncio.get_running_loop(), asyncio.create_task(code["follow"](url, follower))
        self._stop = lambda: loop.call_soon_threadsafe(task.cancel)
        started.set()
        try:
            await task
        except asyncio.CancelledError:
            pass  # by end()

    def _show(self, event: str, args: list[Any]) -> None:
        with self._changed:
            if event == "recovered":
                self.lost = True
            elif event == NAMESPACES[self._namespace]:
                messages = args[0] if isinstance(args[0], list) else args
                self.shown += [message["values"]["n"] for message in messages]
            self._changed.notify_all()

    def wait_for(self, n: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: n in self.shown, PATIENCE), (n, self.shown)

    def end(self) -> list[int]:
        """Kill it where it stands; returns what it showed."""
        self._stop()
        self._thread.join()
        return self.shown


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with a_site("--positions=0.3", clients=0, durable=False) as site:
        yield site


def wait_until(condition: Callable[[], bool]) -> None:
    event = threading.Event()
    for _ in range(6_000):
        if condition():
            return
        event.wait(0.01)
    raise AssertionError("it does not happen")


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_nothing_is_lost_and_nothing_seen_twice(
    site: Site, tmp_path: Path, namespace: str
) -> None:
    storage = tmp_path / "storage"
    recipients = [USER if NAMESPACES[namespace] == "mail" else 0] * 5
    sent: list[int] = []

    def publish() -> int:
        sent.extend(site.publishers.one(recipients))
        return sent[-1]

    first = Program(site.server.port, namespace, storage)
    wait_until(lambda: storage.exists() and '"position"' in storage.read_text())
    first.wait_for(publish())
    site.server.kill()
    publish()
    site.server.start()
    site.server.wait_ready()
    publish()
    first.wait_for(publish())
    shown = first.end()
    publish()
    second = Program(site.server.port, namespace, storage)
    second.wait_for(publish())
    assert not (first.lost or second.lost)
    assert shown + second.end() == sent


def test_what_cannot_be_caught_up_is_said(site: Site, tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    position = site.sql("SELECT web_socketio_position()")
    storage.write_text(json.dumps({"position": "0" * 16 + position[16:], "seen": {}}))
    program = Program(site.server.port, "/plain", storage)
    wait_until(lambda: program.lost)
    (n,) = site.publishers.one([0])
    program.wait_for(n)
    assert program.end() == [n]


def test_a_page_that_reads_its_state_and_then_listens_misses_nothing(
    site: Site, tmp_path: Path
) -> None:
    """Commits in between, also of what had begun before: in the state or told, never both."""
    site.publishers.one([0] * 3)
    with closing(psycopg2.connect(site.dsn)) as late, closing(psycopg2.connect(site.dsn)) as page:
        with late.cursor() as cursor:
            begun = [site.publishers.transaction(cursor).publish(0)]
        page.set_session(isolation_level="REPEATABLE READ")
        with page, page.cursor() as cursor:
            cursor.execute("SELECT n FROM ledger WHERE recipient = 0")
            state = {n for (n,) in cursor.fetchall()}
            between = site.publishers.one([0, 0])
            cursor.execute("SELECT web_socketio_position()")
            (position,) = cursor.fetchone()
        late.commit()
        after = site.publishers.one([0])
    storage = tmp_path / "storage"
    storage.write_text(json.dumps({"position": position, "seen": {}}))
    program = Program(site.server.port, "/plain", storage)
    program.wait_for(after[0])
    shown = program.end()
    assert sorted(shown) == sorted([*begun, *between, *after])
    assert not state & set(shown)
