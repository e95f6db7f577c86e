"""Which pages may connect, as Chromium asks: over http and https, polling first and WebSocket.

Names that end in ``.test`` lead to this machine, but unlike ``localhost`` Chromium trusts them over
https only: over http it says less about where a request comes from.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.site import MAP, PROXY
from tests.integration.clients import eventually
from tests.support.browser import user_of
from tests.support.servers import Nginx, OdooServer, RealtimeServer
from tests.support.tls import self_signed
from tools.odoo import OdooInstance
from tools.processes import free_ports

CLIENT = "/web_socketio/static/lib/socket.io/socket.io.min.js"
PAGE = f"""
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-For $remote_addr;
    location = /page {{
        default_type text/html; return 200 '<!doctype html><script src="{CLIENT}"></script>';
    }}
"""
TLS = "listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};"
CONNECT = """
([url, transports, mark]) => new Promise((resolve) => {
    const options = { transports, query: { mark }, withCredentials: true, reconnection: false };
    const socket = io(url + "/longpolling", { ...options, forceNew: true, auth: { v: 1 } });
    socket.on("web_socketio:ready", () => resolve("ready"));
    socket.on("connect_error", (error) => resolve(error.message));
    socket.on("disconnect", (reason) => resolve(reason));
})
"""
GET_AS_IMAGE = """
([url, referrerPolicy]) => new Promise((resolve) => {
    const image = Object.assign(new Image(), { referrerPolicy, src: url });
    image.onload = image.onerror = resolve;
})
"""
TRANSPORTS = {"polling first": ["polling", "websocket"], "websocket": ["websocket"]}
_marks = itertools.count(1)


class Web(NamedTuple):
    """One realtime server behind an nginx that speaks http and https.

    :ivar origins: of the server by scheme, and those of pages elsewhere by name
    :ivar cookie: the session of a user
    :ivar log: of nginx
    """

    origins: dict[str, str]
    cookie: str
    log: Path

    def answers(self, mark: str) -> list[tuple[str, str]]:
        """Methods and statuses of the requests that carry a mark; one at least."""
        pattern = re.compile(rf'"([A-Z]+) /socket\.io/\?\S*{mark}[& ].*?" (\d+) ')
        found = eventually(lambda: pattern.findall(self.log.read_text("utf-8")))
        assert found, "no request reached the server"
        return list(found)


@pytest.fixture(scope="module")
def web(
    odoo: OdooServer, odoo_instance: OdooInstance, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Web]:
    """The server, its own pages, and others."""
    files = self_signed(tmp_path_factory.mktemp("tls"))
    port, https, another = free_ports(3)
    proxy = PROXY.format(odoo=odoo.url, port=port, extra="") + PAGE
    tls = TLS.format(port=https, certificate=files.certificate, key=files.key)
    elsewhere = f"listen 127.0.0.1:{another}; {PAGE} location / {{ proxy_pass {odoo.url}; }}"
    others = f"{MAP} server {{ {tls} {proxy} }} server {{ {elsewhere} }}"
    folder = tmp_path_factory.mktemp("nginx")
    options = ("-p", str(port), "--trusted-proxy", "127.0.0.1")
    server = RealtimeServer(odoo_instance, odoo.db, *options)
    with server, Nginx(folder, proxy, others) as nginx:
        origins = {
            "http": f"http://shop.test:{nginx.port}",
            "https": f"https://shop.test:{https}",
            "another port": f"http://shop.test:{another}",
            "another host": f"http://elsewhere.test:{another}",
        }
        yield Web(origins, odoo.login("demo"), folder / "access.log")


OpenPage = Callable[[str, str], Page]
COOKIES: dict[str, dict[str, Any]] = {
    "http": {"sameSite": "Lax"}, "https": {"sameSite": "None", "secure": True},
}  # fmt: skip


@pytest.fixture(scope="module")
def open_page(browser: Browser, web: Web) -> Iterator[OpenPage]:
    """Open the page of an origin, in a browser in which the user is logged in at the server.

    ``open_page("another host", "https")``: a browser per scheme of the server. The cookie travels
    with requests of foreign pages as far as a browser permits that at all.
    """
    with ExitStack() as stack:
        browsers = {}
        for scheme, attributes in COOKIES.items():
            context = stack.enter_context(user_of(browser, ignore_https_errors=True))
            cookie = {"name": "session_id", "value": web.cookie, "url": web.origins[scheme]}
            context.add_cookies([{**cookie, **attributes}])  # type: ignore[list-item]
            browsers[scheme] = context

        def opened(origin: str, scheme: str) -> Page:
            page = browsers[scheme].new_page()
            page.goto(f"{web.origins[origin]}/page")
            return page

        yield opened


def connect(page: Page, web: Web, scheme: str, kind: str) -> tuple[str, str]:
    """Connect from a page; return what became of it, and the mark that its requests carry."""
    mark = f"mark-{next(_marks)}"
    outcome = page.evaluate(CONNECT, [web.origins[scheme], TRANSPORTS[kind], mark])
    page.goto("about:blank")  # ends a WebSocket; only then nginx knows its status
    return outcome, mark


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_own_page_connects(open_page: OpenPage, web: Web, scheme: str, kind: str) -> None:
    outcome, mark = connect(open_page(scheme, scheme), web, scheme, kind)
    assert outcome == "ready"
    if kind == "polling first":
        assert web.answers(mark)[0] == ("GET", "200")
        assert eventually(lambda: ("POST", "200") in web.answers(mark))
    else:
        assert web.answers(mark) == [("GET", "101")]


@pytest.mark.parametrize(("scheme", "origin"), [
    ("http", "another port"), ("http", "another host"), ("https", "another port"),
    ("https", "another host"), ("https", "http"),  # from https to http Chromium lets nobody
])  # fmt: skip
def test_a_foreign_page_is_refused(
    open_page: OpenPage, web: Web, scheme: str, origin: str
) -> None:
    for kind, error in (("polling first", "xhr poll error"), ("websocket", "websocket error")):
        outcome, mark = connect(open_page(origin, scheme), web, scheme, kind)
        assert outcome == error
        assert web.answers(mark) == [("GET", "403")]


@pytest.mark.parametrize(("scheme", "policy", "status"), [
    ("https", "no-referrer", "403"),  # Sec-Fetch-Site gives it away
    ("http", "origin", "403"),  # the Referer does
    ("http", "no-referrer", "200"),  # nothing does; the transport that it opens is nobody's
])  # fmt: skip
def test_a_foreign_page_that_does_not_say_its_origin(
    open_page: OpenPage, web: Web, scheme: str, policy: str, status: str
) -> None:
    mark = f"mark-{next(_marks)}"
    url = f"{web.origins[scheme]}/socket.io/?EIO=4&transport=polling&mark={mark}"
    open_page("another host", scheme).evaluate(GET_AS_IMAGE, [url, policy])
    assert web.answers(mark) == [("GET", status)]
