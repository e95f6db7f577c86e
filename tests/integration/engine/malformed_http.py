"""Malformed HTTP: (rule that is broken, bytes, status). Sources: RFC 9112, RFC 9110, RFC 6455."""

from __future__ import annotations

from .wire import KEY, POLLING, WEBSOCKET

Case = tuple[str, bytes, int]
_P = POLLING.encode()
_LINE = b"GET " + _P + b" HTTP/1.1\r\n"
_HEAD = _LINE + b"Host: localhost\r\n"
_POST = b"POST " + _P + b" HTTP/1.1\r\nHost: localhost\r\n"


def _line(rule: str, line: bytes) -> Case:
    return f"request line: {rule}", line + b"\r\nHost: localhost\r\n\r\n", 400


def _target(rule: str, target: bytes) -> Case:
    return _line(f"target: {rule}", b"GET " + target + b" HTTP/1.1")


def _field(rule: str, field: bytes, status: int = 400) -> Case:
    return f"header: {rule}", _HEAD + field + b"\r\n\r\n", status


def _host(rule: str, fields: bytes) -> Case:
    return f"host: {rule}", _LINE + fields + b"\r\n", 400


def _length(rule: str, value: bytes) -> Case:
    return f"length: {rule}", _POST + b"Content-Length: " + value + b"\r\n\r\n4a", 400


def _encoding(rule: str, fields: bytes, status: int = 400) -> Case:
    return f"encoding: {rule}", _POST + fields + b"\r\n2\r\n4a\r\n0\r\n\r\n", status


_CHUNKED = b"POST /anywhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


def _chunks(rule: str, chunks: bytes, status: int = 400) -> Case:
    return f"chunk: {rule}", _CHUNKED + chunks, status


def _upgrade(rule: str, status: int = 400, start: bytes = b"GET", **changes: str) -> Case:
    fields = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
    }
    fields |= {name.replace("_", "-"): value for name, value in changes.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    version = b"HTTP/1.0" if rule == "HTTP/1.0" else b"HTTP/1.1"
    first = b"%b %b %b\r\n" % (start, WEBSOCKET.encode(), version)
    return f"upgrade: {rule}", first + lines.encode() + b"\r\n", status


REQUEST_LINES = [
    _line("separated by tabs", b"GET\t" + _P + b"\tHTTP/1.1"),
    _line("two spaces before the target", b"GET  " + _P + b" HTTP/1.1"),
    _line("two spaces before the version", b"GET " + _P + b"  HTTP/1.1"),
    _line("space at its start", b" GET " + _P + b" HTTP/1.1"),
    _line("space at its end", b"GET " + _P + b" HTTP/1.1 "),
    _line("no version (HTTP/0.9)", b"GET " + _P),
    _line("HTTP/0.9 by name", b"GET " + _P + b" HTTP/0.9"),
    _line("HTTP/1.2", b"GET " + _P + b" HTTP/1.2"),
    _line("HTTP/2.0", b"GET " + _P + b" HTTP/2.0"),
    _line("version in lower case", b"GET " + _P + b" http/1.1"),
    _line("version with leading zero", b"GET " + _P + b" HTTP/01.1"),
    _line("version with a third part", b"GET " + _P + b" HTTP/1.1.1"),
    _line("version without a dot", b"GET " + _P + b" HTTP/11"),
    _line("space within the version", b"GET " + _P + b" HTTP /1.1"),
    _line("another protocol", b"GET " + _P + b" RTSP/1.0"),
    _line("method in lower case", b"get " + _P + b" HTTP/1.1"),
    _line("method that is no token", b"G(T " + _P + b" HTTP/1.1"),
    _line("method that does not exist", b"FETCH " + _P + b" HTTP/1.1"),
    _line("no method", b"/ HTTP/1.1"),
    _line("NUL in the method", b"G\0ET " + _P + b" HTTP/1.1"),
    ("request line: ended by LF alone", _LINE.replace(b"\r\n", b"\n") + b"Host: a\r\n\r\n", 400),
    ("request line: ended by CR alone", _LINE.replace(b"\n", b"") + b"Host: a\r\n\r\n", 400),
    ("request line: three empty lines before", b"\r\n\r\n\r\n" + _HEAD + b"\r\n", 400),
    ("request line: TLS instead", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ("request line: preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ("request line: a response", b"HTTP/1.1 200 OK\r\n\r\n", 400),
]  # fmt: skip
TARGETS = [
    _target("NUL", _P + b"\0"),
    _target("encoded NUL", b"/a%00" + _P),
    _target("control character", _P + b"\x01"),
    _target("DEL", _P + b"\x7f"),
    _target("byte above ASCII", _P + b"\xe9"),
    _target("space", _P + b" x"),
    _target("fragment", _P + b"#fragment"),
    _target("fragment in the path", b"/#" + _P),
    _target("relative", _P[1:]),
    _target("asterisk with GET", b"*"),
    _target("authority form with GET", b"localhost:80"),
    _target("absolute with another scheme", b"ftp://localhost" + _P),
    _target("absolute with user and password", b"http://u:p@localhost" + _P),
    _target("absolute without a host", b"http://" + _P),
    ("target: CONNECT", b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n", 400),
]
FIELDS = [
    _field("line ended by LF alone", b"A: b\nC: d"),
    _field("line ended by CR alone", b"A: b\rC: d"),
    _field("CR CR LF", b"A: b\r"),
    _field("NUL in the value", b"A: b\0c"),
    _field("NUL in the name", b"A\0: b"),
    _field("control character in the value", b"A: b\x01c"),
    _field("vertical tab in the value", b"A: b\x0bc"),
    _field("form feed in the value", b"A: b\x0cc"),
    _field("escape in the value", b"A: b\x1bc"),
    _field("DEL in the value", b"A: b\x7fc"),
    _field("folded by a space", b"A: b\r\n c"),
    _field("folded by a tab", b"A: b\r\n\tc"),
    ("header: first one folded", _LINE + b" Host: localhost\r\n\r\n", 400),
    _field("space before the colon", b"A : b"),
    _field("tab before the colon", b"A\t: b"),
    _field("no colon", b"A b"),
    _field("empty name", b": b"),
    _field("name above ASCII", b"\xc3\xa9: b"),
    _field("bracket in the name", b"A(b): c"),
    _field("quote in the name", b'"A": b'),
    _field("slash in the name", b"A/b: c"),
    _field("space in the name", b"A b: c"),
    _field("unknown expectation", b"Expect: 200-ok", 417),
    _field("two expectations", b"Expect: 100-continue\r\nExpect: 100-continue"),
    _field("two Origins", b"Origin: http://localhost\r\nOrigin: http://localhost"),
    _field("head above its bound in many", (b"A: " + b"b" * 1000 + b"\r\n") * 17 + b"A: b", 431),
    _field("head above its bound in one", b"A: " + b"b" * 17_000, 431),
    _field("name above the bound of a head", b"A" * 17_000, 431),
    _field("too many of them", b"\r\n".join(b"A%d: b" % n for n in range(101)), 431),
    ("header: target above the bound of a head", b"GET /" + b"a" * 17_000, 431),
]
HOSTS = [
    _host("missing", b"Accept: */*\r\n"),
    _host("empty", b"Host:\r\n"),
    _host("two", b"Host: localhost\r\nHost: example.com\r\n"),
    _host("two that agree", b"Host: localhost\r\nhost: localhost\r\n"),
    _host("list", b"Host: localhost, example.com\r\n"),
    _host("space within", b"Host: local host\r\n"),
    _host("path", b"Host: localhost/path\r\n"),
    _host("user", b"Host: user@localhost\r\n"),
    _host("port that is no number", b"Host: localhost:http\r\n"),
    _host("port of six digits", b"Host: localhost:123456\r\n"),
    _host("port without digits", b"Host: localhost:\r\n"),
    _host("bracket left open", b"Host: [::1\r\n"),
    _host("markup", b"Host: <script>\r\n"),
    _host("byte above ASCII", b"Host: caf\xe9\r\n"),
]
LENGTHS = [
    _length("empty", b""),
    _length("plus sign", b"+2"),
    _length("minus sign", b"-2"),
    _length("hexadecimal", b"0x2"),
    _length("fraction", b"2.0"),
    _length("exponent", b"2e0"),
    _length("underscore", b"0_2"),
    _length("list that agrees", b"2, 2"),
    _length("list that disagrees", b"2, 3"),
    _length("space within", b"2 2"),
    _length("parameter", b"2;a=b"),
    _length("quoted", b'"2"'),
    _length("digit of another script", "\N{ARABIC-INDIC DIGIT TWO}".encode()),
    _length("above 64 bits", b"99999999999999999999"),
    _length("two that agree", b"2\r\nContent-Length: 2"),
    _length("two that disagree", b"2\r\nContent-Length: 3"),
    _length("letter", b"two"),
]
ENCODINGS = [
    _encoding("beside a length", b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"),
    _encoding("before a length", b"Transfer-Encoding: chunked\r\nContent-Length: 12\r\n"),
    _encoding("beside a length of 0", b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
    _encoding("unknown", b"Transfer-Encoding: xchunked\r\n"),
    _encoding("gzip before chunked", b"Transfer-Encoding: gzip, chunked\r\n"),
    _encoding("chunked is not the last", b"Transfer-Encoding: chunked, gzip\r\n"),
    _encoding("gzip alone", b"Transfer-Encoding: gzip\r\n"),
    _encoding("identity", b"Transfer-Encoding: identity\r\n"),
    _encoding("chunked twice in one", b"Transfer-Encoding: chunked, chunked\r\n"),
    _encoding("chunked in two", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    _encoding("hidden by a vertical tab", b"Transfer-Encoding:\x0bchunked\r\n"),
    _encoding("parameter", b"Transfer-Encoding: chunked;q=1\r\n"),
    _encoding("empty", b"Transfer-Encoding:\r\n"),
    _encoding("quoted", b'Transfer-Encoding: "chunked"\r\n'),
    ("encoding: in HTTP/1.0",
     _POST.replace(b"/1.1", b"/1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
]  # fmt: skip
CHUNKS = [
    _chunks("hexadecimal prefix", b"0x2\r\n4a\r\n0\r\n\r\n"),
    _chunks("minus sign", b"-2\r\n4a\r\n0\r\n\r\n"),
    _chunks("plus sign", b"+2\r\n4a\r\n0\r\n\r\n"),
    _chunks("space after the size", b"2 \r\n4a\r\n0\r\n\r\n"),
    _chunks("space before the size", b" 2\r\n4a\r\n0\r\n\r\n"),
    _chunks("no size", b"\r\n4a\r\n0\r\n\r\n"),
    _chunks("size that is no number", b"two\r\n4a\r\n0\r\n\r\n"),
    _chunks("size ended by LF alone", b"2\n4a\r\n0\r\n\r\n"),
    _chunks("size ended by CR alone", b"2\r4a\r\n0\r\n\r\n"),
    _chunks("size above 64 bits", b"fffffffffffffffff\r\n4a"),
    _chunks("longer than its size", b"2\r\n4abc\r\n0\r\n\r\n"),
    _chunks("shorter than its size", b"5\r\n4a\r\n0\r\n\r\nxx"),
    _chunks("data ended by LF alone", b"2\r\n4a\n0\r\n\r\n"),
    _chunks("LF within an extension", b"2;a\nb\r\n4a\r\n0\r\n\r\n"),
    _chunks("CR within an extension", b"2;a\rb\r\n4a\r\n0\r\n\r\n"),
    _chunks("NUL within an extension", b"2;a\0b\r\n4a\r\n0\r\n\r\n"),
    _chunks("trailer without a colon", b"2\r\n4a\r\n0\r\ntrailer\r\n\r\n"),
    _chunks("trailer ended by LF alone", b"2\r\n4a\r\n0\r\nA: b\n\r\n\r\n"),
    _chunks("trailer with NUL", b"2\r\n4a\r\n0\r\nA: \0\r\n\r\n"),
    _chunks("last chunk ended by LF alone", b"2\r\n4a\r\n0\n\r\n"),
    _chunks("trailer with a length", b"2\r\n4a\r\n0\r\nContent-Length: 2\r\n\r\n"),
    _chunks("body above its bound", b"fffff\r\n" + b"x" * 0xFFFFF + b"\r\n", 413),
    _chunks("mostly extensions", (b"1;" + b"x" * 20_000 + b"\r\na\r\n") * 120, 413),
]
UPGRADES = [
    _upgrade("version 8", 426, Sec_WebSocket_Version="8"),
    _upgrade("no version", 426, Sec_WebSocket_Version=""),
    _upgrade("list of versions", 426, Sec_WebSocket_Version="13, 8"),
    _upgrade("no key", Sec_WebSocket_Key=""),
    _upgrade("key of 15 bytes", Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAA"),
    _upgrade("key that is no base64", Sec_WebSocket_Key="!" * 24),
    _upgrade("key above ASCII", Sec_WebSocket_Key="\N{EURO SIGN}" * 8),
    _upgrade("two keys", Sec_WebSocket_Key=f"{KEY}\r\nSec-WebSocket-Key: {KEY}"),
    _upgrade("HTTP/1.0"),
    _upgrade("a body", Content_Length="1"),
    _upgrade("another protocol", Upgrade="h2c"),
    _upgrade("not in Connection", Connection="keep-alive"),
    _upgrade("by POST", start=b"POST"),
]

CASES = REQUEST_LINES + TARGETS + FIELDS + HOSTS + LENGTHS + ENCODINGS + CHUNKS + UPGRADES
