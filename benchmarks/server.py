"""This project's server without Odoo: ``python -m benchmarks.server DSN``; prints its port.

Engine, Socket.IO server and database with their shipped defaults, as the launcher puts them
together; the namespaces are what an application would write.
"""

from __future__ import annotations

from oe_web_socketio.boot import patch

patch()

import secrets  # noqa: E402
import sys  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
import gevent.event  # noqa: E402
import psycopg2  # noqa: E402

from pgsocketio.adapter import AbstractAdapter  # noqa: E402
from pgsocketio.blocking import BlockingWatch  # noqa: E402
from pgsocketio.database import Database  # noqa: E402
from pgsocketio.engine import Engine, EngineSettings, Prepared  # noqa: E402
from pgsocketio.errors import ConnectRefused  # noqa: E402
from pgsocketio.green import GreenRuntime  # noqa: E402
from pgsocketio.lifecycle import collect_gone, spare_collector  # noqa: E402
from pgsocketio.namespace import BaseNamespace  # noqa: E402
from pgsocketio.progress import keep_telling  # noqa: E402
from pgsocketio.server import Server  # noqa: E402
from pgsocketio.settings import ServerSettings  # noqa: E402
from pgsocketio.subscription import Subscription  # noqa: E402


class News(AbstractAdapter):
    """For everybody."""

    channel = "news"

    def format(self, message: dict[str, Any], *args: Any) -> Any:
        return message["values"]


class Mail(News):
    """For one user."""

    channel = "mail"
    index = "to"


def _user(session: Any) -> Sequence[Any]:
    return (session["user"],)


class Authenticated(BaseNamespace):
    """Believes whoever says that it is a user."""

    def authenticate(self, auth: dict[str, Any]) -> None:
        if not isinstance(auth.get("user"), int):
            raise ConnectRefused("session expired")
        self.session["user"] = auth["user"]

    def get_scope(self) -> Database:
        (database,) = self.socket.server.databases.values()
        return database  # type: ignore[no-any-return]

    def on_probe(self) -> str:
        return ""


class Bench(Authenticated):
    subscriptions = (Subscription("news", News),)


class Targeted(Authenticated):
    subscriptions = (Subscription("mail", Mail, _user),)


class Acknowledged(Authenticated):
    subscriptions = (Subscription("news", News, acknowledged=True),)


class Loop(Authenticated):
    """The blocking loop of 2013."""

    def admitted(self) -> None:
        self.spawn(self.follow)

    def follow(self) -> None:
        reader = self.socket.jobs.reader(News)
        while True:
            for message in reader.listen():
                reader.emit("news", (message,))


class SecureLoop(Loop):
    """The same, with an acknowledgement of each client for each message."""

    def follow(self) -> None:
        reader = self.socket.jobs.reader(News)
        while True:
            for message in reader.listen():
                reader.secure_emit("news", message)


BLOCKING_THRESHOLD = 0.1  # seconds; the launcher's default
NAMESPACES = {
    "/bench": Bench, "/targeted": Targeted, "/acknowledged": Acknowledged, "/loop": Loop,
    "/secure": SecureLoop,
}  # fmt: skip


def main() -> None:
    """Serve for ever."""
    runtime, settings, ready = GreenRuntime(), ServerSettings(), gevent.event.Event()
    server = Server(NAMESPACES, runtime, Prepared, settings)
    engine = Engine(server, EngineSettings())
    database = server.databases["bench"] = Database(
        "bench", lambda _purpose: psycopg2.connect(sys.argv[1]), runtime, secrets.token_hex(8),
        server.members, on_ready=ready.set,
    )  # fmt: skip
    for job in (database.listener.run, database.trim, database.report.run):
        gevent.spawn(job)
    ready.wait()
    spare_collector()
    print(engine.listen("127.0.0.1", 0), flush=True)  # noqa: T201
    BlockingWatch(BLOCKING_THRESHOLD, server.counters).start()
    gevent.spawn(collect_gone, engine, gevent.sleep)
    keep_telling(server)


main()
