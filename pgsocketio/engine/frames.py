"""RFC 6455 on the server's side: opening handshake and messages out of frames. Pure.

Framing is the Sans-I/O core of the websockets library; here are what it leaves to its caller:
the checks of the opening handshake, UTF-8 as it arrives, and assembling fragments.
"""

from __future__ import annotations

import codecs
import logging
from base64 import b64decode
from binascii import Error as Base64Error
from codecs import IncrementalDecoder
from typing import Final

from websockets.frames import CloseCode, Opcode
from websockets.protocol import SEND_EOF, Protocol, Side
from websockets.utils import accept_key

from .errors import RequestError
from .frame_heads import FrameHeads
from .http import Request, response_head

_logger: Final = logging.getLogger("pgsocketio.engine.frames")
_logger.setLevel(logging.WARNING)  # the library logs every closed connection at INFO
_utf8_decoder: Final = codecs.getincrementaldecoder("utf-8")


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
    key = request.headers["sec-websocket-key"]
    headers = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", accept_key(key)),
    ]
    return response_head(101, headers)


class MessageReader:
    """Turns received bytes into messages, and says what to answer.

    Args:
        max_size: bytes of one message; a larger one is refused at its frame's head.
    """

    __slots__ = ("_decoder", "_failure", "_heads", "_parts", "_protocol")

    def __init__(self, max_size: int) -> None:
        self._protocol = Protocol(Side.SERVER, max_size=max_size, logger=_logger)
        self._parts: bytearray | None = None
        self._decoder: IncrementalDecoder | None = None
        self._failure: str | None = None
        self._heads = FrameHeads()

    @property
    def close_code(self) -> int | None:
        """The code of the close frame received, None before."""
        close = self._protocol.close_rcvd
        return None if close is None else close.code

    def receive(self, data: bytes) -> list[str | bytes]:
        """Take received bytes, return the messages complete with them."""
        if self._heads.violation is None:
            data = data[: self._heads.scan(data)]
        self._protocol.receive_data(data)
        messages = self._messages()
        if self._heads.violation is not None and self.failure is None:
            self._fail(CloseCode.PROTOCOL_ERROR, self._heads.violation)
        return messages

    def _messages(self) -> list[str | bytes]:
        messages: list[str | bytes] = []
        for event in self._protocol.events_received():
            opcode = event.opcode  # type: ignore[union-attr]  # only handshakes yield others
            if opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                try:
                    message = self._assemble(opcode, bytes(event.data), event.fin)  # type: ignore[union-attr]
                except UnicodeDecodeError:
                    self._fail(CloseCode.INVALID_DATA, "text is not UTF-8")
                    break
                if message is not None:
                    messages.append(message)
        return messages

    def _fail(self, code: CloseCode, failure: str) -> None:
        self._failure = failure
        if not self._protocol.eof_sent:
            self._protocol.fail(code, failure)

    def _assemble(self, opcode: Opcode, data: bytes, fin: bool) -> str | bytes | None:
        if fin and opcode is not Opcode.CONT:
            return data.decode() if opcode is Opcode.TEXT else data
        if opcode is not Opcode.CONT:
            self._parts = bytearray()
            self._decoder = _utf8_decoder() if opcode is Opcode.TEXT else None
        assert self._parts is not None
        self._parts += data
        if self._decoder is not None:
            self._decoder.decode(data, fin)  # fails at the fragment that breaks it
        if not fin:
            return None
        whole = bytes(self._parts)
        text = self._decoder is not None
        self._parts = self._decoder = None
        return whole.decode() if text else whole

    def close(self, code: int) -> None:
        """Start the closing handshake, unless it has started."""
        if not self._protocol.close_expected() and not self._protocol.eof_sent:
            self._protocol.send_close(code)

    def to_send(self) -> tuple[bytes, bool]:
        """Return the bytes to send, and whether the TCP connection ends after them."""
        writes = self._protocol.data_to_send()
        return b"".join(writes), SEND_EOF in writes

    @property
    def ended(self) -> bool:
        """Whether the TCP connection ends once everything is sent."""
        return self._protocol.eof_sent

    @property
    def failure(self) -> str | None:
        """How the peer broke the protocol, None if it did not."""
        return self._failure or _text(self._protocol.parser_exc)


def _text(error: Exception | None) -> str | None:
    return None if error is None else f"{type(error).__name__}: {error}"
