"""The example web_chat: what a browser emits reaches the ORM, and the answer comes back."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.site import Site, WebClient

Login = Callable[[str], WebClient]


def open_chat(client: WebClient) -> WebClient:
    client.page.evaluate(
        "() => odoo.__WOWL_DEBUG__.root.env.services.action.doAction('web_chat.web_chat_action')"
    )
    expect(client.page.locator(".o_web_chat")).to_be_visible()
    return client.wait_until_connected("/chat")


def write(client: WebClient, text: str) -> None:
    client.page.get_by_label("Message").fill(text)
    client.page.get_by_role("button", name="Send").click()


def test_what_one_writes_the_others_in_the_room_read(site: Site, login: Login) -> None:
    site.start_realtime()
    demo, other = (open_chat(login(name)) for name in ("demo", "other"))
    for client in (demo, other):
        client.page.get_by_role("button", name="Coffee corner").click()
    write(demo, "Coffee, anyone?")
    for client in (demo, other):
        line = client.page.locator(".o_web_chat li", has_text="Coffee, anyone?")
        expect(line).to_have_count(1)
        expect(line).to_contain_text("Marc Demo")
    other.page.get_by_role("button", name="Everyone").click()
    expect(other.page.locator(".o_web_chat li", has_text="Coffee")).to_have_count(0)


def test_an_emit_reaches_the_orm_and_its_answer_returns(site: Site, login: Login) -> None:
    site.start_realtime()
    demo = open_chat(login("demo"))
    (room,) = demo.call("web.chat.room", "search", [["name", "=", "Everyone"]])
    answer = demo.emit("/chat", "post", room, "hello")["answer"]
    message_id = answer[0] if isinstance(answer, list) else answer
    (message,) = demo.call("web.chat.message", "read", [message_id], ["body", "create_uid"])
    assert message["body"] == "hello"
    assert message["create_uid"][1] == "Marc Demo"


def test_the_servers_refusal_rejects_the_emit(site: Site, login: Login) -> None:
    site.start_realtime()
    demo = open_chat(login("demo"))
    refused = demo.emit("/chat", "post", 1, "x" * 2001)
    assert refused == {
        "name": "ValidationError", "message": "A message has at most 2000 characters.",
    }
    assert demo.errors == []
    expect(demo.dialogs).to_have_count(0)


def test_a_chat_goes_on_after_the_server_came_back(site: Site, login: Login) -> None:
    server = site.start_realtime()
    demo, other = (open_chat(login(name)) for name in ("demo", "other"))
    server.close()
    demo.wait_until_away()
    write(demo, "written while it was away")  # waits for the connection
    site.start_realtime()
    line = other.page.locator(".o_web_chat li", has_text="written while it was away")
    expect(line).to_have_count(1, timeout=60_000)
