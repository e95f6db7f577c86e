"""Two users of the demo, each with a browser window of their own, and what both windows show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, expect

SIZE = {"width": 800, "height": 480}  # narrower, Odoo would show its mobile views
SCALE = 1.25
SERVICES = "odoo.__WOWL_DEBUG__?.root.env.services"

Windows = list[tuple[str, bytes]]
"""Titles and what is seen, as PNG."""


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


class Film:
    """Both windows, moment by moment."""

    def __init__(self, admin: User, demo: User) -> None:
        self._users = admin, demo
        self.frames: list[tuple[float, Windows]] = []

    def take(self, seconds: float = 1.5) -> Windows:
        """Film what there is to see now, and show it for so long."""
        windows = [(user.name, user.photo()) for user in self._users]
        self.frames.append((seconds, windows))
        return windows


@contextmanager
def users(browser: Browser, url: str) -> Iterator[tuple[User, User]]:
    """The two users of the demo, in new windows."""
    pair = User(browser, url, "admin", "Administrator"), User(browser, url, "demo", "Marc Demo")
    yield pair
    for user in pair:
        user.page.context.close()
