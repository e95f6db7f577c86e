"""RFC 6455 on the server's side: frames, and messages out of frames. Pure.

Heads are checked before a payload is received, and what is idle keeps nothing: of the Sans-I/O
libraries that were measured, each cost more memory and time per connection than all the rest of
the transport. Masking and the rules of close frames are the websockets library's.
"""

from __future__ import annotations

import codecs
import struct
from codecs import IncrementalDecoder
from typing import Final

from websockets.exceptions import ProtocolError
from websockets.frames import Close, CloseCode
from websockets.frames import apply_mask as unmask  # type: ignore[attr-defined]  # the one in C

from pgsocketio.errors import RealtimeError

CONT: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
_OPCODES: Final = frozenset((CONT, TEXT, BINARY, CLOSE, PING, PONG))
_CONTROL: Final = 0x08
_FIN: Final = 0x80
_RESERVED: Final = 0x70
_MASKED: Final = 0x80
_MASK_SIZE: Final = 4
_MAX_SHORT: Final = 125
_MAX_REASON: Final = 123
_utf8_decoder: Final = codecs.getincrementaldecoder("utf-8")


class FrameError(RealtimeError):
    """The peer broke the protocol.

    Args:
        code: to close with.
        message: the rule that was broken.
    """

    def __init__(self, code: CloseCode, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def rule(self) -> str:
        """Name of the counter 'refused:<rule>'."""
        too_large = self.code is CloseCode.MESSAGE_TOO_BIG
        return "message too large" if too_large else "malformed frame"


def frame(opcode: int, payload: bytes) -> bytes:
    """Return one whole, unmasked frame."""
    size = len(payload)
    if size <= _MAX_SHORT:
        head = struct.pack("!BB", _FIN | opcode, size)
    elif size < 65_536:
        head = struct.pack("!BBH", _FIN | opcode, 126, size)
    else:
        head = struct.pack("!BBQ", _FIN | opcode, 127, size)
    return head + payload


def _violation(rule: str) -> FrameError:
    return FrameError(CloseCode.PROTOCOL_ERROR, rule)


def _read_head(data: bytes, at: int) -> tuple[int, int] | None:
    """Check a head as far as it is there (RFC 6455, 5.2 and 5.5).

    Returns:
        where the masking key begins, and the payload's size; None when more bytes are needed.
    """
    first, available = data[at], len(data) - at
    if first & _RESERVED:
        raise _violation("reserved bits must be 0")
    opcode = first & 0x0F
    if opcode not in _OPCODES:
        raise _violation("unknown opcode")
    if opcode & _CONTROL and not first & _FIN:
        raise _violation("fragmented control frame")
    if available < 2:
        return None
    if not data[at + 1] & _MASKED:
        raise _violation("frame is not masked")
    size = data[at + 1] & 0x7F
    if size <= _MAX_SHORT:
        return at + 2, size
    if opcode & _CONTROL:
        raise _violation("control frame too long")
    extended = 2 if size == 126 else 8
    if available < 2 + extended:
        return None
    size = int.from_bytes(data[at + 2 : at + 2 + extended], "big")
    if size < (126 if extended == 2 else 65_536):
        raise _violation("length is not encoded minimally")
    if size >> 63:
        raise _violation("length has its highest bit set")
    return at + 2 + extended, size


class MessageReader:
    """Turns received bytes into messages, and says what to answer.

    ``close_code`` is that of the close frame received, None before; ``failure`` how the peer broke
    the protocol; ``ended`` tells that the TCP connection ends once everything is sent, and that
    what is received is of no interest any more.

    Args:
        max_size: bytes of one message; a larger one is refused at its frame's head.
    """

    __slots__ = ("_closing", "_decoder", "_inside", "_max_size", "_out", "_parts", "_rest",
                 "_tell_end", "close_code", "ended", "failure")  # fmt: skip

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._rest = b""  # a head or a control frame that is not whole
        self._inside: tuple[int, int, bytes] | None = None  # FIN, bytes missing, masking key
        self._parts: bytearray | None = None
        self._decoder: IncrementalDecoder | None = None
        self._out = b""
        self._closing = self._tell_end = self.ended = False
        self.close_code: int | None = None
        self.failure: FrameError | None = None

    def receive(self, data: bytes) -> list[str | bytes]:
        """Take received bytes, return the messages complete with them."""
        messages: list[str | bytes] = []
        if self._rest:
            data, self._rest = self._rest + data, b""
        try:
            at = 0 if self._inside is None else self._go_on(data, messages)
            self._read(data, at, messages)
        except FrameError as error:
            self._fail(error)
        return messages

    def _read(self, data: bytes, at: int, messages: list[str | bytes]) -> None:
        while at < len(data) and not self.ended:
            head = _read_head(data, at)
            if head is None:
                self._rest = data[at:]
                return
            start, size = head[0] + _MASK_SIZE, head[1]
            self._check(data[at], size)
            if start + size > len(data):
                self._begin(data, at, start, size, messages)
                return
            payload = unmask(data[start : start + size], data[start - _MASK_SIZE : start])
            self._take(data[at], payload, messages)
            at = start + size

    def _begin(
        self, data: bytes, at: int, start: int, size: int, messages: list[str | bytes]
    ) -> None:
        """A frame that is not whole: what is there of a message counts as a fragment of it."""
        if data[at] & _CONTROL or start > len(data):
            self._rest = data[at:]  # of a hundred bytes at most
            return
        self._inside = (data[at] & _FIN, size, data[start - _MASK_SIZE : start])
        self._go_on(data[start:], messages, data[at] & 0x0F)

    def _go_on(self, data: bytes, messages: list[str | bytes], opcode: int = CONT) -> int:
        """Take more of a frame that was not whole; returns how many bytes are of it."""
        assert self._inside is not None
        fin, missing, mask = self._inside
        piece = data[:missing]
        size, turn = len(piece), len(piece) % _MASK_SIZE
        rest = (fin, missing - size, mask[turn:] + mask[:turn])
        self._inside = rest if size < missing else None
        self._take(opcode | (fin if size == missing else 0), unmask(piece, mask), messages)
        return size

    def _check(self, first: int, size: int) -> None:
        """The rules on fragments (RFC 6455, 5.4), and the bound."""
        opcode = first & 0x0F
        if opcode & _CONTROL:
            return
        if (opcode == CONT) != (self._parts is not None):
            rule = "continues nothing" if opcode == CONT else "fragmented message is not finished"
            raise _violation(rule)
        if size + len(self._parts or b"") > self._max_size:
            text = f"message of more than {self._max_size} bytes"
            raise FrameError(CloseCode.MESSAGE_TOO_BIG, text)

    def _take(self, first: int, payload: bytes, messages: list[str | bytes]) -> None:
        opcode = first & 0x0F
        if opcode == PING:
            self._out += frame(PONG, payload) if not self._closing else b""
        elif opcode == CLOSE:
            self._take_close(payload)
        elif opcode != PONG:
            try:
                message = self._assemble(opcode, payload, bool(first & _FIN))
            except UnicodeDecodeError as error:
                raise FrameError(CloseCode.INVALID_DATA, "text is not UTF-8") from error
            if message is not None:
                messages.append(message)

    def _assemble(self, opcode: int, data: bytes, fin: bool) -> str | bytes | None:
        if fin and opcode != CONT:
            return data.decode() if opcode == TEXT else data
        if self._parts is None:
            self._parts = bytearray()
            self._decoder = _utf8_decoder() if opcode == TEXT else None
        self._parts += data
        if self._decoder is not None:
            self._decoder.decode(data, fin)  # fails at the fragment that breaks it
        if not fin:
            return None
        whole = bytes(self._parts)
        text = self._decoder is not None
        self._parts = self._decoder = None
        return whole.decode() if text else whole

    def _take_close(self, payload: bytes) -> None:
        """Answer with the same (RFC 6455, 5.5.1), unless it is the answer."""
        if self._parts is not None:
            raise _violation("fragmented message is not finished")
        try:
            self.close_code = Close.parse(payload).code
        except ProtocolError as error:
            raise _violation(str(error)) from error
        except UnicodeDecodeError as error:
            raise FrameError(CloseCode.INVALID_DATA, "reason is not UTF-8") from error
        self._end(payload)

    def _fail(self, error: FrameError) -> None:
        self.failure = error
        self._end(Close(error.code, str(error)[:_MAX_REASON]).serialize())

    def _end(self, payload: bytes) -> None:
        if not self._closing:
            self._out += frame(CLOSE, payload)
        self._closing = self._tell_end = self.ended = True

    def close(self, code: int) -> None:
        """Start the closing handshake, unless it has started."""
        if not self._closing:
            self._closing = True
            self._out += frame(CLOSE, Close(code, "").serialize())

    def to_send(self) -> tuple[bytes, bool]:
        """Return the bytes to send, and whether the TCP connection ends after them."""
        answer = self._out, self._tell_end
        self._out, self._tell_end = b"", False
        return answer
