"""The server under attack: the real engine, server and database, without Odoo.

Three namespaces: a declarative subscription, an acknowledged one, and the loop of 2013.
"""

from __future__ import annotations

import json
import logging
import secrets
import signal
from collections.abc import Iterable, Sequence
from typing import Any

import gevent
import gevent.event
import psycopg2

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.database import Database
from pgsocketio.engine import Engine, EngineSettings, Prepared
from pgsocketio.errors import ConnectRefused
from pgsocketio.green import GreenRuntime
from pgsocketio.listener import ListenerSettings
from pgsocketio.namespace import BaseNamespace
from pgsocketio.progress import keep_telling
from pgsocketio.server import Server
from pgsocketio.settings import ServerSettings
from pgsocketio.subscription import Subscription

logger = logging.getLogger("chaos")

PING = 2.0
ACK_TIMEOUT = 2.0


class News(AbstractAdapter):
    """For everybody."""

    channel = "news"


class Mail(AbstractAdapter):
    """For one user."""

    channel = "mail"
    index = "to"


def _user(session: Any) -> Sequence[Any]:
    return (session["user"],)


class ChaosNamespace(BaseNamespace):
    """Believes whoever says that it is a user."""

    def authenticate(self, auth: dict[str, Any]) -> None:
        if not isinstance(auth.get("user"), int):
            raise ConnectRefused("session expired")
        self.session["user"] = auth["user"]

    def get_user(self) -> str | None:
        return str(self.session["user"])

    def get_scope(self) -> Any:
        (database,) = self.socket.server.databases.values()
        database.need_ready()
        return database


class Plain(ChaosNamespace):
    subscriptions = (Subscription("news", News), Subscription("mail", Mail, _user))


class Acknowledged(ChaosNamespace):
    subscriptions = (Subscription("mail", Mail, _user, acknowledged=True),)


class Loop(ChaosNamespace):
    def admitted(self) -> None:
        self.spawn(self.follow)

    def follow(self) -> None:
        reader = self.socket.jobs.reader(News)
        while True:
            reader.secure_emit("news", reader.listen())


NAMESPACES = {"/plain": Plain, "/acknowledged": Acknowledged, "/loop": Loop}


class Application:
    """One server process.

    :param dsn: of the database, for the server's connections.
    :param port: to listen on.
    :param positions: seconds between positions told to clients.
    :param listener: its times.
    """

    def __init__(
        self, dsn: str, port: int, positions: float, listener: ListenerSettings
    ) -> None:
        runtime = GreenRuntime()
        settings = ServerSettings(
            ack_timeout=ACK_TIMEOUT, resume_window=positions, position_interval=positions
        )
        self._dsn = dsn
        self._stop = gevent.event.Event()
        self._server = Server(NAMESPACES, runtime, Prepared, settings)
        self._engine = Engine(
            self._server, EngineSettings(ping_interval=PING, ping_timeout=PING), self._counters
        )
        self._database = Database(
            "chaos", self._connect, runtime, secrets.token_hex(8), self._server.members,
            listener, on_ready=lambda: logger.info("ready"),
        )  # fmt: skip
        self._server.databases["chaos"] = self._database
        self._port = port

    def _connect(self, purpose: str) -> Any:
        return psycopg2.connect(self._dsn, application_name=f"chaos {purpose}")

    def _counters(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        listener = self._database.listener
        counters = {
            **self._engine.counters, **self._server.counters,
            "rows_read": listener.follower.rows_read,
            "ready": listener.ready, "error": listener.error,
        }  # fmt: skip
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(counters).encode()]

    def run(self) -> None:
        """Serve until SIGTERM."""
        gevent.signal_handler(signal.SIGTERM, self._stop.set)
        self._engine.listen("127.0.0.1", self._port)
        logger.info("listening")
        database = self._database
        loops = (database.listener.run, database.trim, database.report.run)
        jobs = [gevent.spawn(loop) for loop in loops]
        jobs.append(gevent.spawn(keep_telling, self._server))
        self._stop.wait()
        self._engine.stop_accepting()
        self._engine.close_all()
        gevent.sleep(0.2)
        self._engine.stop()
        self._database.stop()
        gevent.killall(jobs, timeout=1)

