"""The servers that are measured: each a process of its own on one processor, the same for all."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks import programs
from benchmarks.load import Load
from pgsocketio.log import schema
from tools.console import log_file
from tools.paths import ROOT, VENV_PYTHON
from tools.postgres import Postgres
from tools.processes import Child
from tools.programs import node_bin

SERVER_CORE, *_OTHERS = sorted(os.sched_getaffinity(0))
LOAD_CORE = _OTHERS[0] if _OTHERS else SERVER_CORE
DATABASE = "bench"
PAGE = os.sysconf("SC_PAGE_SIZE")


class Server:
    """A server process with clients.

    :param started: pattern of the line that it prints once it listens; its group is the port.
    :param env: variables of its own.
    """

    namespace = "/bench"
    auth = "{}"
    words: Path | None = None
    slow = False  # whether a broadcast takes seconds

    def __init__(
        self,
        name: str,
        command: Sequence[object],
        started: str = r"^(\d+)$",
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        pinned = ["taskset", "-c", SERVER_CORE, *command]
        self._child = Child(name, pinned, log_file(f"bench-{name}"), cwd=ROOT, env=env)
        self.port = int(self._child.wait_until_started(started)[1])
        self.load = self.new_load()

    def new_load(self) -> Load:
        """A load generator without clients yet."""
        return Load(LOAD_CORE, self.port, self.namespace, self.auth, self.words)

    def enter(self, namespace: str, clients: int) -> None:
        """Replace all clients by others on a namespace."""
        self.load.close()
        self.namespace = namespace
        self.load = self.new_load()
        self.load.open(clients)

    def cpu(self) -> float:
        """Seconds of CPU that the process took so far."""
        tasks = Path(f"/proc/{self._child.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def resident(self) -> int:
        """Bytes of memory in RAM."""
        statm = Path(f"/proc/{self._child.pid}/statm").read_text()
        return int(statm.split()[1]) * PAGE

    def publish(self, value: dict[str, Any]) -> None:
        """Have the event "news" sent to everybody."""
        self.load.say(f'42{self.namespace},["publish",{json.dumps(value)}]')

    def kill(self) -> None:
        """End the server without a word."""
        os.kill(self._child.pid, signal.SIGKILL)

    def close(self) -> None:
        """End clients and server."""
        self.load.close()
        self._child.stop()


class Ours(Server):
    """This project: a message is published in PostgreSQL."""

    auth = '{"v":1,"user":%d}'

    def __init__(self, postgres: Postgres) -> None:
        self.dsn = postgres.dsn(DATABASE)
        self._connection = psycopg2.connect(self.dsn)
        self._connection.autocommit = True
        super().__init__("ours", [VENV_PYTHON, "-m", "benchmarks.server", self.dsn])

    def publish(self, value: dict[str, Any]) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT web_socketio_notify('news', %s::jsonb)", [json.dumps(value)])

    def close(self) -> None:
        super().close()
        self._connection.close()


class Limit(Server):
    """The C loop of send(2), behind the same NOTIFY."""

    def __init__(self, postgres: Postgres) -> None:
        self.dsn = postgres.dsn(DATABASE)
        self._connection = psycopg2.connect(self.dsn)
        self._connection.autocommit = True
        super().__init__("c", [programs.limit(), self.namespace, self.dsn])

    def publish(self, value: dict[str, Any]) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('limit', %s)", ["* " + json.dumps(value)])

    def close(self) -> None:
        super().close()
        self._connection.close()


def node() -> Server:
    """Node's socket.io."""
    return Server("node", [node_bin() / "node", programs.socket_io()])


def stock() -> Server:
    """python-socketio on gevent."""
    return Server("python-socketio", [VENV_PYTHON, "-m", "benchmarks.stock"])


@contextmanager
def database(folder: Path) -> Iterator[Postgres]:
    """PostgreSQL with a message log, beside the load generator."""
    os.sched_setaffinity(0, {LOAD_CORE})  # inherited by PostgreSQL; servers are pinned anyway
    with ExitStack() as stack:
        folder.chmod(0o711)  # PostgreSQL may run under another account
        postgres = Postgres(folder / "postgres", durable=False, name="bench-postgres")
        stack.callback(postgres.close)
        postgres.create_database(DATABASE)
        connection = psycopg2.connect(postgres.dsn(DATABASE))
        stack.callback(connection.close)
        with connection, connection.cursor() as cursor:
            schema.install(cursor)
        yield postgres
