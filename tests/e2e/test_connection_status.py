"""What the web client shows of its connection: all to developers, little and late to users."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.e2e.site import SOCKETIO, Site, WebClient

Login = Callable[[str], WebClient]
PATIENCE = 30_000  # ms; what users do not see


def icon(client: WebClient) -> Locator:
    return client.page.locator(".o_web_socketio_status")


def test_a_developer_sees_the_connection_come_go_and_be_refused(site: Site, login: Login) -> None:
    server = site.start_realtime()
    demo = login("demo")
    demo.page.goto(f"{site.url}/odoo?debug=1")
    demo.wait_until_connected()
    details = demo.page.locator(".o_web_socketio_details")
    icon(demo).click()
    expect(details).to_contain_text("Connected since")
    expect(details).to_contain_text("/longpolling")
    expect(icon(demo).locator(".fa-bolt.text-warning")).to_have_count(0)
    server.close()
    expect(details).to_contain_text("No connection since")
    expect(details).to_contain_text("Last error")
    site.start_realtime()
    expect(details).to_contain_text("Connected since")
    expect(details).to_contain_text("Last error")
    demo.emit("/nowhere", "anything")
    expect(details.locator("li", has_text="/nowhere")).to_contain_text("Invalid namespace")
    expect(icon(demo).locator(".fa-bolt.text-warning")).to_have_count(1)
    demo.wait_until_connected()
    status = demo.page.evaluate(f"{SOCKETIO}.status()")
    assert status["state"] == "connected"
    assert status["namespaces"]["/longpolling"] == {"ready": True, "refused": None}
    assert status["namespaces"]["/nowhere"] == {"ready": False, "refused": "Invalid namespace"}


def test_a_user_sees_nothing_at_first_and_then_a_hint(site: Site, login: Login) -> None:
    server = site.start_realtime()
    demo = login("demo")
    demo.page.clock.install()
    demo.open().wait_until_connected()
    soon = demo.page.evaluate("Date.now()") + 10_000
    demo.page.clock.pause_at(soon / 1000)  # seconds; from here on no time passes by itself
    server.close()
    demo.wait_until_away()
    demo.page.clock.run_for(PATIENCE - 1_000)
    expect(icon(demo)).to_have_count(0)
    demo.page.clock.run_for(2_000)
    expect(icon(demo)).to_have_attribute("title", re.compile("^Live updates pause: no connection"))
    demo.page.clock.resume()
    site.start_realtime()
    expect(icon(demo)).to_have_count(0)
