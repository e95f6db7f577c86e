"""Browsers of users, and how long tests wait for what they show."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext

PATIENCE = 120_000  # ms; what takes longer hangs, however slow the machine is


def user_of(browser: Browser, **options: Any) -> BrowserContext:
    """A context with cookies of its own, as another browser has; leaving its ``with`` closes it.

    :param options: Playwright's
    """
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    return context
