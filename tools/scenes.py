"""The scenes of ``make screenshots``: what two users do, and what each of them sees.

A scene returns the windows of its still picture, if it has one; what it films on the way becomes
the animated one.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tools.windows import Film, User, Windows


def open_contacts(user: User) -> None:
    """Open the list of web_live_view, and wait until it is there."""
    user.open_app("Live Contacts")
    expect(user.page.locator(".o_data_row").first).to_be_visible()


def choose_marc(form: Locator) -> None:
    """Fill the field of a colleague in."""
    form.locator("[name=to_id] input").fill("Marc")
    form.page.locator(".o-autocomplete--dropdown-item", has_text="Marc Demo").click()


def notification(admin: User, demo: User, film: Film) -> Windows:
    """The toast of web_notification, with its button."""
    (partner,) = admin.call("res.partner", "create", [{"name": "Azure Interior"}])
    admin.open_record("res.partner", partner)
    open_contacts(demo)
    film.take()
    admin.page.locator(".o_cp_action_menus .dropdown-toggle").click()
    item = admin.page.get_by_role("menuitem", name="Show to a Colleague")
    item.hover()
    film.take()
    item.click()
    form = admin.page.locator(".modal")
    choose_marc(form)
    form.locator("[name=title] input").fill("A question")
    form.locator("[name=message] input").fill("Who talks to Azure Interior?")
    (_, sends), _ = film.take(2.5)
    form.get_by_role("button", name="Send").click()
    toast = demo.wait_for_toast("Azure")
    expect(form).to_have_count(0)
    _, (_, sees) = film.take(3)
    toast.get_by_role("button", name="Open").click()
    expect(demo.page.locator(".o_form_view")).to_be_visible()
    film.take(3)
    return [("Administrator sends …", sends), ("… and Marc Demo sees it", sees)]


def chat(admin: User, demo: User, film: Film) -> Windows:
    """The client action of web_chat."""
    lines = [
        (admin, demo, "The customer asks for a call before noon."),
        (demo, admin, "I will take it."),
        (admin, demo, "Great. The offer is in the documents."),
        (demo, admin, "Found it, thank you."),
    ]
    for user in (admin, demo):
        user.open_app("Chat")
        user.wait_for("/chat")
    for user in (admin, demo):
        expect(user.page.locator(".o_web_chat_present li")).to_have_count(2)
    film.take(1)
    for user, other, text in lines:
        user.page.get_by_label("Message").press_sequentially(text, delay=60)
        expect(other.page.get_by_text("is typing…")).to_be_visible()
        film.take(1.2)
        user.page.get_by_role("button", name="Send").click()
        for reader in (admin, demo):
            expect(reader.page.locator(".o_web_chat li", has_text=text)).to_be_visible()
        shown = film.take(1.2)
    film.take(2)
    return shown


def action_request(admin: User, demo: User, film: Film) -> None:
    """The question of web_action_request, and the answer."""
    (partner,) = admin.call("res.partner", "create", [{"name": "Deco Addict"}])
    admin.open_record("res.partner", partner)
    open_contacts(demo)
    admin.page.locator(".o_cp_action_menus .dropdown-toggle").click()
    item = admin.page.locator(".o_web_action_request")
    item.hover()
    film.take()
    item.click()
    form = admin.page.locator(".modal")
    choose_marc(form)
    form.locator("[name=reason] input").fill("They call at ten.")
    film.take(2)
    form.get_by_role("button", name="Ask").click()
    dialog = demo.page.locator(".modal", has_text="Deco Addict")
    expect(dialog).to_be_visible()
    expect(form).to_have_count(0)
    film.take(3)
    dialog.get_by_role("button", name="Open it").click()
    admin.wait_for_toast("Marc Demo has opened")
    expect(demo.page.locator(".o_form_view")).to_be_visible()
    film.take(3)


def live_view(admin: User, demo: User, film: Film) -> None:
    """A list of web_live_view, while somebody edits a contact."""
    name = "Gemini Furniture"
    (partner,) = admin.call("res.partner", "create", [{"name": name, "email": "old@example.com"}])
    open_contacts(demo)
    row = demo.page.locator(".o_data_row", has_text=name)
    expect(row).to_contain_text("old@example.com")
    admin.open_record("res.partner", partner)
    email = admin.page.locator("[name=email] input").first
    expect(email).to_be_visible()
    film.take()
    email.fill("sales@example.com")
    film.take(2)
    admin.page.locator(".o_form_button_save").click()
    expect(row).to_contain_text("sales@example.com")
    film.take(3)


def tutorial(admin: User, demo: User, film: Film) -> Windows:
    """The doorbell of docs/tutorial.md."""
    admin.open_app("Doorbell")
    admin.page.get_by_role("button", name="New").click()
    row = admin.page.locator(".o_data_row").first
    row.locator("[name=name] input").fill("Ada Lovelace")
    row.locator("[name=host_id] input").fill("Marc")
    admin.page.locator(".o-autocomplete--dropdown-item", has_text="Marc Demo").click()
    admin.page.get_by_role("button", name="Save").click()
    toast = demo.wait_for_toast("Ada Lovelace is at the door")
    sees = demo.photo()
    toast.get_by_role("button", name="I am coming").click()
    admin.wait_for_toast("Marc Demo: I am coming")
    return [("Reception", admin.photo()), ("Marc Demo", sees)]


def administration(admin: User, demo: User, film: Film) -> Windows:
    """The clients and servers of Settings > Realtime."""
    for user in (admin, demo):
        user.open_app("Chat")
        user.wait_for("/chat")
    admin.page.wait_for_timeout(6_000)  # servers write their lists every five seconds
    admin.open_action("web_socketio.socket_action")
    expect(admin.page.locator(".o_data_row", has_text="Marc Demo").first).to_be_visible()
    clients = admin.photo()
    admin.open_action("web_socketio.node_action")
    admin.page.locator(".o_data_cell").first.click()
    expect(admin.page.locator(".o_form_view")).to_be_visible()
    return [("Connected clients", clients), ("A server", admin.photo())]


def settings(admin: User, demo: User, film: Film) -> Windows:
    """A test message, and the settings of Settings > Realtime."""
    admin.open_action("web_socketio.test_action")
    form = admin.page.locator(".modal")
    form.locator("[name=channel] input").fill("notification")
    form.get_by_role("button", name="Send").click()
    expect(form.locator("[name=result]")).to_contain_text("listeners")
    sent = admin.photo()
    form.get_by_role("button", name="Close", exact=True).last.click()
    admin.open_action("web_socketio.settings_action")
    expect(admin.page.locator("[name=web_socketio_retention]")).to_be_visible()
    return [("A test message", sent), ("Settings", admin.photo())]


Scene = Callable[[User, User, Film], Windows | None]
SCENES: list[Scene] = [
    notification, action_request, live_view, tutorial, chat, administration, settings,
]  # fmt: skip
