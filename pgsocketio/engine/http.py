"""HTTP/1.1 requests and responses. Pure.

llhttp (through httptools) parses heads and chunked bodies: of the parsers tried on malformed
input it refused the most. What it lets pass is checked here. Source: RFC 9112, RFC 9110.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

import httptools

from .errors import RequestError
from .settings import EngineSettings

Headers = Sequence[tuple[str, str]]

_REQUEST_LINE: Final = re.compile(rb"[A-Z]+ [!-~]+ HTTP/1\.[01]\r\n")
_HOST: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_ABSOLUTE: Final = re.compile(r"https?://([^/?]*)(.*)", re.I)
_SINGLE: Final = frozenset(
    ("host", "content-length", "transfer-encoding", "origin", "upgrade", "expect",
     "sec-websocket-key", "sec-websocket-version")
)  # fmt: skip
_STATUS_LINES: Final = {s.value: f"HTTP/1.1 {s.value} {s.phrase}" for s in HTTPStatus}
_END: Final = b"\r\n\r\n"
_QUERY_FIELDS: Final = 50


class Request:
    """A request head, and its body once that has arrived.

    ``headers`` holds lower-case names and repeated fields joined by commas (cookies by
    semicolons); ``length`` is the body's size in bytes, None for a chunked body.
    """

    __slots__ = (
        "_fields", "body", "expects_continue", "headers", "http11", "keep_alive", "length",
        "method", "path", "query",
    )  # fmt: skip

    def __init__(self, method: str, target: str, fields: Headers, http11: bool) -> None:
        self.method = method
        self.http11 = http11
        self.headers = _join(fields)
        self.length = self._length()
        self.path, _, self.query = self._target(target).partition("?")
        expect = self.headers.get("expect")
        if expect is not None and expect.lower() != "100-continue":
            raise RequestError("unknown expectation", 417)
        self.expects_continue = expect is not None and http11
        self.keep_alive = self._keep_alive()
        self.body = bytearray()
        self._fields: list[tuple[str, str]] | None = None

    @property
    def query_fields(self) -> list[tuple[str, str]]:
        """Names and values of the query.

        Raises:
            RequestError: there are too many.
        """
        if self._fields is None:
            try:
                self._fields = parse_qsl(
                    self.query, keep_blank_values=True, max_num_fields=_QUERY_FIELDS
                )
            except ValueError as error:
                raise RequestError("too many query fields") from error
        return self._fields

    def _length(self) -> int | None:
        encoding = self.headers.get("transfer-encoding")
        length = self.headers.get("content-length")
        if encoding is None:
            return 0 if length is None else int(length)
        if length is not None:
            raise RequestError("both Content-Length and Transfer-Encoding")
        if not self.http11 or encoding.lower() != "chunked":
            raise RequestError("only 'chunked' is a transfer encoding here, and only in HTTP/1.1")
        return None

    def _target(self, target: str) -> str:
        absolute = _ABSOLUTE.fullmatch(target)
        if absolute:
            self.headers["host"] = absolute[1]
            target = absolute[2] if absolute[2].startswith("/") else "/" + absolute[2]
        host = self.headers.get("host")
        if host is None and self.http11:
            raise RequestError("no Host")
        if host is not None and not _HOST.fullmatch(host):
            raise RequestError("malformed Host")
        if not target.startswith("/") or "#" in target or "%00" in target.partition("?")[0]:
            raise RequestError("malformed request target")
        return target

    def _keep_alive(self) -> bool:
        options = self.tokens("connection")
        return "close" not in options and (self.http11 or "keep-alive" in options)

    def tokens(self, name: str) -> list[str]:
        """Return the lower-case elements of a comma-separated header."""
        return [token.strip() for token in self.headers.get(name, "").lower().split(",")]


def _join(fields: Headers) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in fields:
        if name not in headers:
            headers[name] = value
        elif name in _SINGLE:
            raise RequestError(f"more than one {name}")
        else:
            headers[name] += ("; " if name == "cookie" else ", ") + value
    return headers


class RequestParser:
    """Parses one request; what follows it is handed back.

    Args:
        settings: max_header_size and max_header_count.
    """

    __slots__ = (
        "_buffer", "_fields", "_max_body", "_parser", "_raw_left", "_settings", "_target",
        "complete", "request",
    )  # fmt: skip

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._parser = httptools.HttpRequestParser(self)
        self._buffer = b""
        self._target = b""
        self._fields: list[tuple[str, str]] = []
        self._max_body = 0
        self._raw_left = 0
        self.request: Request | None = None
        self.complete = False

    @property
    def started(self) -> bool:
        """Whether the first byte has arrived."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> bytes:
        """Take bytes up to the end of the head, or, called again, up to the end of the request.

        Returns:
            what was not taken.
        Raises:
            RequestError: answer it and close the connection.
        """
        if self.request is None:
            return self._feed_head(data)
        if self.request.length is None:
            return self._feed_chunks(data)
        return self._feed_body(self.request, data)

    def accept_body(self, limit: int) -> None:
        """Bound the body, in bytes, once the head is known.

        Raises:
            RequestError: 413, the announced length is above the limit.
        """
        assert self.request is not None
        length = self.request.length
        if length is not None and length > limit:
            raise RequestError("request body too large", 413, "body too large")
        self._max_body = limit
        self._raw_left = 2 * limit + 65_536  # chunk headers and trailers have a bound as well

    def _feed_head(self, data: bytes) -> bytes:
        if not self._buffer:
            data = data.removeprefix(b"\r\n")  # RFC 9112 2.2
        known = len(self._buffer)
        self._buffer += data
        end = self._buffer.find(_END, max(0, known - 3))
        stop = len(self._buffer) if end < 0 else end + 4
        if stop > self._settings.max_header_size:
            raise RequestError("request head too large", 431, "head too large")
        try:
            self._parser.feed_data(self._buffer[known:stop])
        except httptools.HttpParserUpgrade:
            pass  # the caller decides whether it upgrades
        except httptools.HttpParserError as error:
            raise RequestError(f"malformed request: {error}") from error
        if end < 0:
            return b""
        rest, self._buffer = self._buffer[stop:], self._buffer[:stop]
        self._finish_head()
        return rest

    def _finish_head(self) -> None:
        if not _REQUEST_LINE.match(self._buffer):
            raise RequestError("malformed request line")
        if len(self._fields) > self._settings.max_header_count:
            raise RequestError("too many header fields", 431, "head too large")
        method = self._parser.get_method().decode()
        http11 = self._parser.get_http_version() == "1.1"
        self.request = Request(method, self._target.decode("ascii"), self._fields, http11)
        self.complete = self.request.length == 0

    def _feed_body(self, request: Request, data: bytes) -> bytes:
        missing = (request.length or 0) - len(request.body)
        request.body += data[:missing]
        self.complete = len(data) >= missing
        return data[missing:]

    def _feed_chunks(self, data: bytes) -> bytes:
        self._raw_left -= len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            if not self.complete:
                raise RequestError(f"malformed chunked body: {error}") from error
        assert self.request is not None
        if len(self.request.body) > self._max_body or self._raw_left < 0:
            raise RequestError("request body too large", 413, "body too large")
        return b""

    # callbacks of httptools

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.request is None:
            text = value.decode("latin-1").strip(" \t")
            self._fields.append((name.decode("ascii").lower(), text))

    def on_body(self, body: bytes) -> None:
        if self.complete:
            return
        assert self.request is not None
        self.request.body += body

    def on_message_complete(self) -> None:
        if self.request is not None:
            self.complete = True


def response_head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return status line and headers of a response, Date added.

    Raises:
        ValueError: a header would end its line.
    """
    lines = [_STATUS_LINES.get(status) or f"HTTP/1.1 {status} Unknown"]
    lines += [f"{name}: {value}" for name, value in headers]
    if not any(line[:5].lower() == "date:" for line in lines):
        lines.append(_date(int(time.time())))
    head = "\r\n".join(lines)
    breaks = len(lines) - 1
    if head.count("\r") > breaks or head.count("\n") > breaks or "\0" in head:
        raise ValueError("a response header contains a line break or NUL")
    return f"{head}\r\n\r\n".encode("latin-1")


@lru_cache(1)
def _date(now: int) -> str:
    """Made once a second."""
    return f"Date: {formatdate(now, usegmt=True)}"
