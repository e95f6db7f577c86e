"""The example web_action_request: a colleague is asked, and opens what is asked for, or not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.site import WebClient

Login = Callable[[str], WebClient]


@pytest.fixture
def pair(login: Login) -> tuple[WebClient, WebClient]:
    """The one who asks and the one who is asked."""
    return login("admin").wait_until_connected(), login("demo").wait_until_connected()


def ask(asker: WebClient, reason: str) -> None:
    """Ask Marc, from the view that is open."""
    asker.page.locator(".o_cp_action_menus .dropdown-toggle").first.click()
    asker.page.locator(".o_web_action_request").click()
    form = asker.dialogs
    form.locator("[name=to_id] input").fill("Marc")
    asker.page.locator(".o-autocomplete--dropdown-item", has_text="Marc Demo").click()
    form.locator("[name=reason] input").fill(reason)
    form.get_by_role("button", name="Ask").click()
    expect(form).to_have_count(0)


def question(client: WebClient, text: str) -> Locator:
    return client.dialogs.filter(has_text=text)


def test_a_record_is_opened_by_who_accepts(pair: tuple[WebClient, WebClient]) -> None:
    admin, demo = pair
    tab = WebClient(demo.page.context.new_page(), demo.url).open().wait_until_connected()
    (partner,) = admin.call("res.partner", "create", [{"name": "Azure Interior"}])
    admin.open_record("res.partner", partner)
    expect(admin.page.locator(".o_form_view")).to_be_visible()
    ask(admin, "Who talks to them?")
    for client in (demo, tab):
        dialog = question(client, "Administrator asks to open “Azure Interior” on your screen.")
        expect(dialog).to_contain_text("Who talks to them?")
    demo.dialogs.get_by_role("button", name="Open it").click()
    expect(admin.toast("Marc Demo has opened “Azure Interior”.")).to_have_count(1)  # for 4 s
    expect(demo.page).to_have_url(re.compile(rf"/res\.partner/{partner}$"))
    expect(demo.page.locator(".o_form_view [name=name]").first).to_be_visible()
    expect(tab.dialogs).to_have_count(0)
    expect(tab.page.locator(".o_form_view")).to_have_count(0)  # one page opens it


def test_a_list_is_asked_for_and_refused(pair: tuple[WebClient, WebClient]) -> None:
    admin, demo = pair
    admin.do_action("web_live_view.web_live_view_action")
    expect(admin.page.locator(".o_list_view")).to_be_visible()
    ask(admin, "For the meeting")
    question(demo, "“Contacts”").get_by_role("button", name="Refuse").click()
    expect(admin.toast("Marc Demo does not want to open “Contacts”.")).to_have_count(1)
    expect(demo.dialogs).to_have_count(0)
    assert demo.errors == []


def request(asker: WebClient, login: str, reason: str) -> int:
    """Ask somebody to open a contact, without the form."""
    (to_id,) = asker.call("res.users", "search", [["login", "=", login]])
    (partner,) = asker.call("res.partner", "search", [], 0, 1)
    target = {"res_model": "res.partner", "res_id": partner}
    values = {"to_id": to_id, "reason": reason, **target}
    (number,) = asker.call("web.action.request", "create", [values])
    assert isinstance(number, int)
    return number


def test_no_client_answers_for_somebody_else(
    pair: tuple[WebClient, WebClient], login: Login
) -> None:
    admin, demo = pair
    number = request(demo, "other", "Look")
    answer = admin.emit("/action_request", "answer", number, True)
    assert answer["name"] == "AccessError"
    expect(admin.dialogs).to_have_count(0)
    assert login("other").emit("/action_request", "answer", number, False) == {"answer": False}


def test_a_page_that_opens_asks_what_waited_and_what_came_meanwhile_once(
    pair: tuple[WebClient, WebClient],
) -> None:
    admin, demo = pair
    request(admin, "demo", "before")
    tab = WebClient(demo.page.context.new_page(), demo.url)
    with tab.before_it_knows("web.action.request", "waiting"):
        request(admin, "demo", "meanwhile")
    for reason in ("meanwhile", "before"):
        expect(question(tab, reason)).to_have_count(1)
    expect(tab.dialogs).to_have_count(2)
    for left in (1, 0):
        upper = tab.page.locator(".modal:not(.o_inactive_modal)")
        upper.get_by_role("button", name="Refuse").click()
        for client in (tab, demo):
            expect(client.dialogs).to_have_count(left)
