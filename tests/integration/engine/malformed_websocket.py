"""Malformed frames and packets over WebSocket: (rule that is broken, inputs, close code).

Inputs of one case take the same path through the server; no two cases do. Sources: RFC 6455,
sections in brackets; Engine.IO protocol, revision 4.
"""

from __future__ import annotations

import struct

from .wire import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame

Case = tuple[str, tuple[bytes, ...], int]
NORMAL = struct.pack("!H", 1000)


def _frames(rule: str, *inputs: bytes, code: int = 1002) -> Case:
    return rule, inputs, code


def _closes(rule: str, *payloads: bytes, code: int = 1002) -> Case:
    return f"close frame: {rule} [7.4]", tuple(frame(CLOSE, each) for each in payloads), code


def _packets(rule: str, *texts: bytes) -> Case:
    return f"packet: {rule} [Engine.IO]", tuple(frame(TEXT, text) for text in texts), 1002


FRAMES: list[Case] = [
    _frames("not masked [5.1]", frame(TEXT, b"4a", masked=False), frame(PING, masked=False)),
    _frames("reserved bits without an extension [5.2]", frame(TEXT, b"4a", reserved=0x40),
            frame(TEXT, b"4a", reserved=0x20), frame(BINARY, b"a", reserved=0x10),
            frame(PING, b"a", reserved=0x40), frame(BINARY, b"x" * 900_000, reserved=0x40)[:2]),
    _frames("reserved bits on a continuation [5.2]",
            frame(TEXT, b"4", fin=False) + frame(CONT, b"a", reserved=0x40)),
    _frames("reserved opcode [5.2]", frame(3, b"a"), frame(7), frame(11, b"a"), frame(15)),
    _frames("length not in its shortest form [5.2]", b"\x81\xfe\x00\x7d\0\0\0\0" + b"4" * 125,
            b"\x81\xff" + struct.pack("!Q", 65_535)),
    _frames("64-bit length with its highest bit [5.2]", b"\x82\xff" + b"\x80" + bytes(7)),
    _frames("fragmented control frame [5.4]", frame(PING, b"a", fin=False),
            frame(PONG, b"a", fin=False), frame(CLOSE, NORMAL, fin=False)),
    _frames("control frame of more than 125 bytes [5.5]", frame(PING, b"a" * 126),
            frame(PONG, b"a" * 70_000), frame(CLOSE, NORMAL + b"a" * 124)),
    _frames("continuation of nothing [5.4]", frame(CONT, b"a"), frame(CONT, b"a", fin=False)),
    _frames("continuation after the message ended [5.4]",
            frame(BINARY, b"a", fin=False) + frame(CONT, b"b") + frame(CONT, b"c")),
    _frames("message within a text [5.4]", frame(TEXT, b"4", fin=False) + frame(TEXT, b"4a"),
            frame(TEXT, b"4", fin=False) + frame(BINARY, b"a")),
    _frames("message within a binary one [5.4]",
            frame(BINARY, b"4", fin=False) + frame(TEXT, b"a")),
    _frames("message above its bound [7.4.1]", frame(BINARY, b"x" * 1_000_001)[:14],
            b"\x82\xff" + struct.pack("!Q", 2**62) + b"mask", code=1009),
    _frames("fragments above the bound together [7.4.1]",
            frame(BINARY, b"x" * 600_000, fin=False) + frame(CONT, b"x" * 400_001, fin=False)[:14],
            code=1009),
    _frames("a violation after a pong [5.2]", frame(PONG, b"ok") + frame(4)),
    _frames("a violation after a ping, which is answered [5.2]", frame(PING, b"ok") + frame(4)),
]  # fmt: skip
CLOSES = [
    _closes("one byte", b"\x03"),
    _closes("code that may not be sent", *(struct.pack("!H", code) for code in (
        0, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2999, 5000, 65_535))),
    _closes("reason that is not UTF-8", NORMAL + b"\xff", NORMAL + b"\xe2\x82", code=1007),
    _frames("close frame: within a fragmented message [5.5.1]",
            frame(TEXT, b"4", fin=False) + frame(CLOSE, NORMAL)),
]  # fmt: skip
TEXTS = [
    _frames("UTF-8: what it cannot be [8.1]", *(frame(TEXT, b"4" + text) for text in (
        b"\xff", b"\x80", b"\xc0\xaf", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80", b"\xe2\x82", b"\xe2a")), code=1007),
    _frames("UTF-8: fails in the first fragment [8.1]", frame(TEXT, b"4\xff", fin=False),
            code=1007),
    _frames("UTF-8: fails before the frame is whole [8.1]",
            frame(TEXT, b"4a\xff" + b"a" * 100)[:20], code=1007),
    _frames("UTF-8: fails in a later fragment [8.1]",
            frame(TEXT, b"4\xe2", fin=False) + frame(CONT, b"a", fin=False),
            frame(TEXT, b"4\xe2", fin=False) + frame(CONT, b"\x82"), code=1007),
]  # fmt: skip
PACKETS = [
    _packets("type that does not exist", b"", b"abc", b"7", b" 4a", "\N{EURO SIGN}".encode(),
             "\N{ARABIC-INDIC DIGIT FOUR}a".encode(), b"bAAE="),
    _packets("ping, which only the server sends", b"2", b"2probe"),
    _frames("packet: empty in fragments [Engine.IO]", frame(TEXT, fin=False) + frame(CONT)),
]  # fmt: skip

CASES = FRAMES + CLOSES + TEXTS + PACKETS
LATER = [case for case in CASES if not case[0].startswith((
    "reserved bits without", "reserved opcode", "fragmented control",
))]  # not what shows in the first byte
PROBING = FRAMES + CLOSES + TEXTS + PACKETS[:1]  # whatever a probe may not send is one to it
