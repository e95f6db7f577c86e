"""Malformed Engine.IO requests: (rule, method, queries, bodies, error code); all get 400.

Inputs of one case (queries, or bodies) take the same path through the server; no two cases do.
{sid} in a query stands for the sid of an open polling connection. Source: Engine.IO protocol,
revision 4; the codes are those of the reference server.
"""

from __future__ import annotations

from typing import Final

TRANSPORT, SID, METHOD, REQUEST, FORBIDDEN, VERSION = range(6)
Case = tuple[str, str, tuple[str, ...], tuple[bytes, ...], int]
_NEW: Final = "EIO=4&transport=polling"
_OPEN: Final = _NEW + "&sid={sid}"


def _get(rule: str, code: int, *queries: str) -> Case:
    return f"query: {rule}", "GET", queries, (b"",), code


def _payload(rule: str, *bodies: bytes) -> Case:
    return f"payload: {rule}", "POST", (_OPEN,), bodies, REQUEST


QUERIES = [
    _get("transport that does not exist", TRANSPORT, "", "EIO=4", "EIO=4&transport=tcp",
         "EIO=4&transport=", "EIO=4&transport=webtransport", "EIO=4&transport=POLLING"),
    _get("a field twice", REQUEST, "EIO=4&transport=polling&transport=websocket",
         "EIO=4&EIO=3&transport=polling", _OPEN + "&sid={sid}"),
    _get("version that is not 4", VERSION, "transport=polling", "EIO=&transport=polling",
         "EIO=3&transport=polling", "EIO=5&transport=polling", "EIO=abc&transport=polling",
         "EIO=04&transport=polling", "eio=4&transport=polling"),
    _get("unknown sid", SID, _NEW + "&sid=unknown", _NEW + "&sid=", _NEW + "&sid=%00",
         _NEW + "&sid=%ff", _OPEN + "x", _NEW + "&sid=__class__"),
    _get("websocket without upgrade", REQUEST, "EIO=4&transport=websocket"),
    _get("websocket with a sid, without upgrade", REQUEST, _OPEN.replace("polling", "websocket")),
]
METHODS = [
    ("method: POST as a handshake", "POST", (_NEW,), (b"4a",), METHOD),
    ("method: POST to an unknown sid", "POST", (_NEW + "&sid=x",), (b"4a",), SID),
    *((f"method: {method} to a sid", method, (_OPEN,), (b"",), METHOD)
      for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND")),
]  # fmt: skip
PAYLOADS = [
    _payload("type that does not exist", b"abc", b"7x", b"BAAE=", b"2:4a", b"\xef\xbb\xbf4a",
             b"\x004a", b"\n4a", b"d=4a", b"", b"\x1e", b"\x1e4a"),
    _payload("good packets before a bad one", b"4a\x1e4b\x1e9", b"4a\x1e", b"4a\x1e\x1e4b"),
    _payload("base64 of a length that it cannot have", b"bAA", b"bAAE==", b"bAAAAA", b"b4AAE="),
    _payload("base64 of other characters, or padded within", b"bAA==AA==", b"bAAA\nAAA=",
             b"b__--", b"b\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"),
    _payload("not UTF-8", b"4\xff", b"4\xe2\x82", b"4\xed\xa0\x80"),
    _payload("ping, which only the server sends", b"2", b"2probe"),
    _payload("ping after a good packet", b"4a\x1e2"),
    _payload("too many packets", b"\x1e".join([b"4"] * 1_001)),
]  # fmt: skip

CASES: list[Case] = [*QUERIES, *METHODS, *PAYLOADS]
