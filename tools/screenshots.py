"""``make screenshots``: the pictures of the documentation, from the demo in Chromium.

Two users, each with a browser of their own, side by side: what one does, and what the other sees.
"""

from __future__ import annotations

import base64
import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Locator, expect, sync_playwright

from tools.console import main, step
from tools.demo import STAMP, data_folder, running
from tools.documents import files_of, write_files
from tools.paths import ROOT, addon_folders
from tools.processes import free_port
from tools.programs import chromium

IMAGES = ROOT / "docs" / "images"
DEMO = "screenshots"
SIZE = {"width": 800, "height": 480}  # narrower, Odoo would show its mobile views
SCALE = 1.25
SERVICES = "odoo.__WOWL_DEBUG__?.root.env.services"
FRAME = """
<body style="margin: 0; display: inline-flex; gap: 16px; padding: 16px; background: #e8e8ee">
  {windows}
</body>
"""
WINDOW = """
<figure style="margin: 0; border-radius: 8px; overflow: hidden; background: #3d3d46;
               box-shadow: 0 4px 14px rgb(0 0 0 / 30%)">
  <figcaption style="font: 14px sans-serif; color: #fff; padding: 7px 12px">{title}</figcaption>
  <img style="display: block; width: {width}px" src="data:image/png;base64,{data}">
</figure>
"""


class User:
    """Somebody logged in, in a browser window of their own."""

    def __init__(self, browser: Browser, url: str, login: str, name: str) -> None:
        self.name = name
        context = browser.new_context(
            viewport=SIZE, device_scale_factor=SCALE, reduced_motion="reduce"
        )
        self.page = context.new_page()
        self.page.goto(f"{url}/web/login")
        self.page.get_by_label("Email").fill(login)
        self.page.get_by_label("Password").fill(login)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.locator(".o_main_navbar")).to_be_visible(timeout=60_000)
        self.wait_for("/longpolling")

    def wait_for(self, namespace: str) -> None:
        """Wait until the realtime server knows this user there."""
        self.page.wait_for_function(
            f"name => {SERVICES}.socketio.status().namespaces[name]?.ready", arg=namespace
        )

    def open_app(self, name: str) -> None:
        """Choose an app from the menu."""
        self.page.locator(".o_navbar_apps_menu button").click()
        self.page.locator(".o_app", has_text=name).click()

    def open_record(self, model: str, id: int) -> None:
        """Open the form of a record."""
        action = {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": id,
            "views": [[False, "form"]],
        }
        self.page.evaluate(
            f"action => {SERVICES}.action.doAction(action, {{ clearBreadcrumbs: true }})", action
        )

    def open_action(self, name: str) -> None:
        """Open a window action by its external id."""
        self.page.evaluate(f"name => {SERVICES}.action.doAction(name)", name)

    def wait_for_toast(self, text: str) -> Locator:
        """Wait until a notification has faded in."""
        toast = self.page.locator(".o_notification", has_text=text)
        expect(toast).to_have_css("opacity", "1")
        return toast

    def call(self, model: str, method: str, *args: Any) -> Any:
        """Call a method of a model, as the web client does."""
        return self.page.evaluate(
            f"([model, method, args]) => {SERVICES}.orm.call(model, method, args)",
            [model, method, args],
        )

    def photo(self) -> bytes:
        """What the window shows now, as PNG."""
        return self.page.screenshot()


@contextmanager
def users(browser: Browser, url: str) -> Iterator[tuple[User, User]]:
    """The two users of the demo, in new windows."""
    pair = User(browser, url, "admin", "Administrator"), User(browser, url, "demo", "Marc Demo")
    yield pair
    for user in pair:
        user.page.context.close()


def notification(admin: User, demo: User) -> list[tuple[str, bytes]]:
    """The toast of web_notification, with its button."""
    (partner,) = admin.call("res.partner", "create", [{"name": "Azure Interior"}])
    admin.open_record("res.partner", partner)
    admin.page.locator(".o_cp_action_menus .dropdown-toggle").click()
    admin.page.get_by_role("menuitem", name="Show to a Colleague").click()
    form = admin.page.locator(".modal")
    form.locator("[name=to_id] input").fill("Marc")
    admin.page.locator(".o-autocomplete--dropdown-item", has_text="Marc Demo").click()
    form.locator("[name=title] input").fill("A question")
    form.locator("[name=message] input").fill("Who talks to Azure Interior?")
    sends = admin.photo()
    form.get_by_role("button", name="Send").click()
    demo.wait_for_toast("Azure")
    return [("Administrator sends …", sends), ("… and Marc Demo sees it", demo.photo())]


def chat(admin: User, demo: User) -> list[tuple[str, bytes]]:
    """The client action of web_chat."""
    lines = [
        (admin, "The customer asks for a call before noon."),
        (demo, "I will take it."),
        (admin, "Great. The offer is in the documents."),
        (demo, "Found it, thank you."),
    ]
    for user in (admin, demo):
        user.open_app("Chat")
        user.wait_for("/chat")
    for user, text in lines:
        user.page.get_by_label("Message").fill(text)
        user.page.get_by_role("button", name="Send").click()
        for reader in (admin, demo):
            expect(reader.page.locator(".o_web_chat li", has_text=text)).to_be_visible()
    return [(user.name, user.photo()) for user in (admin, demo)]


def action_request(admin: User, demo: User) -> list[tuple[str, bytes]]:
    """The question of web_action_request, and the answer."""
    (partner,) = admin.call("res.partner", "create", [{"name": "Deco Addict"}])
    values = {"res_model": "res.partner", "res_id": partner, "reason": "They call at ten."}
    admin.open_record("res.partner", partner)
    (to_id,) = admin.call("res.users", "search", [["login", "=", "demo"]])
    admin.call("web.action.request", "create", [{**values, "to_id": to_id}])
    dialog = demo.page.locator(".modal", has_text="Deco Addict")
    expect(dialog).to_be_visible()
    asked = demo.photo()
    dialog.get_by_role("button", name="Open it").click()
    admin.wait_for_toast("Marc Demo has opened")
    return [("Marc Demo is asked …", asked), ("… and who asked knows", admin.photo())]


def live_view(admin: User, demo: User) -> list[tuple[str, bytes]]:
    """A list of web_live_view, while somebody edits a contact."""
    name = "Gemini Furniture"
    (partner,) = admin.call("res.partner", "create", [{"name": name, "email": "old@example.com"}])
    demo.open_app("Live Contacts")
    row = demo.page.locator(".o_data_row", has_text=name)
    expect(row).to_contain_text("old@example.com")
    admin.open_record("res.partner", partner)
    email = admin.page.locator("[name=email] input").first
    email.fill("sales@example.com")
    admin.page.locator(".o_form_button_save").click()
    expect(row).to_contain_text("sales@example.com")
    return [("Administrator saves …", admin.photo()), ("… and Marc sees it", demo.photo())]


def tutorial(admin: User, demo: User) -> list[tuple[str, bytes]]:
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


def administration(admin: User, demo: User) -> list[tuple[str, bytes]]:
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


def settings(admin: User, demo: User) -> list[tuple[str, bytes]]:
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


SCENES: list[Callable[[User, User], list[tuple[str, bytes]]]] = [
    notification, action_request, live_view, tutorial, chat, administration, settings,
]


def compose(browser: Browser, windows: list[tuple[str, bytes]]) -> Image.Image:
    """Put windows side by side, in 256 colours."""
    page = browser.new_page(viewport={"width": 1700, "height": 600}, device_scale_factor=SCALE)
    parts = [
        WINDOW.format(title=title, width=SIZE["width"], data=base64.b64encode(data).decode())
        for title, data in windows
    ]
    page.set_content(FRAME.format(windows="".join(parts)))
    png = page.locator("body").screenshot()
    page.close()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    return image.quantize(256, dither=Image.Dither.NONE)


def save(browser: Browser, name: str, windows: list[tuple[str, bytes]]) -> None:
    """Write a picture of windows."""
    compose(browser, windows).save(IMAGES / f"{name}.png", optimize=True)


def take() -> None:
    """Take all pictures."""
    port, realtime_port = free_port(), free_port()
    (data_folder(DEMO) / STAMP).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        write_files(files_of(ROOT / "docs" / "tutorial.md"), Path(folder))
        addons = addon_folders(Path(folder))
        with running(port, realtime_port, addons, name=DEMO):
            browser = playwright.chromium.launch(
                executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
            )
            url = f"http://127.0.0.1:{port}"
            for scene in SCENES:
                name = scene.__name__
                with step(f"docs/images/{name}.png"), users(browser, url) as pair:
                    save(browser, name, scene(*pair))
            browser.close()


if __name__ == "__main__":
    main(take)
