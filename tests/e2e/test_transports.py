"""Other ways to the realtime server: on a port of its own, and where a proxy refuses WebSocket."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.e2e.site import NO_WEBSOCKET, Site, WebClient
from tests.support.servers import Nginx, OdooServer, RealtimeServer

URL_PARAMETER = "web_socketio.url"


def test_a_port_alone_means_the_pages_host_and_the_cookie_follows(
    odoo: OdooServer, realtime: Callable[..., RealtimeServer],
    new_context: Callable[[], BrowserContext],
) -> None:
    server = realtime(odoo.db, "--allow-origin", odoo.url)
    admin = WebClient.login(new_context(), odoo.url, "admin")
    admin.call("ir.config_parameter", "set_param", URL_PARAMETER, f":{server.port}")
    try:
        with admin.page.expect_websocket() as opened:
            admin.open().wait_until_connected()
        assert opened.value.url.startswith(f"ws://127.0.0.1:{server.port}/socket.io/")
        admin.notify("admin", "over another port")
        expect(admin.toast("over another port")).to_have_count(1)
    finally:
        admin.call("ir.config_parameter", "set_param", URL_PARAMETER, False)


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
