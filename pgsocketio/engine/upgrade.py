"""RFC 6455's opening handshake on the server's side. Pure."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from typing import Final

from websockets.utils import accept_key

from .errors import RequestError
from .http import Request

_ACCEPTED: Final = (
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n"
)


def is_upgrade(request: Request) -> bool:
    """Tell whether a request asks for a WebSocket."""
    return "websocket" in request.tokens("upgrade") and "upgrade" in request.tokens("connection")


def check(request: Request) -> None:
    """Check an opening handshake (RFC 6455, 4.2.1).

    Raises:
        RequestError: the handshake is malformed; 426 when its version is not 13.
    """
    if request.method != "GET" or not request.http11 or request.length != 0:
        raise RequestError("a WebSocket handshake is a GET of HTTP/1.1 without a body")
    if request.headers.get("sec-websocket-version") != "13":
        raise RequestError("WebSocket version must be 13", 426)
    key = request.headers.get("sec-websocket-key", "")
    try:
        valid = len(b64decode(key, validate=True)) == 16
    except (Base64Error, ValueError):
        valid = False
    if not valid:
        raise RequestError("malformed Sec-WebSocket-Key")


def accept(request: Request) -> bytes:
    """Return the 101 response to an opening handshake that was checked (RFC 6455, 4.2.2)."""
    return (_ACCEPTED % accept_key(request.headers["sec-websocket-key"])).encode()
