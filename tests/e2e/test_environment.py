"""Chromium shows Odoo, and a user gets through its login page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect


def test_a_user_logs_in_and_sees_the_web_client(
    new_context: Callable[[], BrowserContext], odoo_http: str
) -> None:
    page = new_context().new_page()
    page.goto(f"{odoo_http}/web/login")
    page.get_by_label("Email").fill("demo")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator(".o_main_navbar")).to_be_visible()
