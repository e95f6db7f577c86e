"""The request parser, on bytes. Source: RFC 9112."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsocketio.engine import EngineSettings
from pgsocketio.engine.errors import RequestError
from pgsocketio.engine.http import Request, RequestParser, response_head

SETTINGS = EngineSettings(max_header_size=2000)


def parse(data: bytes, sizes: list[int] | None = None) -> tuple[RequestParser, bytes]:
    """Feed data in segments until the request is complete; returns what was not taken, too."""
    parser = RequestParser(SETTINGS)
    rest = b""
    for size in [*(sizes or []), len(data)]:
        piece, data = data[:size], data[size:]
        rest += piece
        while rest and not parser.complete:
            head_was_known = parser.request is not None
            rest = parser.feed(rest)
            if parser.request is not None and not head_was_known:
                parser.accept_body(1000)
    return parser, rest


GET = (
    b"GET /a?b=c HTTP/1.1\r\nHost: localhost\r\nX: y\r\nx:  z \r\n"
    b"Cookie: a=b\r\ncookie: c=d\r\n\r\n"
)


def test_request() -> None:
    parser, rest = parse(GET + b"more")
    request = parser.request
    assert request is not None
    assert (request.method, request.path, request.query) == ("GET", "/a", "b=c")
    assert request.headers == {"host": "localhost", "x": "y, z", "cookie": "a=b; c=d"}
    assert request.keep_alive
    assert rest == b"more"


@given(st.binary(max_size=200), st.lists(st.integers(1, 30), max_size=30), st.booleans())
def test_bodies_survive_any_segmentation(body: bytes, sizes: list[int], chunked: bool) -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
    if chunked:
        chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        data = head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + b"0\r\n\r\n"
    else:
        data = head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    parser, rest = parse(data, sizes)
    assert parser.complete
    assert parser.request is not None
    assert parser.request.body == body
    assert rest == b""


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    with suppress(RequestError):
        parse(data)


MUTATED = st.tuples(st.integers(0, len(GET) - 5), st.binary(min_size=1, max_size=2))


@given(MUTATED)
def test_what_passes_a_mutation_has_no_forbidden_bytes(mutation: tuple[int, bytes]) -> None:
    at, inserted = mutation
    data = GET[:at] + inserted + GET[at:]
    try:
        parser, _ = parse(data)
    except RequestError:
        return
    if parser.request is not None:
        request = parser.request
        values = [request.path, request.query, *request.headers, *request.headers.values()]
        assert not any(ord(c) < 32 and c != "\t" for value in values for c in value)


def test_chunk_overhead_is_bounded() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    with pytest.raises(RequestError) as caught:
        parse(head + (b"1;" + b"x" * 5000 + b"\r\na\r\n") * 20)
    assert caught.value.status == 413


@pytest.mark.parametrize(
    "fields",
    [
        [("content-length", "1"), ("transfer-encoding", "chunked")],
        [("content-length", "1"), ("content-length", "1")],
        [("transfer-encoding", "gzip, chunked")],
        [("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
    ],
)
def test_ambiguous_framing_is_refused_whatever_the_parser_says(
    fields: list[tuple[str, str]],
) -> None:
    with pytest.raises(RequestError):
        Request("POST", "/", [("host", "a"), *fields], http11=True)


def test_connection_options() -> None:
    fields = [("host", "a"), ("connection", "Upgrade, CLOSE")]
    assert not Request("GET", "/", fields, http11=True).keep_alive
    assert Request("GET", "/", [("connection", "Keep-Alive")], http11=False).keep_alive


def test_response_head() -> None:
    head = response_head(200, [("A", "b")])
    assert head.startswith(b"HTTP/1.1 200 OK\r\nA: b\r\nDate: ")
    assert head.endswith(b" GMT\r\n\r\n")
    assert response_head(299, [("date", "x")]) == b"HTTP/1.1 299 Unknown\r\ndate: x\r\n\r\n"


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\rb", "a\0b"])
def test_response_head_refuses_line_breaks(value: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        response_head(200, [("A", value)])
