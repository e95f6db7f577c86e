"""docs/conf as it is: a real nginx and a real Apache with TLS before Odoo and a realtime server."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.integration.clients import Client, Node
from tests.integration.engine.conftest import EchoServer
from tests.integration.site import Login, Site
from tests.support.proxies import KINDS, SUB_PATH, Front
from tests.support.servers import RealtimeServer
from tests.support.tls import Certificate, self_signed
from tools.odoo import OdooInstance

TRANSPORTS = {
    "polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]
}  # fmt: skip
UPGRADE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
}  # fmt: skip
FORGED = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "elsewhere.example.com",
          "X-Forwarded-Proto": "http"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def realtime_server(instance: OdooInstance, db: str) -> Iterator[RealtimeServer]:
    with RealtimeServer(instance, db, "--trusted-proxy", "127.0.0.1") as server:
        yield server


@pytest.fixture(scope="module", params=KINDS)
def front(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory,
    certificate: Certificate, site: Site, realtime_server: RealtimeServer,
) -> Iterator[Front]:
    """The whole site behind each kind of proxy."""
    folder = tmp_path_factory.mktemp(request.param)
    front = Front(request.param, folder, certificate, site.port, [realtime_server.port])
    yield front
    front.close()


Connect = Callable[..., Client]


@pytest.fixture
def connect_through(node: Node, front: Front, site: Site) -> Iterator[Connect]:
    """Connect socket.io-client as a page of the site would, cookie and Origin included."""
    clients: list[Client] = []

    def connect(transports: str, path: str = "/socket.io/", **headers: str) -> Client:
        cookie = f"session_id={site.user('demo').session_id}"
        client = node.client(
            front.origin, "/test", transports=TRANSPORTS[transports], path=path,
            ca=front.certificate.certificate.read_text("ascii"), reconnection=False,
            extraHeaders={"Cookie": cookie, "Origin": front.origin, **headers},
        )
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.disconnect()


def get(front: Front, path: str, login: Login | None = None, **headers: str) -> requests.Response:
    """A request that trusts nothing but the certificate of the site."""
    cookies = {"session_id": login.session_id} if login else {}
    with requests.Session() as session:
        session.trust_env = False
        return session.get(
            front.origin + path, headers=headers, cookies=cookies, allow_redirects=False,
            verify=str(front.certificate.certificate), stream=True, timeout=60,
        )


def handshake(front: Front, login: Login, path: str, transport: str, **headers: str) -> int:
    """Open a transport; return the HTTP status."""
    headers |= UPGRADE if transport == "websocket" else {}
    answer = get(front, f"{path}?EIO=4&transport={transport}", login, **headers)
    answer.close()
    return answer.status_code


@pytest.mark.parametrize("path", ["/socket.io/", SUB_PATH])
@pytest.mark.parametrize("transports", TRANSPORTS)
def test_messages_arrive_through_the_proxy(
    transports: str, path: str, connect_through: Connect, publish: Callable[..., int], topic: str,
) -> None:
    client = connect_through(transports, path).connected()
    transport = client.wait_for_report("connect")["transport"]
    if transports == "upgrade" and transport == "polling":
        transport = client.wait_for_report("upgrade")["transport"]
    assert transport == TRANSPORTS[transports][-1]
    client.call("follow safely", topic)
    publish(topic=topic, n=1)
    assert client.wait_for("safe")[0][0][0]["n"] == 1
    assert client.call("echo", "ä" * 10_000) == "ä" * 10_000


@pytest.mark.parametrize("transports", ["polling", "websocket"])
def test_the_server_sees_the_site_as_browsers_do_whatever_a_client_pretends(
    transports: str, connect_through: Connect, front: Front
) -> None:
    client = connect_through(transports, **FORGED).connected()
    host = f"localhost:{front.https}"
    assert client.call("seen") == {
        "wsgi.url_scheme": "https", "HTTP_HOST": host, "REMOTE_ADDR": "127.0.0.1",
        "HTTP_X_FORWARDED_FOR": "127.0.0.1", "HTTP_X_FORWARDED_HOST": host,
        "HTTP_X_FORWARDED_PROTO": "https",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/socket.io/", SUB_PATH])
@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_pages_of_other_origins_are_refused(
    transport: str, path: str, front: Front, site: Site
) -> None:
    login, (welcome, refused) = site.user("demo"), ((101 if transport == "websocket" else 200), 403)
    expected = {
        front.origin: welcome,
        "https://elsewhere.example.com": refused,
        front.origin.replace("https", "http"): refused,
        "https://localhost": refused,
        "https://localhost:1": refused,
    }
    found = {o: handshake(front, login, path, transport, Origin=o) for o in expected}
    assert found == expected


def test_odoo_is_told_how_browsers_see_it(front: Front, site: Site) -> None:
    """Odoo keeps the address at which an administrator logs in: scheme, host, port."""
    url = f"{front.origin}/web/session/authenticate"
    params = {"db": site.db, "login": "admin", "password": "admin"}
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            url, json={"params": params}, verify=str(front.certificate.certificate), timeout=60
        ).json()
    assert answer["result"]["web.base.url"] == front.origin


def test_odoos_own_websocket_passes_too(front: Front, site: Site) -> None:
    headers = {"Origin": front.origin, **UPGRADE}
    answer = get(front, "/websocket?version=1", site.user("demo"), **headers)
    answer.close()
    assert answer.status_code == 101


def test_http_is_sent_to_https(front: Front) -> None:
    url = f"http://localhost:{front.http}/web?debug=1"
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, allow_redirects=False, timeout=60)
    assert answer.status_code in (301, 302)
    assert answer.headers["Location"].startswith("https://")
    assert answer.headers["Location"].endswith("/web?debug=1")


# -- with servers that are not Odoo's ------------------------------------------------------------


@pytest.fixture
def echoes(tmp_path: Path) -> Iterator[Callable[..., list[EchoServer]]]:
    """Start servers of the transport alone."""
    servers: list[EchoServer] = []

    def start(count: int, **settings: object) -> list[EchoServer]:
        servers.extend(EchoServer(tmp_path / f"echo-{n}", **settings) for n in range(count))
        return servers

    yield start
    for server in servers:
        server.end()


@pytest.fixture(params=KINDS)
def front_of(
    request: pytest.FixtureRequest, tmp_path: Path, certificate: Certificate
) -> Iterator[Callable[[list[EchoServer]], Front]]:
    """Put each kind of proxy before servers."""
    fronts: list[Front] = []

    def start(servers: list[EchoServer]) -> Front:
        ports = [server.port for server in servers]
        folder = tmp_path / f"{request.param}-of-echoes"
        fronts.append(Front(request.param, folder, certificate, ports[0], ports))
        return fronts[-1]

    yield start
    for front in fronts:
        front.close()


def test_without_trusted_proxy_the_own_page_is_refused_as_the_documentation_says(
    echoes: Callable[..., list[EchoServer]], front_of: Callable[..., Front]
) -> None:
    front = front_of(echoes(1))
    answer = get(front, "/socket.io/?EIO=4&transport=polling", Origin=front.origin)
    assert answer.status_code == 403


def test_polling_stays_at_one_of_several_servers(
    echoes: Callable[..., list[EchoServer]], front_of: Callable[..., Front]
) -> None:
    servers = echoes(2, trusted_proxies=["127.0.0.1"])
    front = front_of(servers)
    url = f"{front.origin}/socket.io/?EIO=4&transport=polling"
    for _client in range(4):
        with requests.Session() as session:  # keeps cookies, as a browser does
            session.trust_env = False
            session.verify = str(front.certificate.certificate)
            text = session.get(url, timeout=60).text
            sid = text.partition('"sid":"')[2].partition('"')[0]
            for n in range(6):
                assert session.post(f"{url}&sid={sid}", f"4{n}", timeout=60).text == "ok"
                assert session.get(f"{url}&sid={sid}", timeout=60).text == f"4{n}"
