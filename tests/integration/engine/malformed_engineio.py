"""Malformed Engine.IO requests: (rule, method, query, body, status, error code).

{sid} in a query stands for the sid of an open polling connection. Source: Engine.IO protocol,
revision 4; the codes are those of the reference server.
"""

from __future__ import annotations

from typing import Final

TRANSPORT, SID, METHOD, REQUEST, FORBIDDEN, VERSION = range(6)
Case = tuple[str, str, str, bytes | None, int, int]
_OPEN: Final = "EIO=4&transport=polling&sid={sid}"


def _get(rule: str, query: str, code: int) -> Case:
    return f"query: {rule}", "GET", query, None, 400, code


def _method(method: str, query: str) -> Case:
    return f"method: {method} {query[-9:]}", method, query, b"", 400, METHOD


def _payload(rule: str, body: bytes) -> Case:
    return f"payload: {rule}", "POST", _OPEN, body, 400, REQUEST


QUERIES = [
    _get("empty", "", TRANSPORT),
    _get("no transport", "EIO=4", TRANSPORT),
    _get("unknown transport", "EIO=4&transport=tcp", TRANSPORT),
    _get("empty transport", "EIO=4&transport=", TRANSPORT),
    _get("transport of a later revision", "EIO=4&transport=webtransport", TRANSPORT),
    _get("transport in capitals", "EIO=4&transport=POLLING", TRANSPORT),
    _get("two transports", "EIO=4&transport=polling&transport=websocket", REQUEST),
    _get("no version", "transport=polling", VERSION),
    _get("empty version", "EIO=&transport=polling", VERSION),
    _get("version 3", "EIO=3&transport=polling", VERSION),
    _get("version 5", "EIO=5&transport=polling", VERSION),
    _get("version that is no number", "EIO=abc&transport=polling", VERSION),
    _get("version with leading zero", "EIO=04&transport=polling", VERSION),
    _get("version in lower case", "eio=4&transport=polling", VERSION),
    _get("two versions", "EIO=4&EIO=3&transport=polling", REQUEST),
    _get("unknown sid", "EIO=4&transport=polling&sid=unknown", SID),
    _get("empty sid", "EIO=4&transport=polling&sid=", SID),
    _get("sid with NUL", "EIO=4&transport=polling&sid=%00", SID),
    _get("sid that is not UTF-8", "EIO=4&transport=polling&sid=%ff", SID),
    _get("sid with something behind", _OPEN + "x", SID),
    _get("two sids", _OPEN + "&sid={sid}", REQUEST),
    _get("sid of a name of Python", "EIO=4&transport=polling&sid=__class__", SID),
    _get("websocket without upgrade", "EIO=4&transport=websocket", REQUEST),
    _get("websocket with a sid, without upgrade", _OPEN.replace("polling", "websocket"), REQUEST),
]
METHODS = [
    ("method: POST as a handshake", "POST", "EIO=4&transport=polling", b"4a", 400, METHOD),
    ("method: POST to an unknown sid", "POST", "EIO=4&transport=polling&sid=x", b"4a", 400, SID),
    _method("PUT", _OPEN),
    _method("PUT", "EIO=4&transport=polling"),
    _method("DELETE", _OPEN),
    _method("PATCH", _OPEN),
    _method("TRACE", _OPEN),
    _method("PROPFIND", _OPEN),
]
PAYLOADS = [
    _payload("empty", b""),
    _payload("letter as type", b"abc"),
    _payload("type above 6", b"7x"),
    _payload("capital B", b"BAAE="),
    _payload("separator alone", b"\x1e"),
    _payload("separator at the end", b"4a\x1e"),
    _payload("separator at the start", b"\x1e4a"),
    _payload("two separators", b"4a\x1e\x1e4b"),
    _payload("length prefix of revision 3", b"2:4a"),
    _payload("binary prefix of revision 3", b"b4AAE="),
    _payload("padding missing", b"bAAE"[:3]),
    _payload("padding in the middle", b"bAA==AA=="),
    _payload("too much padding", b"bAAE=="),
    _payload("base64 of five characters", b"bAAAAA"),
    _payload("line break in base64", b"bAAAA\nAAAA"),
    _payload("base64 of the URL alphabet", b"b__--"),
    _payload("base64 above ASCII", b"b\xc3\xa9\xc3\xa9"),
    _payload("not UTF-8", b"4\xff"),
    _payload("UTF-8 cut short", b"4\xe2\x82"),
    _payload("half of a surrogate pair", b"4\xed\xa0\x80"),
    _payload("byte order mark", b"\xef\xbb\xbf4a"),
    _payload("NUL as type", b"\x004a"),
    _payload("line break before the type", b"\n4a"),
    _payload("JSONP form", b"d=4a"),
    _payload("good packets before a bad one", b"4a\x1e4b\x1e9"),
    _payload("ping, which only the server sends", b"2"),
    _payload("probe while polling", b"2probe"),
    _payload("too many packets", b"\x1e".join([b"4"] * 1_001)),
]

CASES: list[Case] = [*QUERIES, *METHODS, *PAYLOADS]
