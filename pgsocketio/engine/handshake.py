"""What is kept of the request that opened a connection. Pure."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from .http import Request
from .origin import Seen

Environ = dict[str, Any]

_FORWARDED = ("x-forwarded-", "forwarded")


class Handshake:
    """The request that opened a connection, packed: a few hundred bytes, no live objects.

    ``peer`` is the client's (address, port) and ``scheme`` what the client used; with trusted
    proxies both are taken from X-Forwarded-*, whose port is unknown (0).
    """

    __slots__ = ("_fields", "method", "path", "peer", "query_string", "scheme")

    def __init__(self, request: Request, seen: Seen) -> None:
        self.method = request.method
        self.path = request.path
        self.query_string = request.query
        self.peer = (seen.address, seen.port)
        self.scheme = seen.scheme
        self._fields = "\n".join(
            f"{name}:{value}"
            for name, value in request.headers.items()
            if seen.trusted or not name.startswith(_FORWARDED)
        ).encode("latin-1")

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """(lower-case name, value) pairs; repeated fields are joined.

        X-Forwarded-* is there only when it came from a trusted proxy.
        """
        lines = self._fields.decode("latin-1").split("\n")
        return tuple((name, value) for name, _, value in (line.partition(":") for line in lines))

    def environ(self, server: tuple[str, int]) -> Environ:
        """Return a new WSGI environ of this request, without a body.

        Args:
            server: address and port that the server listens on.
        """
        environ: Environ = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": _unquote(self.path),
            "QUERY_STRING": self.query_string,
            "SERVER_NAME": server[0],
            "SERVER_PORT": str(server[1]),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": self.peer[0],
            "REMOTE_PORT": str(self.peer[1]),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self.scheme,
            "wsgi.input": BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers:
            if name in ("content-type", "content-length"):
                environ[name.upper().replace("-", "_")] = value
            elif "_" not in name:  # X_Real would be taken for X-Real
                environ["HTTP_" + name.upper().replace("-", "_")] = value
        return environ


def _unquote(path: str) -> str:
    return unquote_to_bytes(path).decode("latin-1")
