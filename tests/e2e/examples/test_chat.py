"""The example web_chat: rooms, who is there, who types, what is unread."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.e2e.site import Site, WebClient

Login = Callable[[str], WebClient]
CHAT = "odoo.__WOWL_DEBUG__.root.env.services.web_chat"


def open_chat(client: WebClient, room: str = "") -> WebClient:
    client.do_action("web_chat.web_chat_action")
    expect(client.page.locator(".o_web_chat")).to_be_visible()
    client.wait_until_connected("/chat")
    if room:
        client.page.locator(".o_web_chat nav button", has_text=room).click()
    return client


def look_elsewhere(client: WebClient) -> int:
    """Load a page that shows no chat; return how many messages it counts as unread at first."""
    client.page.goto(f"{client.url}/odoo/live-contacts")
    expect(client.page.locator(".o_list_view")).to_be_visible()
    client.page.wait_for_function(f"{CHAT}.rooms.length")
    number = client.page.evaluate(f"{CHAT}.unread")
    assert isinstance(number, int)
    return number


def write(client: WebClient, text: str) -> None:
    client.page.get_by_label("Message").fill(text)
    client.page.get_by_role("button", name="Send").click()


def line(client: WebClient, text: str) -> Locator:
    return client.page.locator(".o_web_chat_log li", has_text=text)


def present(client: WebClient) -> Locator:
    return client.page.locator(".o_web_chat_present li")


def unread(client: WebClient) -> Locator:
    """The badge in the menu bar."""
    return client.page.locator(".o_web_chat_systray .o_web_chat_unread")


def test_what_one_writes_the_others_in_the_room_read(login: Login) -> None:
    demo, other = (open_chat(login(name), "Coffee corner") for name in ("demo", "other"))
    write(demo, "Coffee, anyone?")
    for client in (demo, other):
        expect(line(client, "Coffee, anyone?")).to_have_count(1)
        expect(line(client, "Coffee, anyone?")).to_contain_text("Marc Demo")
    open_chat(other, "Everyone")
    expect(line(other, "Coffee")).to_have_count(0)


def test_who_is_there_is_counted_once_whatever_the_number_of_tabs(login: Login) -> None:
    demo = open_chat(login("demo"), "Everyone")
    expect(present(demo)).to_have_text(["Marc Demo"])
    other = open_chat(login("other"), "Everyone")
    expect(present(demo)).to_have_text(["Marc Demo", "Olga Other"])
    tab = WebClient(other.page.context.new_page(), other.url)
    open_chat(tab.open(), "Everyone")
    expect(present(tab)).to_have_text(["Marc Demo", "Olga Other"])
    other.page.close()
    open_chat(login("admin"), "Everyone")  # when her coming is told, so is the other's going
    expect(present(demo)).to_have_text(["Administrator", "Marc Demo", "Olga Other"])
    tab.page.goto("about:blank")
    expect(present(demo)).to_have_text(["Administrator", "Marc Demo"])


def test_unread_messages_are_counted_on_the_server(login: Login) -> None:
    demo, other = login("demo"), login("other")
    before = look_elsewhere(other)
    expect(other.page.locator(".o_web_chat")).to_have_count(0)
    open_chat(demo, "Coffee corner")
    for text in ("first", "second"):
        write(demo, text)
    expect(unread(other)).to_have_text(str(before + 2))
    tab = WebClient(other.page.context.new_page(), other.url)
    assert look_elsewhere(tab) == before + 2  # it has seen none of the messages
    expect(unread(tab)).to_have_text(str(before + 2))
    expect(unread(demo)).to_have_count(0)
    for room in ("Everyone", "Coffee corner"):
        open_chat(other, room)
        expect(other.page.locator("nav .active .o_web_chat_unread")).to_have_count(0)
    expect(unread(other)).to_have_count(0)
    expect(unread(tab)).to_have_count(0)
    assert look_elsewhere(tab) == 0
    expect(unread(tab)).to_have_count(0)


def test_who_types_is_seen_by_the_others_until_the_message_comes(login: Login) -> None:
    demo, other = (open_chat(login(name), "Everyone") for name in ("demo", "other"))
    expect(present(demo)).to_have_count(2)
    demo.page.get_by_label("Message").press_sequentially("Hm")
    expect(other.page.get_by_text("Marc Demo is typing…")).to_be_visible()
    expect(demo.page.get_by_text("is typing…")).to_have_count(0)
    demo.page.get_by_role("button", name="Send").click()
    expect(line(other, "Hm")).to_be_visible()
    expect(other.page.get_by_text("is typing…")).to_have_count(0)


def test_an_emit_reaches_the_orm_and_its_answer_returns(login: Login) -> None:
    demo = open_chat(login("demo"))
    (room,) = demo.call("web.chat.room", "search", [["name", "=", "Everyone"]])
    message_id = demo.emit("/chat", "post", room, "hello")["answer"]
    (message,) = demo.call("web.chat.message", "read", [message_id], ["body", "create_uid"])
    assert message["body"] == "hello"
    assert message["create_uid"][1] == "Marc Demo"


def test_the_servers_refusal_rejects_the_emit(login: Login) -> None:
    demo = open_chat(login("demo"))
    refused = demo.emit("/chat", "post", 1, "x" * 2001)
    assert refused == {
        "name": "ValidationError", "message": "A message has at most 2000 characters.",
    }
    assert demo.errors == []
    expect(demo.dialogs).to_have_count(0)


def test_a_chat_goes_on_after_the_server_came_back(site: Site, login: Login) -> None:
    demo, other = (open_chat(login(name), "Everyone") for name in ("demo", "other"))
    expect(present(demo)).to_have_count(2)
    site.server.close()
    demo.wait_until_away()
    write(demo, "written while it was away")  # waits for the connection
    site.server = site.start_realtime()
    demo.page.evaluate("dispatchEvent(new Event('online'))")  # an emit does not wait for ever
    expect(line(other, "written while it was away")).to_have_count(1)
    expect(present(other)).to_have_text(["Marc Demo", "Olga Other"])
