"""Servers with Odoo in them: its bus as a peer, and this project with sessions to look after."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.servers import Server
from tools.console import run
from tools.odoo import OdooInstance, find_or_fetch
from tools.paths import ROOT, VENV_PYTHON
from tools.postgres import Postgres
from tools.processes import free_port

DATABASE = "odoo"
CHANNEL = "news"
MODULES = ("base", "web", "bus", "web_longpolling")


class Site:
    """A database of Odoo with sessions.

    :param sessions: how many.
    :ivar sids: a file with their ids, one per line.
    """

    def __init__(self, postgres: Postgres, folder: Path, sessions: int) -> None:
        self.postgres = postgres
        self.instance = OdooInstance(find_or_fetch(), postgres, folder)
        self.instance.install(DATABASE, MODULES, log="bench-install")
        self.sids = folder / "sids"
        wanted = {"count": sessions, "file": str(self.sids)}
        run(
            self.instance.command("shell", "-c", self.instance.conf, "-d", DATABASE, "--no-http"),
            "bench-sessions", "Odoo could not open sessions.",
            env={**self.instance.odoo.env, "SESSIONS": json.dumps(wanted)},
            stdin=ROOT / "benchmarks" / "odoo_sessions.py",
        )  # fmt: skip

    def bus_version(self) -> str:
        """What a client of Odoo's bus has to know."""
        module = self.instance.odoo.python_path / "odoo" / "addons" / "bus" / "websocket.py"
        found = re.search(r'_VERSION = "([^"]+)"', module.read_text(encoding="utf-8"))
        assert found is not None
        return found[1]


class Bus(Server):
    """Odoo's own bus, served by its gevent process; a message is published as Odoo does it."""

    slow = True

    def __init__(self, site: Site) -> None:
        self.words = site.sids
        self.namespace = f"/websocket?version={site.bus_version()}"
        subscribe = {"event_name": "subscribe", "data": {"channels": [CHANNEL], "last": 0}}
        self.auth = json.dumps(subscribe)
        self._connection = psycopg2.connect(site.postgres.dsn(DATABASE))
        self._bell = psycopg2.connect(site.postgres.dsn("postgres"))
        self._connection.autocommit = self._bell.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute("DELETE FROM bus_bus")  # new clients are sent what is seconds old
        instance, port = site.instance, free_port()
        command = instance.command(
            "gevent", "-c", instance.conf, "-d", DATABASE, "--db-filter", f"^{DATABASE}$",
            "--gevent-port", port,
        )  # fmt: skip
        started = r"Evented Service \(longpolling\) running on \S+:(\d+)"
        super().__init__("odoo-bus", command, started, instance.odoo.env)

    def publish(self, value: dict[str, Any]) -> None:
        channel = json.dumps([DATABASE, CHANNEL], separators=(",", ":"))
        message = json.dumps({"type": CHANNEL, "payload": value}, separators=(",", ":"))
        with self._connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO bus_bus (channel, message, create_date)"
                " VALUES (%s, %s, now() AT TIME ZONE 'UTC')", [channel, message],
            )  # fmt: skip
        with self._bell.cursor() as cursor:
            cursor.execute("SELECT pg_notify('imbus', %s)", [f"[{channel}]"])

    def close(self) -> None:
        super().close()
        self._connection.close()
        self._bell.close()


class Realtime(Server):
    """This project as it is shipped, in Odoo; each client has a session of its own."""

    namespace = "/longpolling"
    auth = '{"v":1,"session_id":"%s"}'

    def __init__(self, site: Site) -> None:
        self.words = site.sids
        command = [VENV_PYTHON, "server.py", "-c", site.instance.conf, "-d", DATABASE, "-p", "0"]
        started = r"listening on http://127\.0\.0\.1:(\d+)"
        super().__init__("ours-in-odoo", command, started, site.instance.odoo.env)
        self._child.wait_until_started(f"ready for database '{DATABASE}'")
