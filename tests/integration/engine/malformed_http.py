"""Malformed HTTP: (rule that is broken, inputs that break it, status).

Inputs of one case take the same path through the server; no two cases do. Sources: RFC 9112,
RFC 9110, RFC 6455.
"""

from __future__ import annotations

from .wire import KEY, POLLING, WEBSOCKET

Case = tuple[str, tuple[bytes, ...], int]
_P = POLLING.encode()
_LINE = b"GET " + _P + b" HTTP/1.1\r\n"
_HEAD = _LINE + b"Host: localhost\r\n"
_POST = b"POST " + _P + b" HTTP/1.1\r\nHost: localhost\r\n"
_CHUNKED = b"POST /anywhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


def _line(rule: str, *lines: bytes) -> Case:
    inputs = (line + b"\r\nHost: localhost\r\n\r\n" for line in lines)
    return f"request line: {rule}", tuple(inputs), 400


def _target(rule: str, *targets: bytes) -> Case:
    name, inputs, status = _line(rule, *(b"GET " + target + b" HTTP/1.1" for target in targets))
    return name.replace("request line", "target"), inputs, status


def _field(rule: str, *fields: bytes, status: int = 400) -> Case:
    return f"header: {rule}", tuple(_HEAD + field + b"\r\n\r\n" for field in fields), status


def _host(rule: str, *fields: bytes) -> Case:
    return f"host: {rule}", tuple(_LINE + field + b"\r\n" for field in fields), 400


def _length(rule: str, *values: bytes) -> Case:
    inputs = (_POST + b"Content-Length: " + value + b"\r\n\r\n4a" for value in values)
    return f"length: {rule}", tuple(inputs), 400


def _encoding(rule: str, *fields: bytes) -> Case:
    inputs = (_POST + field + b"\r\n2\r\n4a\r\n0\r\n\r\n" for field in fields)
    return f"encoding: {rule}", tuple(inputs), 400


def _chunks(rule: str, *bodies: bytes, status: int = 400) -> Case:
    return f"chunk: {rule}", tuple(_CHUNKED + body for body in bodies), status


def _upgrade_request(start: bytes = b"GET", version: bytes = b"1.1", **changes: str) -> bytes:
    fields = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
    }
    fields |= {name.replace("_", "-"): value for name, value in changes.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    first = b"%b %b HTTP/%b\r\n" % (start, WEBSOCKET.encode(), version)
    return first + lines.encode() + b"\r\n"


def _upgrade(rule: str, *requests: bytes, status: int = 400) -> Case:
    return f"upgrade: {rule}", requests, status


REQUEST_LINES = [
    _line("separated by tabs", b"GET\t" + _P + b"\tHTTP/1.1"),
    _line("one space between its parts, and HTTP/1.0 or 1.1",
          b"GET  " + _P + b" HTTP/1.1", b"GET " + _P + b"  HTTP/1.1", b"GET " + _P,
          b"GET " + _P + b" HTTP/0.9", b"GET " + _P + b" HTTP/2.0", b"GET " + _P + b" RTSP/1.0",
          b"\r\n\r\n\r\n" + _LINE[:-2], b"PRI * HTTP/2.0\r\n\r\nSM"),
    _line("method that does not exist",
          b"FETCH " + _P + b" HTTP/1.1", b" GET " + _P + b" HTTP/1.1", b"get " + _P + b" HTTP/1.1",
          b"G(T " + _P + b" HTTP/1.1", b"/ HTTP/1.1", b"G\0ET " + _P + b" HTTP/1.1",
          b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"HTTP/1.1 200 OK"),
    _line("not ended by CR LF", b"GET " + _P + b" HTTP/1.1 ", b"GET " + _P + b" HTTP/1.1.1",
          _LINE[:-2] + b"\nHost: a", _LINE[:-2] + b"\rHost: a"),
    _line("version that does not exist", b"GET " + _P + b" HTTP/1.2"),
    _line("another word than HTTP", b"GET " + _P + b" http/1.1", b"GET " + _P + b" HTTP /1.1",
          b"GET " + _P + b" x HTTP/1.1"),
    _line("version of more digits", b"GET " + _P + b" HTTP/01.1", b"GET " + _P + b" HTTP/11"),
]  # fmt: skip
TARGETS = [
    _target("control character or byte above ASCII", _P + b"\0", _P + b"\x01", _P + b"\x7f",
            _P + b"\xe9"),
    _target("what no path may be", b"/a%00" + _P, _P + b"#fragment", b"/#" + _P, b"*",
            b"ftp://localhost" + _P),
    _target("more query fields than 50 (bound)", _P + b"&a=1" * 50),
    _target("relative", _P[1:], b"localhost:80"),
    _target("absolute without a host alone", b"http://" + _P, b"http://u:p@localhost" + _P),
    ("target: CONNECT", (b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n",), 400),
]  # fmt: skip
FIELDS = [
    _field("line ended by LF alone", b"A: b\nC: d"),
    _field("line ended by CR alone", b"A: b\rC: d", b"A: b\r"),
    _field("control character in the value", b"A: b\0c", b"A: b\x01c", b"A: b\x0bc", b"A: b\x0cc",
           b"A: b\x1bc", b"A: b\x7fc", b"Transfer-Encoding:\x0bchunked"),
    _field("name that is no token", b"A\0: b", b"A : b", b"A\t: b", b"A b", b": b", b"\xc3\xa9: b",
           b"A(b): c", b'"A": b', b"A/b: c", b"A b: c"),
    _field("folded", b"A: b\r\n c", b"A: b\r\n\tc"),
    ("header: first one folded", (_LINE + b" Host: localhost\r\n\r\n",), 400),
    _field("unknown expectation", b"Expect: 200-ok", status=417),
    _field("two expectations", b"Expect: 100-continue\r\nExpect: 100-continue"),
    _field("two Origins", b"Origin: http://localhost\r\nOrigin: http://localhost"),
    _field("head above its bound", (b"A: " + b"b" * 1000 + b"\r\n") * 17 + b"A: b",
           b"A: " + b"b" * 17_000, b"A" * 17_000, status=431),
    _field("too many of them", b"\r\n".join(b"A%d: b" % n for n in range(101)), status=431),
]  # fmt: skip
HOSTS = [
    _host("missing", b"Accept: */*\r\n"),
    _host("no name with an optional port", b"Host:\r\n", b"Host: localhost, example.com\r\n",
          b"Host: local host\r\n", b"Host: localhost/path\r\n", b"Host: user@localhost\r\n",
          b"Host: localhost:http\r\n", b"Host: localhost:123456\r\n", b"Host: localhost:\r\n",
          b"Host: [::1\r\n", b"Host: <script>\r\n", b"Host: caf\xe9\r\n"),
    _host("two", b"Host: localhost\r\nHost: example.com\r\n",
          b"Host: localhost\r\nhost: localhost\r\n"),
]  # fmt: skip
LENGTHS = [
    _length("empty", b""),
    _length("digits alone", b"+2", b"-2", b"0x2", b"2.0", b"2e0", b"0_2", b"2, 2", b"2, 3", b"2 2",
            b"2;a=b", b'"2"', b"two", "\N{ARABIC-INDIC DIGIT TWO}".encode()),
    _length("above 64 bits", b"99999999999999999999"),
    _length("two", b"2\r\nContent-Length: 2", b"2\r\nContent-Length: 3"),
]  # fmt: skip
ENCODINGS = [
    _encoding("beside a length", b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
              b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
    _encoding("before a length", b"Transfer-Encoding: chunked\r\nContent-Length: 12\r\n"),
    _encoding("unknown", b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding: gzip\r\n",
              b"Transfer-Encoding: identity\r\n", b"Transfer-Encoding: chunked;q=1\r\n",
              b'Transfer-Encoding: "chunked"\r\n'),
    _encoding("chunked is not the last, and once", b"Transfer-Encoding: chunked, gzip\r\n",
              b"Transfer-Encoding: chunked, chunked\r\n",
              b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    _encoding("empty", b"Transfer-Encoding:\r\n"),
    ("encoding: anything but chunked alone, in HTTP/1.1", (
        _POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        _POST.replace(b"/1.1", b"/1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ), 400),
]  # fmt: skip
CHUNKS = [
    _chunks("size of hexadecimal digits alone", b"0x2\r\n4a\r\n0\r\n\r\n",
            b"-2\r\n4a\r\n0\r\n\r\n", b"+2\r\n4a\r\n0\r\n\r\n", b"2 \r\n4a\r\n0\r\n\r\n",
            b" 2\r\n4a\r\n0\r\n\r\n", b"\r\n4a\r\n0\r\n\r\n", b"two\r\n4a\r\n0\r\n\r\n"),
    _chunks("size ended by LF alone", b"2\n4a\r\n0\r\n\r\n"),
    _chunks("size ended by CR alone", b"2\r4a\r\n0\r\n\r\n", b"2;a\rb\r\n4a\r\n0\r\n\r\n"),
    _chunks("size above 64 bits", b"fffffffffffffffff\r\n4a"),
    _chunks("longer than its size", b"2\r\n4abc\r\n0\r\n\r\n"),
    _chunks("shorter than its size", b"5\r\n4a\r\n0\r\n\r\nxx"),
    _chunks("data ended by LF alone", b"2\r\n4a\n0\r\n\r\n"),
    _chunks("LF within an extension", b"2;a\nb\r\n4a\r\n0\r\n\r\n"),
    _chunks("NUL within an extension", b"2;a\0b\r\n4a\r\n0\r\n\r\n"),
    _chunks("trailer without a colon", b"2\r\n4a\r\n0\r\ntrailer\r\n\r\n"),
    _chunks("trailer ended by LF alone", b"2\r\n4a\r\n0\r\nA: b\n\r\n\r\n"),
    _chunks("trailer with NUL", b"2\r\n4a\r\n0\r\nA: \0\r\n\r\n"),
    _chunks("last chunk ended by LF alone", b"2\r\n4a\r\n0\n\r\n"),
    _chunks("trailer with a length", b"2\r\n4a\r\n0\r\nContent-Length: 2\r\n\r\n"),
    _chunks("body above its bound, extensions included", b"fffff\r\n" + b"x" * 0xFFFFF + b"\r\n",
            (b"1;" + b"x" * 20_000 + b"\r\na\r\n") * 120, status=413),
]  # fmt: skip
UPGRADES = [
    _upgrade("no version but 13", _upgrade_request(Sec_WebSocket_Version="8"),
             _upgrade_request(Sec_WebSocket_Version=""),
             _upgrade_request(Sec_WebSocket_Version="13, 8"), status=426),
    _upgrade("key of 16 bytes", _upgrade_request(Sec_WebSocket_Key=""),
             _upgrade_request(Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAA")),
    _upgrade("key that is no base64", _upgrade_request(Sec_WebSocket_Key="!" * 24),
             _upgrade_request(Sec_WebSocket_Key="\N{EURO SIGN}" * 8)),
    _upgrade("two keys", _upgrade_request(Sec_WebSocket_Key=f"{KEY}\r\nSec-WebSocket-Key: {KEY}")),
    _upgrade("GET of HTTP/1.1 without a body", _upgrade_request(version=b"1.0"),
             _upgrade_request(Content_Length="1")),
    _upgrade("another protocol", _upgrade_request(Upgrade="h2c"),
             _upgrade_request(Connection="keep-alive")),
    _upgrade("by POST", _upgrade_request(start=b"POST")),
]  # fmt: skip

CASES = REQUEST_LINES + TARGETS + FIELDS + HOSTS + LENGTHS + ENCODINGS + CHUNKS + UPGRADES
