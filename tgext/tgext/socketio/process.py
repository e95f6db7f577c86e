"""One server process: the engine, the sockets and the application's pages, from start to end."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from typing import Any

import gevent
import gevent.event
from gevent import signal_handler

from pgsocketio.engine import Engine, EngineSettings, Prepared
from pgsocketio.errors import ConfigError
from pgsocketio.server import ServerSettings

from .green import RecyclingRuntime
from .handshake import NOT_MOUNTED, knock
from .sockets import TGServer
from .tgcompat import blocking_driver

logger = logging.getLogger("tgext.socketio")


class Process:
    """Serves an application until SIGTERM or SIGINT.

    :param application: WSGI application.
    :param values: of the options, by name.
    """

    def __init__(self, application: Callable[..., Any], values: dict[str, Any]) -> None:
        self._values = values
        self._stop = gevent.event.Event()
        resource = values["socketio_resource"]
        settings = ServerSettings(
            ack_timeout=values["ack_timeout"], position_interval=values["ping_interval"]
        )
        self.server = TGServer(application, resource, RecyclingRuntime(), Prepared, settings)
        self.engine = Engine(self.server, _engine_settings(values), application)

    def run(self) -> None:
        """Serve.

        :raises ConfigError: when the port is taken.
        """
        handlers = [
            signal_handler(number, self._stop.set) for number in (signal.SIGTERM, signal.SIGINT)
        ]
        self._listen()
        jobs = [gevent.spawn(self._look_for_controller), gevent.spawn(self._tell_positions)]
        if self._values["identity_interval"]:
            jobs.append(gevent.spawn(self._check_identities))
        try:
            self._stop.wait()
        finally:
            gevent.killall(jobs, timeout=1)
            self._end()
            for handler in handlers:
                handler.cancel()

    def _listen(self) -> None:
        host = self._values["host"]
        try:
            port = self.engine.listen(host, self._values["port"])
        except OSError as error:
            port = self._values["port"]
            raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}") from error
        shown = f"[{host}]" if ":" in host else host
        logger.info(
            "serving on http://%s:%d, Socket.IO at /%s", shown, port, self.server.resource
        )

    def _look_for_controller(self) -> None:
        """Say at the start what a client would run into."""
        environ = {
            "SERVER_NAME": self._values["host"], "SERVER_PORT": str(self.engine.address[1]),
            "SERVER_PROTOCOL": "HTTP/1.1", "SCRIPT_NAME": "", "QUERY_STRING": "",
            "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": f"localhost:{self.engine.address[1]}",
            **_wsgi_keys(),
        }  # fmt: skip
        try:
            answer = knock(self.server.application, environ, self.server.resource)
        except Exception:
            logger.exception("the application fails; clients cannot connect")
            return
        if answer.namespaces is not None:
            self.server.surround(answer)
            names = ", ".join(sorted(answer.namespaces)) or "none"
            logger.info("namespaces at /%s: %s", self.server.resource, names)
            self._warn_of_driver(answer.config)
        elif answer.status.startswith("404"):
            logger.error(NOT_MOUNTED, self.server.resource)

    @staticmethod
    def _warn_of_driver(config: Any) -> None:
        driver = blocking_driver(config)
        if driver == "psycopg2":
            logger.warning(
                "psycopg2 holds up every client while it waits for the database: "
                "pip install psycogreen, and it gives way"
            )
        elif driver is not None:
            logger.warning(
                "the database driver %s holds up every client while it waits for the database; "
                "take one that works with gevent (psycopg2 with psycogreen, PyMySQL)", driver,
            )  # fmt: skip

    def _tell_positions(self) -> None:
        while True:
            gevent.sleep(self._values["ping_interval"])
            self.server.tell_positions()

    def _check_identities(self) -> None:
        while True:
            gevent.sleep(self._values["identity_interval"])
            self.server.check_identities()

    def _end(self) -> None:
        """Close transports, never namespaces, so that clients come back by themselves."""
        logger.info("ending: %d connections are closed", len(self.engine.connections))
        budget = self._values["drain_timeout"]
        self.engine.stop_accepting()
        self.engine.close_all(over=budget * 0.4 if len(self.engine.connections) > 100 else 0)
        with gevent.Timeout(max(0.1, budget * 0.8), False):
            while self.engine.connections:
                gevent.sleep(0.02)
        self.engine.stop()
        for database in self.server.databases.values():
            database.stop()


def _engine_settings(values: dict[str, Any]) -> EngineSettings:
    try:
        return EngineSettings(
            path=f"/{values['socketio_resource']}/",
            ping_interval=values["ping_interval"],
            ping_timeout=values["ping_timeout"],
            allowed_origins=values["allow_origin"],
            trusted_proxies=values["trusted_proxy"],
        )
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _wsgi_keys() -> dict[str, Any]:
    from io import BytesIO
    from sys import stderr

    return {
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": BytesIO(),
        "wsgi.errors": stderr, "wsgi.multithread": True, "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }  # fmt: skip
