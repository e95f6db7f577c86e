"""/health, /ready and /metrics."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Any, Final

import gevent
from gevent.pool import Pool
from gevent.pywsgi import WSGIHandler, WSGIServer
from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, make_wsgi_app
from prometheus_client.registry import Collector

from pgsocketio.errors import ConfigError

logger = logging.getLogger("pgsocketio.monitor")

_AT_ONCE: Final = 32  # requests
_PATIENCE: Final = 15.0  # seconds for one connection
_HEADERS: Final = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]

StartResponse = Callable[..., Any]
Page = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class _Handler(WSGIHandler):  # type: ignore[misc]
    """Keeps no connection for ever: nobody but a scraper has business here."""

    def handle(self) -> None:
        with gevent.Timeout(_PATIENCE, False):
            super().handle()


class Monitor:
    """Answers those who run the server. The address is theirs alone: it asks for no credentials.

    It has a small HTTP server of its own, so that what ails the engine can still be seen.

    :param state: what ``/ready`` tells; its ``ready`` decides between 200 and 503.
    :param collectors: of ``/metrics``.
    """

    def __init__(
        self, state: Callable[[], dict[str, Any]], collectors: Sequence[Collector]
    ) -> None:
        self._state = state
        registry = CollectorRegistry()
        for collector in collectors:
            registry.register(collector)
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        self._pages: dict[str, Page] = {
            "/health": self._health, "/ready": self._ready, "/metrics": make_wsgi_app(registry)
        }  # fmt: skip
        self._server: WSGIServer | None = None

    def listen(self, interface: str, port: int) -> str:
        """Bind and start to answer.

        :param port: 0 for a free one.
        :returns: URL.
        :raises ConfigError: when the port is taken.
        """
        server = WSGIServer(
            (interface, port), self, log=None, error_log=logger, spawn=Pool(_AT_ONCE),
            handler_class=_Handler,
        )  # fmt: skip
        try:
            server.start()
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {interface}:{port} for /health, /ready and /metrics: "
                f"{error.strerror}; choose another --monitor-port, or 'off'"
            ) from error
        self._server = server
        host = f"[{interface}]" if ":" in interface else interface
        return f"http://{host}:{server.server_port}"

    def stop(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.stop(timeout=0)
            self._server = None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]]) -> Any:
            return start_response(status, [*headers, *_HEADERS])

        return self._answer(environ, start)

    def _answer(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        page = self._pages.get(environ["PATH_INFO"])
        if page is None:
            known = "\n".join(self._pages)
            return _answer(start_response, HTTPStatus.NOT_FOUND, known, "text/plain")
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _answer(start_response, HTTPStatus.METHOD_NOT_ALLOWED, "GET", "text/plain")
        return page(environ, start_response)

    def _health(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """The event loop runs: who reads this is the proof."""
        return _answer(start_response, HTTPStatus.OK, "alive", "text/plain")

    def _ready(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        state = self._state()
        status = HTTPStatus.OK if state["ready"] else HTTPStatus.SERVICE_UNAVAILABLE
        return _answer(start_response, status, json.dumps(state, indent=2), "application/json")


def _answer(
    start_response: StartResponse, status: HTTPStatus, text: str, kind: str
) -> Iterable[bytes]:
    body = f"{text}\n".encode()
    start_response(
        f"{status.value} {status.phrase}",
        [("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(body)))],
    )
    return [body]
