"""JavaScript of 2013 (tests/addons/test_openerp_2013) runs in the web client of today."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.e2e.site import Site, WebClient
from tests.support.servers import Nginx, OdooServer, RealtimeServer
from tools.odoo import OdooInstance

ADDON = "test_openerp_2013"


def test_the_form_of_2013_runs_once_and_a_broken_addon_stops_nobody(
    instance_of_tests: OdooInstance, clone_odoo_db: Callable[[], str], nginx: Callable[..., Nginx],
    new_context: Callable[[], BrowserContext],
) -> None:
    instance, db = instance_of_tests, clone_odoo_db()
    instance.install(db, [ADDON], log="test-openerp-2013")
    with OdooServer(instance, db) as odoo:
        site = Site(odoo, lambda db, *options: RealtimeServer(instance, db, *options), nginx)
        with site.start_realtime():
            logged: list[str] = []
            context = new_context()
            context.on("console", lambda message: logged.append(message.text))
            demo = WebClient.login(context, site.url, "demo").wait_until_connected()
            demo.page.wait_for_function("window.test2013?.widget")
            demo.notify("demo", "as in 2013")
            expect(demo.toast("as in 2013")).to_have_count(1)
            seen = demo.page.evaluate("window.test2013")
            assert seen["runs"] == 1
            assert [message["message"] for message in seen["got"]] == ["as in 2013"]
            assert "@odoo/owl" in seen["widget"]
            broken = [text for text in logged if f"openerp.{ADDON}_broken failed" in text]
            assert len(broken) == 1 and "broken on purpose" in broken[0]
