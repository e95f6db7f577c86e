"""Strict checks of WebSocket frame heads, before the payload is received. Pure.

The websockets library checks reserved bits and control frames once the whole frame is there, and
lets lengths pass that are not encoded minimally. Source: RFC 6455, 5.2 and 5.5.
"""

from __future__ import annotations

from typing import Final

_CONTROL: Final = 0x08
_FIN: Final = 0x80
_RESERVED: Final = 0x70
_MASKED: Final = 0x80
_MASK_SIZE: Final = 4
_MAX_CONTROL: Final = 125
_EXTENDED: Final = {126: 2, 127: 8}
_OPCODES: Final = frozenset((0x0, 0x1, 0x2, 0x8, 0x9, 0xA))


class FrameHeads:
    """Follows the heads in a stream of frames.

    ``violation`` names the rule that was broken, None as long as none was.
    """

    __slots__ = ("_head", "_skip", "violation")

    def __init__(self) -> None:
        self._head = b""
        self._skip = 0
        self.violation: str | None = None

    def scan(self, data: bytes) -> int:
        """Check the heads in received bytes; returns how many of them precede a violation."""
        at = 0
        while at < len(data):
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._skip -= step
                at += step
                continue
            start = at
            at = self._take_head(data, at)
            if self.violation is not None:
                return start
        return len(data)

    def _take_head(self, data: bytes, at: int) -> int:
        """Add to the current head until it is complete; returns where that ends."""
        while at < len(data) and (missing := self._missing()):
            self._head += data[at : at + missing]
            at = min(at + missing, len(data))
        self.violation = _violation(self._head)
        if self.violation is None and not self._missing():
            self._skip = _length(self._head) + _MASK_SIZE
            self._head = b""
        return at

    def _missing(self) -> int:
        if len(self._head) < 2:
            return 2 - len(self._head)
        return 2 + _EXTENDED.get(self._head[1] & 0x7F, 0) - len(self._head)


def _length(head: bytes) -> int:
    return int.from_bytes(head[2:], "big") if len(head) > 2 else head[1] & 0x7F


def _violation(head: bytes) -> str | None:
    """Return the rule that a complete or partial head breaks."""
    opcode = head[0] & 0x0F
    if head[0] & _RESERVED:
        return "reserved bits must be 0"
    if opcode not in _OPCODES:
        return "unknown opcode"
    if opcode & _CONTROL and not head[0] & _FIN:
        return "fragmented control frame"
    return None if len(head) < 2 else _length_violation(head, opcode)


def _length_violation(head: bytes, opcode: int) -> str | None:
    short = head[1] & 0x7F
    if not head[1] & _MASKED:
        return "frame is not masked"
    if opcode & _CONTROL and short > _MAX_CONTROL:
        return "control frame too long"
    extended = _EXTENDED.get(short, 0)
    if not extended or len(head) < 2 + extended:
        return None
    length = _length(head)
    if length < (126 if extended == 2 else 65_536):
        return "length is not encoded minimally"
    return "length has its highest bit set" if length >> 63 else None
