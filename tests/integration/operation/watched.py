"""A realtime server with everything by which it can be watched."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import Any

import requests
from prometheus_client import parser

from tests.integration.clients import PATIENCE, eventually
from tests.integration.conftest import QUICK
from tests.support.servers import RealtimeServer
from tools.odoo import OdooInstance

START = 120.0  # seconds
OPEN_FILES = 256


class Systemd:
    """The socket that systemd would listen on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: list[str] = []
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._channel.bind(str(path))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while data := self._channel.recv(4096):
            self.told += data.decode().split("\n")

    def hears(self, line: str, since: int = 0) -> bool:
        """Whether it was told a line; waits for it."""
        return bool(eventually(lambda: line in self.told[since:]))


class Watched(RealtimeServer):
    """Its log is JSON in a file, systemd seems to watch it, and it may open few files."""

    def __init__(self, instance: OdooInstance, db: str, folder: Path) -> None:
        self.db, self.folder = db, folder
        self.log, self.conf = folder / "server.log", folder / "server.conf"
        self.systemd = Systemd(folder / "notify")
        self._text = instance.conf.read_text(encoding="utf-8")
        self.configure("")
        super().__init__(
            instance, db, *QUICK, "-c", str(self.conf), "--log-format", "json",
            "--log-level", "debug", "--logfile", str(self.log), "--drain-timeout", "60",
            env={"NOTIFY_SOCKET": str(self.systemd.path), "WATCHDOG_USEC": "1000000"},
            wrapper=["prlimit", f"--nofile={OPEN_FILES}"], ready=False,
        )  # fmt: skip
        self.url = self._wait_for("listening on ").rpartition(" ")[2]
        self.pages = self._wait_for("/health, /ready and /metrics").rpartition(" ")[2]
        self._wait_for(f"ready for database '{db}'")

    def configure(self, lines: str) -> None:
        """Write the conf file, with these lines for the server."""
        self.conf.write_text(f"{self._text}\n[web_socketio]\n{lines}\n", encoding="utf-8")

    # -- its log -----------------------------------------------------------------------------

    def lines(self, words: str = "") -> list[dict[str, Any]]:
        """The lines of the log with these words in their message; each is an object."""
        if not self.log.exists():
            return []
        text = self.log.read_text(encoding="utf-8")
        lines = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        return [line for line in lines if words in line["message"]]

    def _wait_for(self, words: str) -> str:
        assert eventually(lambda: self.lines(words), START), f"{words}: {self.child.output}"
        return str(self.lines(words)[0]["message"])

    def said(self, words: str, since: int = 0) -> bool:
        """Whether the log has a line with these words; waits for it.

        :param since: how many there were before.
        """
        return bool(eventually(lambda: len(self.lines(words)) > since))

    # -- its pages ---------------------------------------------------------------------------

    def get(self, path: str) -> requests.Response:
        """A page of those who run it."""
        return requests.get(self.pages + path, timeout=PATIENCE)

    def is_ready(self, ready: bool = True, timeout: float = START) -> Any:
        """Wait until ``/ready`` says so; returns the error of the database."""
        wanted = 200 if ready else 503
        assert eventually(lambda: self.get("/ready").status_code == wanted, timeout), (
            self.get("/ready").text
        )
        return self.get("/ready").json()["databases"][self.db]["error"]

    def sample(self, name: str, **labels: str) -> float:
        """The value of a metric, 0 when there is none."""
        families = parser.text_string_to_metric_families(self.get("/metrics").text)
        found = (s for f in families for s in f.samples if s.name == f"pgsocketio_{name}")
        return next((s.value for s in found if labels.items() <= s.labels.items()), 0.0)
