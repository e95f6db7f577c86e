"""One server process: engine, Socket.IO server and databases, from start to end."""

from __future__ import annotations

import logging
import secrets
import signal
from typing import Any

import gevent
import gevent.event
from gevent import signal_handler
from odoo.addons.web_socketio.web_socketio import SocketIO

from oe_web_socketio.databases import OdooDatabase
from oe_web_socketio.watch import SessionWatch
from pgsocketio.blocking import OURS, BlockingWatch
from pgsocketio.engine import Engine, Prepared
from pgsocketio.green import GreenRuntime
from pgsocketio.lifecycle import Lifecycle, engine_settings
from pgsocketio.progress import keep_telling
from pgsocketio.server import Server, ServerSettings

logger = logging.getLogger("oe_web_socketio")


class Process:
    """The realtime server.

    :param values: of the options, by name.
    :param names: of the databases.
    """

    def __init__(self, values: dict[str, Any], names: list[str]) -> None:
        self._values = values
        self._stop = gevent.event.Event()
        self._failed: set[str] = set()
        runtime = GreenRuntime()
        settings = ServerSettings(
            auth_timeout=values["auth_timeout"],
            ack_timeout=values["ack_timeout"],
            position_interval=values["ping_interval"],
            events_per_second=values["events_per_second"],
            event_burst=values["event_burst"],
        )
        self.server = Server(SocketIO.namespaces, runtime, Prepared, settings)
        self.engine = Engine(self.server, engine_settings(values))
        self._life = Lifecycle(self.server, self.engine, values["drain_timeout"])
        databases = self.server.databases
        self.server.loading = lambda: any(database.loading for database in databases.values())
        node = secrets.token_hex(8)
        for name in names:
            databases[name] = OdooDatabase(
                name, runtime, node, self.server.members, values["max_cursor"], values["listen_dsn"]
            )

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT.

        :returns: exit status: 0, or 1 when no database can be served.
        :raises ConfigError: when the port is taken.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal_handler(number, self._stop.set)
        url = self._life.listen(self._values["interface"], self._values["port"])
        logger.info("listening on %s", url)
        jobs = [gevent.spawn(d.run, self._gave_up) for d in self.server.databases.values()]
        jobs += [gevent.spawn(d.trim) for d in self.server.databases.values()]
        jobs.append(gevent.spawn(SessionWatch(self.server).run))
        jobs.append(gevent.spawn(keep_telling, self.server))
        jobs.append(gevent.spawn(self._watch_blocking))
        self._stop.wait()
        self._life.drain()
        gevent.killall(jobs, timeout=1)
        return 1 if len(self._failed) == len(self.server.databases) else 0

    def _gave_up(self, database: OdooDatabase) -> None:
        """A database cannot be served; without any, the process has no purpose."""
        self._failed.add(database.name)
        if len(self._failed) == len(self.server.databases):
            self._stop.set()

    def _watch_blocking(self) -> None:
        """From when all registries are loaded: that takes seconds, and nobody is served yet."""
        while self.server.loading():
            gevent.sleep(0.1)
        ours = (*OURS, "odoo.addons.web_socketio.", "odoo.addons.web_longpolling.", "odoo.service.")
        BlockingWatch(self._values["blocking_threshold"], self.server.counters, ours).start()
