"""Answers what is not for the transport: 404, or a WSGI application (PEP 3333)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, Protocol

from gevent.pool import Pool

from .handshake import Handshake
from .http import Request
from .http_connection import HttpConnection
from .origin import Seen
from .runtime import Runtime
from .wsgi import WSGIHandler

WSGIApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]
logger = logging.getLogger("pgsocketio.engine")


class Fallback(Protocol):
    """Who answers requests outside the transport's path."""

    def on_head(self, http: HttpConnection, request: Request, seen: Seen) -> int | None: ...
    def on_request(self, http: HttpConnection, request: Request, seen: Seen) -> None: ...
    def stop(self) -> None: ...


class NotFound:
    """The fallback without an application."""

    def on_head(self, http: HttpConnection, request: Request, seen: Seen) -> int | None:
        """Answer at once."""
        http.respond(404, b"Not found")
        return None

    def on_request(self, http: HttpConnection, request: Request, seen: Seen) -> None:
        """Never called: every request was answered at its head."""
        raise AssertionError("request was answered at its head")

    def stop(self) -> None:
        """Nothing runs."""


class WSGIFallback:
    """Runs a WSGI application, one greenlet per request.

    Args:
        runtime: shared parts.
        application: WSGI application.
        address: returns address and port that the server listens on.
    """

    def __init__(
        self,
        runtime: Runtime,
        application: WSGIApplication,
        address: Callable[[], tuple[str, int]],
    ) -> None:
        self._runtime = runtime
        self._application = application
        self._address = address
        self._admitted = 0
        self._pool = Pool()

    def on_head(self, http: HttpConnection, request: Request, seen: Seen) -> int | None:
        """Admit a request, before its body is buffered."""
        if self._admitted >= self._runtime.settings.max_fallback_requests:
            self._runtime.counters["refused:too many requests"] += 1
            self._runtime.log.line(
                "fallback", "Refused a request: max_fallback_requests are being answered"
            )
            http.respond(503, b"Too many requests at the same time", headers=[("Retry-After", "1")])
            return None
        self._admitted += 1
        http.on_over = self._release
        return self._runtime.settings.max_fallback_body

    def _release(self) -> None:
        self._admitted -= 1

    def on_request(self, http: HttpConnection, request: Request, seen: Seen) -> None:
        """Run the application; its place is free again when it has returned."""
        http.on_over = None
        environ = Handshake(request, seen).environ(self._address())
        environ["wsgi.input"] = BytesIO(request.body)
        environ["wsgi.input_terminated"] = True
        environ["CONTENT_LENGTH"] = str(len(request.body))
        environ["SERVER_PROTOCOL"] = "HTTP/1.1" if request.http11 else "HTTP/1.0"
        self._pool.spawn(self._run, http, environ)

    def _run(self, http: HttpConnection, environ: dict[str, Any]) -> None:
        handler = WSGIHandler(http, environ, self._runtime.settings.body_timeout)
        try:
            handler.run(self._application)
        finally:
            self._release()
            # what comes next on this connection belongs to the event loop, not to this greenlet
            self._runtime.loop.run_callback(http.finish, handler.complete)

    def stop(self) -> None:
        """End the requests that are being answered."""
        self._pool.kill(block=False)
