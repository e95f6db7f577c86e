"""The example web_live_view: views follow what others change, and disturb nobody."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.site import WebClient

Login = Callable[[str], WebClient]
READ = "/web_search_read"


@pytest.fixture
def pair(login: Login) -> tuple[WebClient, WebClient]:
    """The one who changes contacts and the one who looks."""
    return login("admin"), login("demo").wait_until_connected()


def create(client: WebClient, name: str, **values: object) -> int:
    (number,) = client.call("res.partner", "create", [{"name": name, **values}])
    return number


def follow(client: WebClient, view: str) -> None:
    """Open contacts, and wait until the server knows what this page follows."""
    client.do_action("web_live_view.web_live_view_action", viewType=view)
    expect(client.page.locator(f".o_{view}_view")).to_be_visible()
    client.wait_until_connected("/live")


def record(client: WebClient, name: str) -> Locator:
    rows = client.page.locator(".o_data_row, .o_kanban_record:not(.o_kanban_ghost)")
    return rows.filter(has_text=name)


@pytest.mark.parametrize("view", ["list", "kanban"])
def test_records_come_change_and_go(pair: tuple[WebClient, WebClient], view: str) -> None:
    admin, demo = pair
    follow(demo, view)
    demo.page.evaluate("window.notReloaded = true")
    partner = create(admin, f"Ada {view}")
    expect(record(demo, f"Ada {view}")).to_have_count(1)
    admin.call("res.partner", "write", [partner], {"name": f"Grace {view}"})
    expect(record(demo, f"Grace {view}")).to_have_count(1)
    expect(record(demo, f"Ada {view}")).to_have_count(0)
    admin.call("res.partner", "unlink", [partner])
    expect(record(demo, f"Grace {view}")).to_have_count(0)
    assert demo.page.evaluate("window.notReloaded")
    assert demo.errors == []


def test_a_selection_stays(pair: tuple[WebClient, WebClient]) -> None:
    admin, demo = pair
    create(admin, "Selected")
    follow(demo, "list")
    record(demo, "Selected").get_by_role("checkbox").check()
    create(admin, "Newcomer")
    expect(record(demo, "Newcomer")).to_have_count(1)
    expect(record(demo, "Selected").get_by_role("checkbox")).to_be_checked()
    expect(record(demo, "Newcomer").get_by_role("checkbox")).not_to_be_checked()


def test_a_form_shows_the_record_as_it_is(pair: tuple[WebClient, WebClient]) -> None:
    admin, demo = pair
    partner = create(admin, "Followed", email="one@example.com")
    demo.open_record("res.partner", partner)
    email = demo.page.locator("[name=email]").first  # Marc may only read it
    expect(email).to_contain_text("one@example.com")
    demo.wait_until_connected("/live")
    admin.call("res.partner", "write", [partner], {"email": "two@example.com"})
    expect(email).to_contain_text("two@example.com")
    admin.call("res.partner", "unlink", [partner])
    expect(demo.toast("This record was deleted")).to_have_count(1)


def test_a_form_with_changes_is_left_alone(login: Login) -> None:
    admin = login("admin").wait_until_connected()
    partner = create(admin, "Contested", email="one@example.com")
    admin.open_record("res.partner", partner)
    name, email = (admin.page.locator(f"[name={field}] input").first for field in ("name", "email"))
    expect(email).to_have_value("one@example.com")
    admin.wait_until_connected("/live")
    admin.page.get_by_role("textbox", name="e.g. Brandom Freeman").or_(
        admin.page.locator("[name=name] textarea, [name=name] input")
    ).first.fill("Contested by me")
    elsewhere = WebClient(admin.page.context.new_page(), admin.url).open()
    elsewhere.call("res.partner", "write", [partner], {"email": "two@example.com"})
    toast = admin.toast("Your changes are kept")
    expect(toast).to_have_count(1)
    expect(email).to_have_value("one@example.com")
    toast.get_by_role("button", name="Discard mine").click()
    expect(email).to_have_value("two@example.com")
    expect(admin.page.locator(".o_form_dirty")).to_have_count(0)


def test_what_one_does_oneself_is_no_news_to_the_same_page(login: Login) -> None:
    admin = login("admin").wait_until_connected()
    partner = create(admin, "Own")
    read = itertools.count(1)
    with admin.page.expect_response(lambda got: got.url.endswith(READ) and next(read) == 2):
        follow(admin, "list")  # read when it opens, and again once changes are told
    watcher = WebClient(admin.page.context.new_page(), admin.url).open()
    follow(watcher, "list")
    reads: list[str] = []
    admin.page.on("request", lambda request: reads.append(request.url))
    admin.call("res.partner", "write", [partner], {"name": "Own, changed here"})
    expect(record(watcher, "Own, changed here")).to_have_count(1)  # so it was told to all
    assert [url for url in reads if url.endswith(READ)] == []
