"""Origins, CORS and proxies on the wire."""

from __future__ import annotations

import json

import pytest

from .conftest import Start
from .wire import POLLING, WEBSOCKET, Http, WebSocket, open_polling, open_websocket, request

OWN = "http://localhost"
ALLOWED = "https://app.example.com"
FOREIGN = "https://evil.example.com"


@pytest.fixture(scope="module")
def policed(start: Start) -> int:
    return start(allowed_origins=[ALLOWED], cors_headers=["Content-Type", "X-Own"]).port


@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://localhost:81", "https://localhost"])
def test_foreign_origin_is_refused(policed: int, origin: str) -> None:
    with Http(policed) as http, WebSocket(policed, Origin=origin) as websocket:
        target = open_polling(http)
        for response in (
            http.get(POLLING, Origin=origin),
            http.get(target, Origin=origin),
            http.post(target, "4x", Origin=origin),
            http.request("OPTIONS", POLLING, Origin=origin),
            websocket.answer,
        ):
            assert response.status == 403
            assert response.json() == {"code": 4, "message": "Forbidden"}
            assert not response.has_cors
            assert response.headers["vary"] == "Origin"


def test_own_origin(policed: int) -> None:
    with Http(policed) as http, WebSocket(policed, Origin=OWN) as websocket:
        response = http.get(POLLING, Origin=OWN)
        assert response.status == 200
        assert not response.has_cors
        assert websocket.accepted


def test_allowed_origin(policed: int) -> None:
    with Http(policed) as http, WebSocket(policed, Origin=ALLOWED) as websocket:
        response = http.get(POLLING, Origin=ALLOWED)
        assert response.status == 200
        assert response.headers["access-control-allow-origin"] == ALLOWED
        assert response.headers["access-control-allow-credentials"] == "true"
        assert response.headers["vary"] == "Origin"
        refused = http.get(POLLING + "&sid=unknown", Origin=ALLOWED)
        assert refused.headers["access-control-allow-origin"] == ALLOWED
        assert websocket.accepted


def test_preflight(policed: int) -> None:
    with Http(policed) as http:
        response = http.request(
            "OPTIONS", POLLING, Origin=ALLOWED, Access_Control_Request_Method="POST"
        )
        assert response.status == 204
        assert response.headers["access-control-allow-origin"] == ALLOWED
        assert response.headers["access-control-allow-methods"] == "GET, POST"
        assert response.headers["access-control-allow-headers"] == "Content-Type, X-Own"
        for headers in ({}, {"Origin": OWN}):
            response = http.request("OPTIONS", POLLING, **headers)
            assert response.status == 204
            assert not response.has_cors, "nobody asked for it"


UNEARNED = {
    "another path": (request("GET", "/elsewhere", Origin=FOREIGN), 404),
    "another path, asked beforehand": (request("OPTIONS", "/elsewhere", Origin=FOREIGN), 404),
    "malformed": (request("GET", POLLING, Origin=FOREIGN, Content_Length="x"), 400),
    "malformed, from an allowed origin": (request("GET", "x", Origin=ALLOWED), 400),
    "too large": (request("GET", POLLING, Origin=FOREIGN, X=20_000 * "x"), 431),
    "two origins": (request("GET", POLLING, Origin=f"{ALLOWED} {FOREIGN}"), 403),
    "two headers": (request("GET", POLLING, Origin=f"{ALLOWED}\r\nOrigin: {FOREIGN}"), 400),
    "more than an origin": (request("GET", POLLING, Origin=f"{ALLOWED}/path"), 403),
    "a user in it": (request("GET", POLLING, Origin="https://x@app.example.com"), 403),
    "an origin that begins alike": (request("GET", POLLING, Origin=f"{ALLOWED}.evil.com"), 403),
    "an origin that ends alike": (request("GET", POLLING, Origin="https://xapp.example.com"), 403),
    "an upgrade": (request("GET", WEBSOCKET, Origin=FOREIGN), 403),
    "an unknown method": (request("PUT", POLLING, Origin=FOREIGN), 403),
}


@pytest.mark.parametrize("case", UNEARNED)
def test_no_answer_has_cors_headers_that_it_did_not_earn(policed: int, case: str) -> None:
    data, status = UNEARNED[case]
    with Http(policed) as http:
        http.send(data)
        response = http.response()
    assert response.status == status
    assert not response.has_cors


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec_Fetch_Site": "same-origin"}, 200),
        ({"Sec_Fetch_Site": "none"}, 200),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Referer": OWN + "/web"}, 200),
        ({"Referer": FOREIGN + "/"}, 403),
        ({"Referer": "about:blank"}, 403),
    ],
)
def test_request_without_origin(policed: int, headers: dict[str, str], status: int) -> None:
    with Http(policed) as http:
        assert http.get(POLLING, **headers).status == status


def test_forwarded_headers_are_not_believed(policed: int) -> None:
    forwarded = {"X_Forwarded_Proto": "https", "X_Forwarded_For": "192.0.2.1"}
    with Http(policed) as http:
        assert http.get(POLLING, Origin="https://localhost", **forwarded).status == 403
    with open_websocket(policed, **forwarded) as websocket:
        websocket.say("4environ:")
        environ = json.loads(websocket.text()[1:])
        assert environ["REMOTE_ADDR"] == "127.0.0.1"
        assert environ["wsgi.url_scheme"] == "http"
        assert "HTTP_X_FORWARDED_FOR" not in environ


def test_trusted_proxy(start: Start) -> None:
    port = start(trusted_proxies=["127.0.0.0/8"]).port
    forwarded = {
        "X_Forwarded_Proto": "https",
        "X_Forwarded_Host": "shop.example.com",
        "X_Forwarded_For": "6.6.6.6, 192.0.2.1",
    }
    own = "https://shop.example.com"
    with Http(port) as http:
        assert http.get(POLLING, Origin=own, **forwarded).status == 200
        assert http.get(POLLING, Origin=OWN, **forwarded).status == 403
    with WebSocket(port, WEBSOCKET + "&db=a", Origin=own, **forwarded) as websocket:
        websocket.open()
        websocket.say("4environ:")
        environ = json.loads(websocket.text()[1:])
        assert environ["REMOTE_ADDR"] == "192.0.2.1"
        assert environ["wsgi.url_scheme"] == "https"
        assert environ["HTTP_X_FORWARDED_HOST"] == "shop.example.com"
        assert environ["QUERY_STRING"] == "EIO=4&transport=websocket&db=a"
        assert environ["PATH_INFO"] == "/socket.io/"
        assert environ["REQUEST_METHOD"] == "GET"
