"""Other ways to the realtime server: on a port of its own, and where a proxy refuses WebSocket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.site import MAP, NO_WEBSOCKET, PROXY, Site, WebClient
from tests.support.proxies import CONF
from tests.support.servers import Nginx, OdooServer, RealtimeServer

URL_PARAMETER = "web_socketio.url"
ELSEWHERE = "web_socketio: this page is on 127.0.0.1, the realtime server on localhost: "


@pytest.fixture
def admin_of(new_context: Callable[..., BrowserContext]) -> Callable[[str], WebClient]:
    """Log the administrator in at a url.

    Odoo's service worker stays out: it fetches the page once more, just when the address is set.
    Odoo empties its cache of parameters before it commits, so what a page reads in between stays
    there: all pages after it would be told the old address, for good.
    """
    return lambda url: WebClient.login(new_context(service_workers="block"), url, "admin")


@contextmanager
def configured(admin: WebClient, url: str) -> Iterator[None]:
    """The public URL of the realtime server in Odoo's settings."""
    admin.call("ir.config_parameter", "set_param", URL_PARAMETER, url)
    try:
        yield
    finally:
        admin.call("ir.config_parameter", "set_param", URL_PARAMETER, False)


def a_socket_to(address: str, admin: WebClient) -> AbstractContextManager[object]:
    """The page opens one; the page that it was before may still try the old address."""
    return admin.page.expect_websocket(lambda opened: opened.url.startswith(address))


def test_a_port_alone_means_the_pages_host_and_the_cookie_follows(
    odoo: OdooServer, realtime: Callable[..., RealtimeServer],
    admin_of: Callable[[str], WebClient],
) -> None:
    server = realtime(odoo.db, "--allow-origin", odoo.url)
    admin = admin_of(odoo.url)
    with configured(admin, f":{server.port}"):
        with a_socket_to(f"ws://127.0.0.1:{server.port}/socket.io/", admin):
            admin.open().wait_until_connected()
        admin.notify("admin", "over another port")
        expect(admin.toast("over another port")).to_have_count(1)


def test_a_server_on_another_host_name_is_told_in_the_console(
    odoo: OdooServer, admin_of: Callable[[str], WebClient]
) -> None:
    admin = admin_of(odoo.url)
    elsewhere = f"http://localhost:{odoo.port}"  # the same, under a name of which it has no cookie
    with configured(admin, elsewhere):
        with admin.page.expect_console_message(lambda m: m.text.startswith(ELSEWHERE)) as told:
            admin.open()
        assert told.value.type == "warning"
        assert "cookie belongs to one host name and cannot follow" in told.value.text
        expect(admin.dialogs).to_have_count(0)


def test_a_server_below_a_path_of_the_pages_host(
    odoo: OdooServer, realtime: Callable[..., RealtimeServer], nginx: Callable[..., Nginx],
    admin_of: Callable[[str], WebClient],
) -> None:
    server = realtime(odoo.db)
    upstream = f"upstream realtime {{ server 127.0.0.1:{server.port}; }}"
    proxy = PROXY.format(odoo=odoo.url, port=server.port, extra="return 404;")
    sub_path = (CONF / "nginx-sub-path.conf").read_text(encoding="utf-8")
    url = nginx(f"{proxy}\n{sub_path}", f"{MAP}\n{upstream}").url
    admin = admin_of(url)
    with configured(admin, f"{url}/realtime"):
        with a_socket_to(f"ws{url.removeprefix('http')}/realtime/socket.io/", admin):
            admin.open().wait_until_connected()
        admin.notify("admin", "below a path")
        expect(admin.toast("below a path")).to_have_count(1)


def test_long_polling_where_a_proxy_refuses_websocket(
    odoo: OdooServer, realtime: Callable[..., RealtimeServer], nginx: Callable[..., Nginx],
    new_context: Callable[[], BrowserContext],
) -> None:
    site = Site(odoo, realtime, nginx, extra=NO_WEBSOCKET)
    site.start_realtime()
    demo = WebClient.login(new_context(), site.url, "demo").wait_until_connected()
    demo.notify("demo", "by polling")
    expect(demo.toast("by polling")).to_have_count(1)
    assert demo.emit("/chat", "post", 1, "by polling")["answer"]
