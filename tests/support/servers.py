"""Server processes for tests: Odoo's HTTP server, the realtime server, a proxy before both."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import requests
from typing_extensions import Self

from tools.console import log_file
from tools.odoo import OdooInstance
from tools.paths import ROOT, VENV_PYTHON
from tools.processes import Child, free_port
from tools.programs import apache, nginx, prometheus

REQUEST_TIMEOUT = 60.0  # seconds; a first request may build assets
END = 60.0  # seconds; what takes longer hangs: how soon it ends has tests of its own
_numbers = itertools.count(1)


class Server:
    """A child process that serves a base url; leaving its ``with`` ends it."""

    child: Child
    url: str

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    @property
    def port(self) -> int:
        """TCP port on 127.0.0.1."""
        return int(self.url.rpartition(":")[2])

    def close(self) -> None:
        """End it, if it still runs."""
        self.child.stop()


class OdooServer(Server):
    """Odoo's HTTP server for one database."""

    def __init__(self, instance: OdooInstance, db: str, *options: str) -> None:
        self.db = db
        self._instance, self._options = instance, options
        self.start()

    def start(self) -> None:
        """Start it (again), on another port."""
        self.child = self._instance.serve(
            self.db, name=f"test-odoo-{self.db}", options=self._options
        )
        running = self.child.wait_until_started(r"HTTP service \(werkzeug\) running on \S+:(\d+)")
        self.url = f"http://127.0.0.1:{running[1]}"

    def close(self) -> None:
        """End it; it would wait for the connections that a browser keeps open."""
        self.child.stop(timeout=3)

    def login(self, login: str, password: str | None = None) -> str:
        """Log a user in, whose password is the login by default; return the session id."""
        return odoo_login(self.url, self.db, login, password or login)


class RealtimeServer(Server):
    """``python server.py`` for one or more databases, on a free port."""

    def __init__(
        self,
        instance: OdooInstance,
        db: str,
        *options: str,
        env: dict[str, str] | None = None,
        wrapper: Sequence[str] = (),
        ready: bool = True,
    ) -> None:
        """Start it.

        :param db: value of ``-d``
        :param wrapper: a program that starts it in its own place, and that program's options
        :param ready: wait until it is ready for each database and says its address; False for those
            who test a start that fails
        """
        ports = ["-p", "0", "--monitor-port", "0"]
        python = [*wrapper, VENV_PYTHON, "server.py"]
        command = [*python, "-c", instance.conf, "-d", db, *ports, *options]
        log = log_file(f"test-realtime-{next(_numbers)}")
        self.child = Child(
            "The realtime server", command, log, cwd=ROOT, env={**instance.odoo.env, **(env or {})}
        )
        if ready:
            self.wait_until_ready(db)

    def wait_until_ready(self, db: str) -> None:
        """Wait for its ready lines and read its address."""
        for name in db.split(","):
            self.child.wait_until_started(f"ready for database '{name}'")
        self.url = self.child.wait_until_started(r"http://127\.0\.0\.1:\d+")[0]

    @property
    def monitor(self) -> str:
        """URL of its /health, /ready and /metrics."""
        return self.child.wait_until_started(r"/metrics are at (http://\S+)")[1]

    def close(self) -> None:
        """Send SIGTERM; it has to end with status 0."""
        if self.child.is_running():
            status = self.child.stop(END)
            assert status == 0, f"it ended with status {status} on SIGTERM: {self.child.log}"


class Nginx(Server):
    """A real nginx with one server block."""

    def __init__(
        self, folder: Path, server_block: str, http_block: str = "", port: int | None = None
    ) -> None:
        """Start it.

        :param folder: for its files
        :param server_block: content of ``server { … }`` without ``listen``
        :param http_block: what stands beside it in ``http { … }``: ``map``, ``upstream``
        :param port: of 127.0.0.1; None: a free one
        """
        port = port or free_port()
        user = "user root;" if os.geteuid() == 0 else ""
        conf = folder / "nginx.conf"
        temporary = "\n".join(
            f"  {kind}_temp_path {folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        conf.write_text(
            f"{user}\ndaemon off;\npid {folder}/nginx.pid;\nerror_log stderr notice;\nevents {{}}\n"
            f"http {{\n{temporary}\n  access_log {folder}/access.log;\n{http_block}\n"
            f"  server {{\n    listen 127.0.0.1:{port};\n{server_block}\n  }}\n}}\n",
            encoding="utf-8",
        )
        command = [nginx(), "-p", folder, "-c", conf, "-e", "stderr"]
        self.child = Child("nginx", command, log_file(f"test-nginx-{port}"), cwd=folder)
        self.child.wait_until_started("start worker process")
        self.url = f"http://127.0.0.1:{port}"


class Prometheus(Server):
    """A real Prometheus."""

    def __init__(self, folder: Path) -> None:
        """Start it.

        :param folder: with ``prometheus.yml``; for its data
        """
        port = free_port()
        self.child = Child(
            "Prometheus",
            [prometheus() / "prometheus", f"--config.file={folder / 'prometheus.yml'}",
             f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"],
            log_file(f"test-prometheus-{port}"),
        )  # fmt: skip
        self.child.wait_until_started("Server is ready to receive web requests")
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, path: str, **parameters: str | float) -> Any:
        """What its API answers."""
        url = f"{self.url}/api/v1/{path}"
        answer = requests.get(url, params=parameters, timeout=REQUEST_TIMEOUT).json()
        assert answer["status"] == "success", answer
        return answer["data"]


class Apache(Server):
    """A real Apache 2.4."""

    def __init__(
        self, folder: Path, text: str, ports: Iterable[int], modules: Iterable[str]
    ) -> None:
        """Start it.

        :param folder: for its files
        :param text: virtual hosts and what stands beside them
        :param ports: of 127.0.0.1 that it listens on
        :param modules: as for ``a2enmod``, beside those that Debian enables anyway
        """
        program, available = apache()
        names = {"mpm_event", "authz_core", "socache_shmcb", *modules}
        user = "User nobody\nGroup nogroup\n" if os.geteuid() == 0 else ""
        conf = folder / "apache.conf"
        conf.write_text(
            f"ServerRoot {folder}\nPidFile {folder}/pid\nMutex file:{folder}\n"
            f"DefaultRuntimeDir {folder}\nServerName localhost\nErrorLog /dev/stderr\n{user}"
            "StartServers 1\nThreadsPerChild 25\n"
            + "".join(f"LoadModule {n}_module {available}/mod_{n}.so\n" for n in sorted(names))
            + "".join(f"Listen 127.0.0.1:{port}\n" for port in ports)
            + text,
            encoding="utf-8",
        )
        command = [program, "-D", "FOREGROUND", "-f", conf]
        self.child = Child("Apache", command, log_file(f"test-{folder.name}"), cwd=folder)
        self.child.wait_until_started("resuming normal operations")


def odoo_login(base_url: str, db: str, login: str, password: str) -> str:
    """Log in as Odoo's login page does; return the session id."""
    response = requests.post(
        f"{base_url}/web/session/authenticate",
        json={"params": {"db": db, "login": login, "password": password}},
        timeout=REQUEST_TIMEOUT,
    )
    answer = response.json()
    assert answer.get("result", {}).get("uid"), f"{login} could not log in: {answer}"
    return response.cookies["session_id"]
