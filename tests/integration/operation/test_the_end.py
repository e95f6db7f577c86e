"""What ends a server or starts it again; after these tests the module's is gone."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from tests.integration.clients import PATIENCE, Client, eventually
from tests.integration.conftest import ADDON, Connect, Gate
from tests.integration.operation.watched import START, Watched
from tests.integration.site import Site
from tests.support.servers import RealtimeServer
from tools.odoo import OdooInstance
from tools.processes import free_port


def test_changed_python_is_said_once_in_the_log_in_ready_and_in_the_menu(
    server: Watched, site: Site
) -> None:
    file = server.folder / "addons" / ADDON / "adapters.py"
    with file.open("a", encoding="utf-8") as opened:
        opened.write("# changed\n")
    text = f"needs restart: changed Python of addon {ADDON}"
    assert eventually(lambda: text in server.get("/ready").json()["restart"], START)
    assert server.get("/ready").status_code == 200
    assert server.sample("restart_needed") == 1
    assert eventually(lambda: any(text in line for line in server.systemd.told))

    def is_shown() -> bool:
        admin, fields = site.user("admin", server.db), ["state", "restart"]
        (node,) = admin.call("web.socketio.node", "search_read", [], fields)
        return node["state"] == "restart" and text in node["restart"]

    assert eventually(is_shown)
    assert len(server.lines(text)) == 1


def test_its_end_gives_handlers_time(
    server: Watched, client: Client, gate: Callable[..., Gate]
) -> None:
    """A handler ends, and its answer is delivered."""
    with gate(server.db) as closed:
        call = client.start_call("model", "test.realtime.item", "pass_gate", [closed.key])
        assert closed.somebody_waits()
        server.child.process.send_signal(signal.SIGTERM)
        assert server.systemd.hears("STOPPING=1")
        assert eventually(lambda: server.get("/ready").status_code == 503)
        assert server.get("/ready").json()["draining"]
        assert server.get("/health").status_code == 200
    assert client.answer(call) == [None, True]
    assert client.gone() in {"transport close", "transport error"}
    assert server.child.process.wait(PATIENCE) == 0


def test_above_the_memory_limit_it_ends_in_order(
    start: Callable[..., RealtimeServer], db: str
) -> None:
    server = start(db, "--limit-memory-soft", "1000000", ready=False)
    server.child.wait_for_line(r"\d+ MiB of memory are more than limit_memory_soft, 0 MiB")
    assert server.child.process.wait(PATIENCE) == 75


def test_with_dev_reload_it_starts_again(
    with_own_addon: Callable[[Path], OdooInstance], connect: Connect, db: str, tmp_path: Path
) -> None:
    own = with_own_addon(tmp_path)
    with RealtimeServer(own, db, "-p", str(free_port()), "--dev", "reload") as server:
        client = connect("demo", server=server, reconnectionDelay=100, reconnectionDelayMax=200)
        assert client.call("echo", 1) == 1
        path = tmp_path / "addons" / ADDON / "namespace.py"
        good = path.read_text(encoding="utf-8")
        path.write_text(good + "def broken(:\n", encoding="utf-8")
        server.child.wait_for_line("not started again, because of an error in .*namespace.py")
        assert client.call("echo", 1) == 1
        new = "    def on_new(self):\n        return 'new'\n\n    def on_count(self):"
        path.write_text(good.replace("    def on_count(self):", new), encoding="utf-8")
        client.connected(2, timeout=START)
        assert client.call("new") == "new"
