"""Malformed frames and packets over WebSocket: (rule that is broken, bytes, close code).

Sources: RFC 6455, sections in brackets; Engine.IO protocol, revision 4.
"""

from __future__ import annotations

import struct

from .wire import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame

Case = tuple[str, bytes, int]


def _close(rule: str, payload: bytes, code: int = 1002) -> Case:
    return f"close frame: {rule} [7.4]", frame(CLOSE, payload), code


def _code(code: int, why: str) -> Case:
    return _close(f"code {code}, {why}", struct.pack("!H", code))


def _text(rule: str, payload: bytes) -> Case:
    return f"UTF-8: {rule} [8.1]", frame(TEXT, b"4" + payload), 1007


def _packet(rule: str, text: bytes) -> Case:
    return f"packet: {rule} [Engine.IO]", frame(TEXT, text), 1002


FRAMES: list[Case] = [
    ("not masked [5.1]", frame(TEXT, b"4a", masked=False), 1002),
    ("control frame not masked [5.1]", frame(PING, b"", masked=False), 1002),
    ("RSV1 without an extension [5.2]", frame(TEXT, b"4a", reserved=0x40), 1002),
    ("RSV2 [5.2]", frame(TEXT, b"4a", reserved=0x20), 1002),
    ("RSV3 [5.2]", frame(BINARY, b"a", reserved=0x10), 1002),
    ("RSV1 on a control frame [5.2]", frame(PING, b"a", reserved=0x40), 1002),
    ("RSV1 on a continuation [5.2]", frame(TEXT, b"4", fin=False)
     + frame(CONT, b"a", reserved=0x40), 1002),
    ("RSV is refused before the payload comes [5.2]",
     frame(BINARY, b"x" * 900_000, reserved=0x40)[:2], 1002),
    ("reserved data opcode 3 [5.2]", frame(3, b"a"), 1002),
    ("reserved data opcode 7 [5.2]", frame(7, b""), 1002),
    ("reserved control opcode 11 [5.2]", frame(11, b"a"), 1002),
    ("reserved control opcode 15 [5.2]", frame(15, b""), 1002),
    ("16-bit length below 126 [5.2]", b"\x81\xfe\x00\x7d\0\0\0\0" + b"4" * 125, 1002),
    ("64-bit length below 65536 [5.2]", b"\x81\xff" + struct.pack("!Q", 65_535), 1002),
    ("64-bit length with its highest bit [5.2]", b"\x82\xff" + b"\x80" + bytes(7), 1002),
    ("fragmented ping [5.4]", frame(PING, b"a", fin=False), 1002),
    ("fragmented pong [5.4]", frame(PONG, b"a", fin=False), 1002),
    ("fragmented close [5.4]", frame(CLOSE, struct.pack("!H", 1000), fin=False), 1002),
    ("ping of 126 bytes [5.5]", frame(PING, b"a" * 126), 1002),
    ("pong of 70000 bytes [5.5]", frame(PONG, b"a" * 70_000), 1002),
    ("close of 126 bytes [5.5]", frame(CLOSE, struct.pack("!H", 1000) + b"a" * 124), 1002),
    ("continuation of nothing [5.4]", frame(CONT, b"a"), 1002),
    ("continuation of nothing, not final [5.4]", frame(CONT, b"a", fin=False), 1002),
    ("continuation after the message ended [5.4]", frame(BINARY, b"a", fin=False)
     + frame(CONT, b"b") + frame(CONT, b"c"), 1002),
    ("text within a text [5.4]", frame(TEXT, b"4", fin=False) + frame(TEXT, b"4a"), 1002),
    ("binary within a text [5.4]", frame(TEXT, b"4", fin=False) + frame(BINARY, b"a"), 1002),
    ("text within a binary [5.4]", frame(BINARY, b"4", fin=False) + frame(TEXT, b"a"), 1002),
    ("message above its bound [7.4.1]", frame(BINARY, b"x" * 1_000_001)[:14], 1009),
    ("message far above its bound [7.4.1]", b"\x82\xff" + struct.pack("!Q", 2**62) + b"mask", 1009),
    ("fragments above the bound together [7.4.1]", frame(BINARY, b"x" * 600_000, fin=False)
     + frame(CONT, b"x" * 400_001, fin=False)[:14], 1009),
    ("a violation after a good frame [5.2]", frame(PONG, b"ok") + frame(4, b""), 1002),
]  # fmt: skip
CLOSES = [
    _close("one byte", b"\x03"),
    _code(0, "below 1000"),
    _code(999, "below 1000"),
    _code(1004, "reserved"),
    _code(1005, "never on the wire"),
    _code(1006, "never on the wire"),
    _code(1015, "never on the wire"),
    _code(1016, "not assigned"),
    _code(1999, "not assigned"),
    _code(2999, "reserved for extensions"),
    _code(5000, "beyond the private range"),
    _code(65_535, "beyond the private range"),
    _close("reason that is not UTF-8", struct.pack("!H", 1000) + b"\xff", 1007),
    _close("reason cut within a character", struct.pack("!H", 1000) + b"\xe2\x82", 1007),
    ("close frame: within a fragmented message [5.5.1]", frame(TEXT, b"4", fin=False)
     + frame(CLOSE, struct.pack("!H", 1000)), 1002),
]  # fmt: skip
TEXTS = [
    _text("byte that never occurs", b"\xff"),
    _text("continuation byte alone", b"\x80"),
    _text("overlong slash", b"\xc0\xaf"),
    _text("overlong NUL", b"\xe0\x80\x80"),
    _text("half of a surrogate pair", b"\xed\xa0\x80"),
    _text("above U+10FFFF", b"\xf4\x90\x80\x80"),
    _text("five bytes", b"\xf8\x88\x80\x80\x80"),
    _text("cut within a character", b"\xe2\x82"),
    _text("lead byte followed by ASCII", b"\xe2a"),
    ("UTF-8: fails in the first fragment [8.1]", frame(TEXT, b"4\xff", fin=False), 1007),
    ("UTF-8: fails in a later fragment [8.1]", frame(TEXT, b"4\xe2", fin=False)
     + frame(CONT, b"a", fin=False), 1007),
    ("UTF-8: cut at the end of the fragments [8.1]", frame(TEXT, b"4\xe2", fin=False)
     + frame(CONT, b"\x82"), 1007),
]  # fmt: skip
PACKETS = [
    _packet("empty", b""),
    _packet("letter as its type", b"abc"),
    _packet("type above 6", b"7"),
    _packet("space before the type", b" 4a"),
    _packet("character above ASCII as its type", "\N{EURO SIGN}".encode()),
    _packet("digit of another script as its type", "\N{ARABIC-INDIC DIGIT FOUR}a".encode()),
    _packet("base64 as in polling", b"bAAE="),
    _packet("ping, which only the server sends", b"2"),
    _packet("probe outside of an upgrade", b"2probe"),
    ("packet: empty in fragments [Engine.IO]", frame(TEXT, b"", fin=False) + frame(CONT), 1002),
]

CASES = FRAMES + CLOSES + TEXTS + PACKETS
