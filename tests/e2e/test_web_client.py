"""The main job, on real parts: from a COMMIT to a browser, and back."""

from __future__ import annotations

import re
from collections.abc import Callable

import psutil  # type: ignore[import-untyped]
from playwright.sync_api import expect

from tests.e2e.site import SOCKETIO, Site, WebClient
from tests.integration.clients import eventually
from tests.support.servers import RealtimeServer

Login = Callable[[str], WebClient]
QUIET = "web_socketio: no connection to the server"  # a line for developers, not for users


def connections(server: RealtimeServer) -> int:
    """How many clients are connected, as the operating system sees it."""
    sockets = psutil.Process(server.child.pid).net_connections("tcp")
    return sum(s.status == "ESTABLISHED" and s.laddr.port == server.port for s in sockets)


def wait_for_connections(server: RealtimeServer, number: int) -> None:
    assert eventually(lambda: connections(server) == number), connections(server)


def test_a_notification_is_shown_to_its_user_and_to_no_other(site: Site, login: Login) -> None:
    site.start_realtime()
    users = ("admin", "demo", "other")
    sender, demo, other = (login(user).wait_until_connected() for user in users)

    sender.page.get_by_title("Notify a colleague").click()
    form = sender.page.locator(".modal")
    form.locator("[name=to_id] input").fill("Marc")
    form.page.locator(".o-autocomplete--dropdown-item", has_text="Marc Demo").click()
    form.locator("[name=title] input").fill("Greetings")
    form.locator("[name=message] input").fill("for Marc")
    form.get_by_role("button", name="Send").click()
    expect(demo.toast("for Marc")).to_contain_text("Greetings")

    sender.notify("other", "for Olga")
    expect(other.toast("for Olga")).to_have_count(1)
    expect(other.toasts).to_have_count(1)  # the first one would have come before
    expect(demo.toasts).to_have_count(1)
    expect(sender.toasts).to_have_count(0)


def test_the_button_of_a_toast_opens_the_record(site: Site, login: Login) -> None:
    site.start_realtime()
    sender, demo = (login(name).wait_until_connected() for name in ("admin", "demo"))
    (partner,) = sender.call("res.partner", "create", [{"name": "Azure Interior"}])
    sender.notify("demo", "look", res_model="res.partner", res_id=partner)
    demo.toast("look").get_by_role("button", name="Open").click()
    expect(demo.page.locator(".o_form_view .o_field_widget[name=name]").first).to_be_visible()
    expect(demo.toasts).to_have_count(0)
    expect(demo.page).to_have_url(re.compile(rf"/res\.partner/{partner}$"))


def test_a_second_tab_gets_its_own_copy(site: Site, login: Login) -> None:
    site.start_realtime()
    first = login("demo").wait_until_connected()
    second = WebClient(first.page.context.new_page(), site.url).open().wait_until_connected()
    first.notify("demo", "to both tabs")
    expect(first.toast("to both tabs")).to_have_count(1)
    expect(second.toast("to both tabs")).to_have_count(1)


def test_a_reload_loses_nothing_and_repeats_nothing(site: Site, login: Login) -> None:
    site.start_realtime()
    sender, demo = (login(name).wait_until_connected() for name in ("admin", "demo"))
    sender.notify("demo", "before")
    expect(demo.toast("before")).to_have_count(1)
    demo.page.wait_for_function(  # handled, and stored in the tab
        "Object.entries(sessionStorage).some(([key, value]) =>"
        " key.endsWith('/longpolling') && JSON.parse(value).position)"
    )
    demo.page.goto("about:blank")
    sender.notify("demo", "meanwhile")
    demo.open().wait_until_connected()
    expect(demo.toast("meanwhile")).to_have_count(1)
    sender.notify("demo", "after")
    expect(demo.toast("after")).to_have_count(1)
    expect(demo.toasts).to_have_count(2)


def test_a_restarted_server_is_found_again_and_delivers_what_came_meanwhile(
    site: Site, login: Login
) -> None:
    server = site.start_realtime()
    sender, demo = (login(name).wait_until_connected() for name in ("admin", "demo"))
    sender.notify("demo", "before")
    expect(demo.toast("before")).to_have_count(1)
    server.close()
    demo.wait_until_away()
    sender.notify("demo", "meanwhile")
    site.start_realtime()
    demo.wait_until_connected()
    expect(demo.toast("meanwhile")).to_have_count(1)
    sender.notify("demo", "after")
    expect(demo.toast("after")).to_have_count(1)
    expect(demo.toasts).to_have_count(3)


def test_without_a_server_users_see_nothing_of_it(site: Site, login: Login) -> None:
    site.start_realtime().close()  # a cloned database begins its log anew at its first server
    demo = login("demo").wait_until_away()
    with demo.page.expect_console_message(lambda message: message.text == QUIET):
        demo.page.evaluate(  # nobody awaits this emit, and it fails
            """() => {
                const { SocketIO } = odoo.loader.modules.get("@web_socketio/socketio");
                new SocketIO("/longpolling", { timeout: 100 }).emit("anything");
            }"""
        )
    expect(demo.dialogs).to_have_count(0)
    expect(demo.toasts).to_have_count(0)
    demo.notify("demo", "published before the first connection")
    site.start_realtime()
    demo.wait_until_connected()
    expect(demo.toast("published before the first connection")).to_have_count(1)


def test_logout_closes_the_connection(site: Site, login: Login) -> None:
    server = site.start_realtime()
    demo = login("demo").wait_until_connected()
    wait_for_connections(server, 1)
    demo.page.goto(f"{site.url}/web/session/logout")
    expect(demo.page.get_by_label("Password")).to_be_visible()
    wait_for_connections(server, 0)


def test_a_page_that_the_browser_puts_aside_keeps_no_connection(site: Site, login: Login) -> None:
    server = site.start_realtime()
    demo = login("demo").wait_until_connected()
    demo.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    wait_for_connections(server, 0)
    demo.notify("demo", "while it was away")
    demo.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    demo.wait_until_connected()
    expect(demo.toast("while it was away")).to_have_count(1)


def test_logout_in_one_tab_ends_the_other_ones_too(site: Site, login: Login) -> None:
    site.start_realtime()
    demo = login("demo").wait_until_connected()
    tab = demo.page.context.new_page()
    tab.goto(f"{site.url}/web/session/logout")
    demo.page.wait_for_function(f"{SOCKETIO}.status().namespaces['/longpolling'].refused")
    expect(demo.dialogs).to_have_count(0)
