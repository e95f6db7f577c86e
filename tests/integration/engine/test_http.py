"""HTTP in front, and the WSGI fallback. Sources: RFC 9112, PEP 3333."""

from __future__ import annotations

import pytest

from .conftest import Start
from .wire import PATIENCE, POLLING, Http, open_polling, open_websocket, request


@pytest.fixture(scope="module")
def wsgi(start: Start) -> int:
    return start("fallback", max_fallback_body=50_000, max_fallback_requests=2).port


def test_without_a_fallback_there_is_404(port: int) -> None:
    with Http(port) as http:
        response = http.get("/<script>")
        assert (response.status, response.body) == (404, b"Not found")
        assert http.get("/again").status == 404


def test_a_page_of_the_fallback_may_share_the_path(wsgi: int) -> None:
    with Http(wsgi) as http:
        assert http.get("/socket.io/?page=1").json()["PATH_INFO"] == "/socket.io/"
        assert http.get(POLLING).body.startswith(b'0{"sid"')


def test_keep_alive_and_close(port: int) -> None:
    with Http(port) as http:
        assert "connection" not in http.get(POLLING).headers
        assert http.get(POLLING, Connection="Close").headers["connection"] == "close"
        assert http.ends()


def test_http_1_0(port: int) -> None:
    line = f"GET {POLLING} HTTP/1.0\r\n".encode()
    with Http(port) as http:
        http.send(line + b"Connection: keep-alive\r\n\r\n")
        assert http.response().headers["connection"] == "keep-alive"
        http.send(line + b"\r\n")
        assert http.response().headers["connection"] == "close"
        assert http.ends()


def test_absolute_target_names_the_host(port: int) -> None:
    target = "http://elsewhere.example" + POLLING
    with Http(port) as http:
        assert http.get(target, Origin="http://elsewhere.example").status == 200
        assert http.get(target, Origin="http://localhost").status == 403


def test_pipelined_requests_are_answered_in_order(wsgi: int) -> None:
    with Http(wsgi) as http:
        paths = [f"/path/{number}" for number in range(10)]
        http.send(b"".join(request("GET", path) for path in paths))
        assert [http.response().json()["PATH_INFO"] for _ in paths] == paths


def test_requests_behind_an_open_poll_wait_for_it(port: int) -> None:
    with Http(port) as http, Http(port) as poster:
        target = open_polling(http)
        http.send(request("GET", target) + request("GET", "/missing"))
        poster.post(target, "4hello")
        assert http.response().packets() == ["4hello"]
        assert http.response().status == 404


def test_many_requests_behind_an_open_poll_stay_in_the_kernel(port: int) -> None:
    with Http(port) as http, Http(port) as poster, open_websocket(port) as watcher:
        target = open_polling(http)
        before = watcher.state()["resident"]
        http.socket.settimeout(0.2)
        http.send(request("GET", target))
        with pytest.raises(TimeoutError):
            http.send(request("GET", "/missing") * 200_000)
        assert watcher.state()["resident"] - before < 1_000_000
        poster.post(target, "4hello")
        http.socket.settimeout(PATIENCE)
        assert http.response().packets() == ["4hello"]
        assert http.response().status == 404


def test_expect_continue(port: int) -> None:
    with Http(port) as http:
        target = open_polling(http)
        head = request("POST", target, b"4hello", Expect="100-continue")
        http.send(head[:-6])
        assert http.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        http.send(b"4hello")
        assert http.response().status == 200


def test_expect_continue_is_not_said_to_what_is_refused(port: int) -> None:
    with Http(port) as http:
        http.send(request("POST", POLLING, b"", Expect="100-continue", Content_Length="5"))
        assert http.response().status == 400


def test_chunked_body(port: int) -> None:
    with Http(port) as http:
        target = open_polling(http)
        for piece in (b"", b"3\r\n4he\r\n", b"3;ext=1\r\nll", b"o\r\n0\r\nTrailer: x\r\n\r\n"):
            http.send(piece or request("POST", target, Transfer_Encoding="chunked"))
        response = http.response()
        assert response.status == 200
        assert response.headers["connection"] == "close"  # what follows is not looked at
        assert http.get(target).packets() == ["4hello"]


def test_half_closed_client_takes_its_answer(wsgi: int) -> None:
    with Http(wsgi) as http:
        http.send(request("GET", "/blocks?0.1"))
        http.socket.shutdown(1)
        assert http.response().json()["PATH_INFO"] == "/blocks"
        assert http.ends()


def test_wsgi_environ(wsgi: int) -> None:
    with Http(wsgi) as http:
        response = http.post(
            "/a%20b?c=d", b"body", Content_Type="text/x", Cookie="a=b", X_Under="yes"
        )
        environ = response.json()
        assert environ["body"] == "body"
        assert environ["PATH_INFO"] == "/a b"
        assert environ["QUERY_STRING"] == "c=d"
        assert environ["CONTENT_TYPE"] == "text/x"
        assert environ["CONTENT_LENGTH"] == "4"
        assert environ["HTTP_COOKIE"] == "a=b"
        assert environ["SERVER_PORT"] == str(wsgi)
        assert "PATH" not in environ  # nothing of the process
        http.send(b"GET / HTTP/1.1\r\nHost: a\r\nX_Under: no\r\nX-Under: yes\r\n\r\n")
        assert http.response().json()["HTTP_X_UNDER"] == "yes"


def test_wsgi_chunked_request(wsgi: int) -> None:
    with Http(wsgi) as http:
        http.send(request("POST", "/", Transfer_Encoding="chunked") + b"2\r\nab\r\n0\r\n\r\n")
        environ = http.response().json()
        assert (environ["body"], environ["CONTENT_LENGTH"]) == ("ab", "2")


def test_wsgi_framing(wsgi: int) -> None:
    with Http(wsgi) as http:
        assert http.get("/length").body == b"12345"
        assert http.get("/long").body == b"12345"
        streamed = http.get("/streams?3")
        assert streamed.headers["transfer-encoding"] == "chunked"
        assert streamed.body == b"x" * 30_000
        assert http.get("/nothing").status == 204
        head = http.request("HEAD", "/length")
        assert head.headers["content-length"] == "5"
        assert http.get("/length").body == b"12345"
        short = http.get("/length", Connection="close")
        assert short.headers["connection"] == "close"


def test_wsgi_to_http_1_0(wsgi: int) -> None:
    with Http(wsgi) as http:
        http.send(b"GET /streams?2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        response = http.response()
        assert "transfer-encoding" not in response.headers
        assert response.headers["connection"] == "close"
        assert response.body == b"x" * 20_000


def test_wsgi_errors(wsgi: int, start: Start) -> None:
    log = start("fallback", max_fallback_body=50_000, max_fallback_requests=2).log
    with Http(wsgi) as http:
        failed = http.get("/fails")
        assert failed.status == 500
        assert b"on purpose" not in failed.body
        assert http.get("/injects").status == 500
        http.send(request("GET", "/breaks"))
        assert http.read_to_end().endswith(b"the first half\r\n")  # no last chunk
    with Http(wsgi) as http:
        http.send(request("GET", "/short"))
        assert http.read_to_end().endswith(b"12345")
    assert "the fallback failed on purpose" in log.read_text()
    assert "the fallback broke on purpose" in log.read_text()


def test_wsgi_iterables_are_closed(wsgi: int) -> None:
    with Http(wsgi) as http, open_websocket(wsgi) as watcher:
        before = watcher.state()["closed_iterables"]
        http.get("/streams?1")
        assert watcher.state()["closed_iterables"] == before + 1
        http.send(request("GET", "/streams?10000"))
        http.read_until(b"\r\n\r\n")
        http.close()
        watcher.state_when(lambda state: state["closed_iterables"] == before + 2)


def test_wsgi_body_is_bounded(wsgi: int) -> None:
    with Http(wsgi) as http:
        assert len(http.post("/", b"x" * 50_000).json()["body"]) == 50_000
        assert http.post("/", b"x" * 50_001).status == 413


def test_wsgi_requests_are_bounded_and_do_not_stall_others(wsgi: int) -> None:
    slow = [Http(wsgi) for _ in range(2)]
    for http in slow:
        http.send(request("GET", "/blocks?2"))
    with Http(wsgi) as refused, open_websocket(wsgi) as websocket:
        assert websocket.echoes()
        assert refused.get("/").status == 503
    for http in slow:
        assert http.response().status == 200
        assert http.get("/").status == 200
        http.close()


def test_wsgi_place_is_free_again_when_a_body_never_comes(wsgi: int) -> None:
    for _ in range(3):
        with Http(wsgi) as http:
            http.send(request("POST", "/", b"", Content_Length="10", Expect="100-continue"))
            http.read_until(b"100 Continue\r\n\r\n")
    with Http(wsgi) as http, open_websocket(wsgi) as watcher:
        watcher.state()
        assert http.get("/").status == 200
