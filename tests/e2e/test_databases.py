"""One realtime server for two databases: what is said in one is not heard in the other."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.e2e.site import Site, WebClient
from tests.support.servers import Nginx, OdooServer, RealtimeServer
from tools.odoo import OdooInstance
from tools.processes import free_port


def test_two_databases_do_not_mix(
    odoo: OdooServer, odoo_instance: OdooInstance, clone_odoo_db: Callable[[], str],
    realtime: Callable[..., RealtimeServer], nginx: Callable[..., Nginx],
    new_context: Callable[[], BrowserContext],
) -> None:
    port = free_port()
    with OdooServer(odoo_instance, clone_odoo_db()) as second_odoo:
        first, second = (
            Site(server, realtime, nginx, port=port) for server in (odoo, second_odoo)
        )
        first.start_realtime(f"{first.db},{second.db}")
        here, there = (
            WebClient.login(new_context(), site.url, "demo").wait_until_connected()
            for site in (first, second)
        )
        here.notify("demo", "said in the first")  # the same user id in both
        expect(here.toast("said in the first")).to_have_count(1)
        there.notify("demo", "said in the second")
        expect(there.toast("said in the second")).to_have_count(1)
        expect(here.toasts).to_have_count(1)
        expect(there.toasts).to_have_count(1)
