"""A user reads what the examples and the server say in a language of their own."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.site import WebClient

Login = Callable[[str], WebClient]


def test_a_user_reads_french(login: Login) -> None:
    admin, demo = login("admin"), login("demo")
    french = [["code", "=", "fr_FR"], ["active", "in", [True, False]]]
    (language,) = admin.call("res.lang", "search", french)
    (wizard,) = admin.call("base.language.install", "create", [{"lang_ids": [[6, 0, [language]]]}])
    admin.call("base.language.install", "lang_install", [wizard])
    values = {"name": "Françoise", "login": "francoise", "password": "francoise", "lang": "fr_FR"}
    admin.call("res.users", "create", [values])

    francoise = login("francoise")
    expect(francoise.page.get_by_title("Prévenir un collègue")).to_be_visible()
    for client in (francoise, demo):
        client.do_action("web_chat.web_chat_action")
        client.wait_until_connected("/chat")
        client.page.locator(".o_web_chat nav button").last.click()
    expect(francoise.page.get_by_role("button", name="Tout le monde")).to_be_visible()
    expect(demo.page.locator(".o_web_chat_present li")).to_have_count(2)  # both are in the room
    demo.page.get_by_label("Message").press_sequentially("Bonjour")
    expect(francoise.page.get_by_text("Marc Demo écrit…")).to_be_visible()
    refused = francoise.emit("/chat", "post", 1, " ")
    assert refused["message"] == "Un message ne peut pas être vide."
