"""One server process: engine, Socket.IO server and databases, from start to end."""

from __future__ import annotations

import logging
import secrets
import signal
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import gevent
import gevent.event
from gevent import signal_handler
from odoo.addons.web_socketio.compat import widen_pool
from odoo.addons.web_socketio.credentials import gate
from odoo.addons.web_socketio.environment import Cursors
from odoo.addons.web_socketio.web_socketio import SocketIO

from oe_web_socketio import memory, metrics
from oe_web_socketio.code_watch import CodeWatch
from oe_web_socketio.databases import OdooDatabase
from oe_web_socketio.describe import describe
from oe_web_socketio.reread import renew
from oe_web_socketio.watch import SessionWatch
from pgsocketio.blocking import OURS, BlockingWatch
from pgsocketio.engine import Engine, Prepared
from pgsocketio.errors import ConfigError
from pgsocketio.green import GreenRuntime
from pgsocketio.lifecycle import (
    Lifecycle,
    collect_gone,
    engine_settings,
    server_settings,
    within_descriptors,
)
from pgsocketio.monitor import METRICS, MetricsCollector, Monitor, Observed, Supervisor, state_of
from pgsocketio.progress import keep_telling
from pgsocketio.server import Server

logger = logging.getLogger("oe_web_socketio")

START_AGAIN = -1
TEMPORARY_FAILURE = 75  # sysexits(3), EX_TEMPFAIL

_OURS = (*OURS, "odoo.addons.web_socketio.", "odoo.addons.web_longpolling.", "odoo.service.")
_CODE_INTERVAL = 20.0  # seconds between two looks at the files of loaded addons
_DEV_INTERVAL = 0.5
_SPARE_CURSORS = 4  # per database: of the watch, and while a registry is loaded


class Process:
    """The realtime server.

    :param values: of the options, by name.
    :param names: of the databases.
    :param read: returns the values of the options as they are by now.
    :ivar code: knows whether Python changed that is loaded.
    """

    def __init__(
        self, values: dict[str, Any], names: list[str], read: Callable[[], dict[str, Any]]
    ) -> None:
        self._values, self._read = values, read
        self._stop = gevent.event.Event()
        self._status = 0
        self._failed: set[str] = set()
        runtime = GreenRuntime()
        self.server = Server(SocketIO.namespaces, runtime, Prepared, server_settings(values))
        self.engine = Engine(self.server, within_descriptors(engine_settings(values)))
        self._life = Lifecycle(self.server, self.engine, values["drain_timeout"])
        self._blocking = BlockingWatch(values["blocking_threshold"], self.server.counters, _OURS)
        self._supervisor = Supervisor()
        self.code = CodeWatch(gevent.sleep)
        widen_pool(len(names) * (2 * values["max_cursor"] + _SPARE_CURSORS))
        gate.any_scope = values["api_key_any_scope"] == "yes"
        gate.limit_failures(values["auth_failures"])
        databases = self.server.databases
        self.server.loading = lambda: any(database.loading for database in databases.values())
        node = secrets.token_hex(8)
        for name in names:
            cursors = Cursors(values["max_cursor"], values["cursor_timeout"])
            databases[name] = OdooDatabase(
                name, runtime, node, self.server.members, cursors, values["listen_dsn"]
            )
            databases[name].about = self._about
            databases[name].loaded = self.code.look  # before anybody may change what was loaded
            databases[name].backplane.describe = partial(self._describe, databases[name])

    def state(self) -> dict[str, Any]:
        """How the process is: what ``/ready`` tells; see :func:`pgsocketio.monitor.state_of`."""
        return state_of(self.server, self.code.reasons)

    def _about(self) -> dict[str, Any]:
        return {**self._life.about(), "restart": self.code.reasons}

    def _describe(self, database: OdooDatabase, sid: str | None) -> dict[str, Any]:
        return {**database.state(), **describe(self.engine, self._values, sid)}

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT, or until it has to be started again.

        :returns: exit status: 0; 1 when no database can be served; 75 above the memory limit;
            :data:`START_AGAIN` when Python changed and that was asked for.
        :raises ConfigError: when a port is taken.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal_handler(number, self._stop.set)
        signal_handler(signal.SIGHUP, self._reread)
        url = self._life.listen(self._values["interface"], self._values["port"])
        logger.info("listening on %s", url)
        monitor = self._monitor()
        self._supervisor.tell(READY=1)
        jobs = [gevent.spawn(*job) for job in self._jobs()]
        self._stop.wait()
        self._supervisor.tell(STOPPING=1, STATUS="ending")
        self._life.drain()
        monitor.stop()
        gevent.killall(jobs, timeout=1)
        return self._status

    def _jobs(self) -> Iterator[tuple[Any, ...]]:
        """What runs all along: functions and their arguments."""
        for database in self.server.databases.values():
            yield database.run, self._gave_up
            yield (database.trim,)
            yield (database.report.run,)
        yield (SessionWatch(self.server).run,)
        yield keep_telling, self.server
        yield collect_gone, self.engine, gevent.sleep
        yield (self._watch_blocking,)
        yield self._supervisor.run, gevent.sleep, self._line
        if self._values["dev"] == "reload":
            yield self.code.run, _DEV_INTERVAL, lambda: self._end(START_AGAIN)
        else:
            yield self.code.run, _CODE_INTERVAL
        if self._values["limit_memory_soft"]:
            limit = self._values["limit_memory_soft"]
            yield memory.watch, limit, gevent.sleep, lambda: self._end(TEMPORARY_FAILURE)

    def _monitor(self) -> Monitor:
        """Answer ``/health``, ``/ready`` and ``/metrics``, unless that is off."""
        observed = Observed(self.server, self.engine, self._blocking.lag)
        own = MetricsCollector(metrics.METRICS, self)
        monitor = Monitor(self.state, [MetricsCollector(METRICS, observed), own])
        port = self._values["monitor_port"]
        if port is None:
            main = self._values["port"]
            port = main + 2 if 0 < main < 65_534 else 0
        if port != "off":
            url = monitor.listen(self._values["monitor_interface"], port)
            logger.info("/health, /ready and /metrics are at %s", url)
        return monitor

    def _line(self) -> str:
        """How the process is, in a line."""
        ready = sum(database.state()["ready"] for database in self.server.databases.values())
        known, open_ones = len(self.server.databases), len(self.engine.connections)
        line = f"ready for {ready} of {known} databases, {open_ones} connections"
        return "; ".join([line, *self.code.reasons])

    def _reread(self) -> None:
        """Take up what may change while the process runs."""
        self._supervisor.reloading()
        try:
            self._values = renew(self.server, self.engine, self._values, self._read())
        except ConfigError as error:
            logger.error("the options stay as they were: %s", error)
        self._supervisor.tell(READY=1)

    def _end(self, status: int) -> None:
        self._status = status
        self._stop.set()

    def _gave_up(self, database: OdooDatabase) -> None:
        """A database cannot be served; without any, the process has no purpose."""
        self._failed.add(database.name)
        if len(self._failed) == len(self.server.databases):
            self._end(1)

    def _watch_blocking(self) -> None:
        """From when all registries are loaded: that takes seconds, and nobody is served yet."""
        while self.server.loading():
            gevent.sleep(0.1)
        self._blocking.start()
