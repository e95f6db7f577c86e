"""docs/conf/nginx.conf as it is: a real nginx with TLS before a real Odoo and realtime server."""

from __future__ import annotations

import base64
import json
import queue
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
import socketio

from tests.support.servers import Nginx, OdooServer, RealtimeServer
from tests.support.tls import Certificate, self_signed
from tools.paths import ROOT
from tools.postgres import Postgres
from tools.processes import free_port

Got = queue.Queue[list[dict[str, object]]]
CONF = ROOT / "docs" / "conf" / "nginx.conf"
TRANSPORTS = {
    "polling": (["polling"], "polling"),
    "websocket": (["websocket"], "websocket"),
    "upgrade": (["polling", "websocket"], "websocket"),
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate of localhost, signed by itself, and its key."""
    return self_signed(tmp_path_factory.mktemp("tls"))


class Page:
    """What a page of Odoo behind nginx knows: its origin, and the cookie of a user."""

    def __init__(self, origin: str, certificate: Path, login: str, db: str) -> None:
        self.origin = origin
        self._certificate = certificate
        params = {"db": db, "login": login, "password": login}
        answer = requests.post(
            f"{origin}/web/session/authenticate",
            json={"params": params}, verify=certificate, timeout=60,
        )
        self.uid: int = answer.json()["result"]["uid"]
        self._sid = answer.cookies["session_id"]

    def handshake(self, transport: str, origin: str) -> int:
        """Open a transport from a page of that origin; return the HTTP status."""
        headers = {"Cookie": f"session_id={self._sid}", "Origin": origin}
        if transport == "websocket":
            headers |= {
                "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
            }  # fmt: skip
        answer = requests.get(
            f"{self.origin}/socket.io/", {"EIO": "4", "transport": transport}, headers=headers,
            verify=self._certificate, stream=True, timeout=15,
        )
        answer.close()
        return answer.status_code

    def connect(self, transports: list[str]) -> tuple[socketio.Client, Got]:
        """Connect to ``/longpolling`` as a browser would; return the client and what it gets."""
        session = requests.Session()
        session.verify = str(self._certificate)
        session.trust_env = False  # or a bundle named in the environment takes its place
        options = {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": str(self._certificate)}
        client = socketio.Client(
            http_session=session, reconnection=False,
            websocket_extra_options={"sslopt": options, "suppress_origin": True},
        )
        got: Got = queue.Queue()
        client.on("get notification", got.put, namespace="/longpolling")
        headers = {"Cookie": f"session_id={self._sid}", "Origin": self.origin}
        client.connect(self.origin, headers, transports=transports, namespaces=["/longpolling"])
        return client, got


@pytest.fixture
def site(
    odoo: OdooServer, realtime: Callable[..., RealtimeServer], nginx: Callable[..., Nginx],
    certificate: Certificate,
) -> Callable[..., Page]:
    """Start it all: ``site("--trusted-proxy", "127.0.0.1")`` returns the page of demo."""

    def start(*options: str) -> Page:
        server = realtime(odoo.db, *options)
        https = free_port()
        text = CONF.read_text(encoding="utf-8")
        for of_the_file, of_the_test in {
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "listen 443 ssl;": f"listen 127.0.0.1:{https} ssl;",
            "127.0.0.1:8069": f"127.0.0.1:{odoo.port}",
            "127.0.0.1:8072": f"127.0.0.1:{odoo.port}",
            "127.0.0.1:8068": f"127.0.0.1:{server.port}",
            "/etc/ssl/certs/odoo.example.com.pem": str(certificate[0]),
            "/etc/ssl/private/odoo.example.com.key": str(certificate[1]),
        }.items():
            assert text.count(of_the_file) == 1, of_the_file
            text = text.replace(of_the_file, of_the_test)
        nginx("return 404;", text)
        return Page(f"https://localhost:{https}", certificate[0], "demo", odoo.db)

    return start


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_message_arrives_through_nginx(
    kind: str, site: Callable[..., Page], odoo_db: str, postgres: Postgres
) -> None:
    transports, expected = TRANSPORTS[kind]
    page = site("--trusted-proxy", "127.0.0.1")
    client, got = page.connect(transports)
    try:
        assert client.transport() == expected
        values = json.dumps({"to_id": page.uid, "message": kind})
        postgres.psql(f"SELECT web_socketio_notify('notification', '{values}')", odoo_db)
        assert got.get(timeout=15) == [{"to_id": page.uid, "message": kind}]
    finally:
        client.disconnect()


@pytest.mark.parametrize("kind", ["polling", "websocket"])
def test_a_page_of_another_origin_is_refused(kind: str, site: Callable[..., Page]) -> None:
    page = site("--trusted-proxy", "127.0.0.1")
    assert page.handshake(kind, "https://elsewhere.example.com") == 403
    assert page.handshake(kind, page.origin) == (101 if kind == "websocket" else 200)


def test_without_trusted_proxy_the_own_page_is_refused_as_the_documentation_says(
    site: Callable[..., Page],
) -> None:
    page = site()
    assert page.handshake("polling", page.origin) == 403
