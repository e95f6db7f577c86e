"""One server process: the engine, the sockets and the application's pages, from start to end."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from typing import Any

import gevent
import gevent.event
from gevent import signal_handler

from pgsocketio.engine import Engine, Prepared
from pgsocketio.green import GreenRuntime
from pgsocketio.lifecycle import (
    Lifecycle,
    engine_settings,
    server_settings,
    within_descriptors,
)
from pgsocketio.progress import keep_telling

from . import tgcompat
from .drivers import warn_of_blocking
from .handshake import NOT_MOUNTED, knock
from .sockets import TGServer

logger = logging.getLogger("tgext.socketio")


class Process:
    """Serves an application until SIGTERM or SIGINT.

    :param application: WSGI application.
    :param values: of the options, by name.
    """

    def __init__(self, application: Callable[..., Any], values: dict[str, Any]) -> None:
        self._values = values
        self._stop = gevent.event.Event()
        tgcompat.keep_per_greenlet()
        resource = values["socketio_resource"]
        settings = server_settings(values)
        self.server = TGServer(application, resource, GreenRuntime(), Prepared, settings)
        pages = {"path": f"/{resource}/", "max_fallback_body": values["max_body"]}
        engine = within_descriptors(engine_settings(values, **pages))
        self.engine = Engine(self.server, engine, application)
        self._life = Lifecycle(self.server, self.engine, values["drain_timeout"])
        self.server.about = self._life.about

    def run(self) -> None:
        """Serve.

        :raises ConfigError: when the port is taken.
        """
        handlers = [
            signal_handler(number, self._stop.set) for number in (signal.SIGTERM, signal.SIGINT)
        ]
        url = self._life.listen(self._values["host"], self._values["port"])
        logger.info("serving on %s, Socket.IO at /%s", url, self.server.resource)
        jobs = [gevent.spawn(self._look_for_controller), gevent.spawn(keep_telling, self.server)]
        if self._values["identity_interval"]:
            jobs.append(gevent.spawn(self._check_identities))
        try:
            self._stop.wait()
        finally:
            self._life.drain()
            gevent.killall(jobs, timeout=1)
            for handler in handlers:
                handler.cancel()

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
        if answer.namespaces is not None and answer.config is not None:
            self.server.surround(answer)
            names = ", ".join(sorted(answer.namespaces)) or "none"
            logger.info("namespaces at /%s: %s", self.server.resource, names)
            warn_of_blocking(answer.config)
        elif answer.status.startswith("404"):
            logger.error(NOT_MOUNTED, self.server.resource)

    def _check_identities(self) -> None:
        while True:
            gevent.sleep(self._values["identity_interval"])
            self.server.check_identities()


def _wsgi_keys() -> dict[str, Any]:
    from io import BytesIO
    from sys import stderr

    return {
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": BytesIO(),
        "wsgi.errors": stderr, "wsgi.multithread": True, "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }  # fmt: skip
