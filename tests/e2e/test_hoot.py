"""The Hoot tests of our JavaScript (web_socketio/static/tests), run by Odoo's own runner."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import reduce

from playwright.sync_api import BrowserContext, ConsoleMessage

from tests.support.servers import OdooServer
from tools.paths import ROOT

SUITE = "@web_socketio"
TIMEOUT = 120_000  # ms; the bundle of all of Odoo's tests is built first


def suite_id(name: str) -> str:
    """Hoot's id of a suite: Java's string hash of its name."""
    return f"{reduce(lambda value, char: (value * 31 + ord(char)) & 0xFFFFFFFF, name, 0):08x}"


def number_of_tests() -> int:
    files = (ROOT / "web_socketio" / "static" / "tests").glob("*.test.js")
    return sum(len(re.findall(r"^test\(", file.read_text(), re.MULTILINE)) for file in files)


def test_each_of_our_hoot_tests_passes_and_none_of_another_addon_runs(
    odoo: OdooServer, new_context: Callable[[], BrowserContext]
) -> None:
    context = new_context()
    context.add_cookies(
        [{"name": "session_id", "value": odoo.login("admin"), "url": odoo.url}]
    )
    page = context.new_page()
    page.set_viewport_size({"width": 1366, "height": 768})

    def is_last(message: ConsoleMessage) -> bool:
        return "Test suite succeeded" in message.text or "Some tests failed" in message.text

    logged: list[str] = []
    page.on("console", lambda message: logged.append(message.text))
    with page.expect_console_message(is_last, timeout=TIMEOUT):
        page.goto(f"{odoo.url}/web/tests?headless&preset=desktop&id={suite_id(SUITE)}")
    passed = [re.search(r"Passed (\d+) tests", text) for text in logged]
    counts = [int(match[1]) for match in passed if match]
    assert counts == [number_of_tests()], "\n".join(logged)
