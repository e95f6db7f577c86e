"""One WSGI request over an HTTP connection: the standard library's handler, our framing."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import IO, Any
from wsgiref.handlers import BaseHandler
from wsgiref.headers import Headers

from gevent import GreenletExit
from gevent.event import Event

from .http_connection import HttpConnection

logger = logging.getLogger("pgsocketio.engine")
_HIGH_WATER = 65_536  # bytes that may wait for the peer before the application has to
_BODILESS = (204, 304)


class WSGIHandler(BaseHandler):
    """Runs an application and sends what it returns, chunked when its length is unknown.

    Args:
        http: the connection, whose current request is answered.
        environ: the request's environ, complete.
        timeout: seconds in which the peer has to read something, or the answer is given up.

    ``complete`` tells afterwards whether the answer is whole, so that the connection can go on.
    """

    http_version = "1.1"
    os_environ: dict[str, str] = {}  # noqa: RUF012  nothing of the process leaks into environ
    wsgi_run_once = False
    wsgi_multiprocess = False
    environ: dict[str, Any]
    status: str | None
    headers: Headers | None
    result: Iterable[bytes] | None

    def __init__(self, http: HttpConnection, environ: dict[str, Any], timeout: float) -> None:
        self._http = http
        self._request_environ = environ
        self._timeout = timeout
        self._drained = Event()
        self._chunked = False
        self._missing: int | None = None
        self.complete = False

    def add_cgi_vars(self) -> None:
        self.environ.update(self._request_environ)

    def get_scheme(self) -> str:
        scheme: str = self._request_environ["wsgi.url_scheme"]
        return scheme

    def get_stdin(self) -> IO[bytes]:
        stdin: IO[bytes] = self._request_environ["wsgi.input"]
        return stdin

    def get_stderr(self) -> Any:
        return sys.stderr

    def send_headers(self) -> None:
        """Decide the framing: length as given, or chunks, or until the connection closes."""
        assert self.status is not None
        assert self.headers is not None
        status = int(self.status[:3])
        if status in _BODILESS:
            self._missing = 0
        else:
            self.cleanup_headers()
            length = self.headers.get("Content-Length")
            self._missing = None if length is None else int(length)
        headers = list(self.headers.items())
        if self._http.is_head:
            self._missing = 0
        elif self._missing is None:
            self._chunked = self.environ["SERVER_PROTOCOL"] == "HTTP/1.1"
            if self._chunked:
                headers.append(("Transfer-Encoding", "chunked"))
        framed = self._chunked or self._missing is not None
        head = self._http.head(status, headers, keep=framed)
        self.headers_sent = True
        self._transmit(head)

    def _write(self, data: bytes) -> None:
        if self._missing is not None:
            data = data[: self._missing]
            self._missing -= len(data)
        if data and self._chunked:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        if data:
            self._transmit(data)

    def _flush(self) -> None:
        """Nothing is held back."""

    def _transmit(self, data: bytes) -> None:
        """Write, and wait while too much is unsent."""
        if self._http.gone:
            raise BrokenPipeError("the client is gone")
        self._drained.clear()
        self._http.on_flushed = self._drained.set
        self._http.write(data)
        while (unsent := self._http.stream.unsent) > _HIGH_WATER and not self._http.gone:
            if not self._drained.wait(self._timeout) and self._http.stream.unsent >= unsent:
                raise BrokenPipeError("the client does not read")

    def finish_response(self) -> None:
        super().finish_response()
        if self._chunked:
            self._transmit(b"0\r\n\r\n")
        self.complete = self._chunked or self._missing == 0

    def handle_error(self) -> None:
        """Log, and answer 500 if nothing was sent; else the connection ends in the middle."""
        if isinstance(sys.exc_info()[1], GreenletExit):
            return  # the engine stops
        logger.exception("The fallback application failed")
        if not self.headers_sent and not self._http.gone:
            self.result = self.error_output(self.environ, self.start_response)
            self.finish_response()
