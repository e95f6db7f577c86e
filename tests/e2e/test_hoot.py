"""The Hoot tests of our addons, of the examples and of what the documents and the scaffold write.

Odoo's own runner runs them, all in one page: its bundle takes longer than the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage

from tests.support.documents import SCAFFOLDED, DocumentAddons
from tests.support.servers import OdooServer
from tools.odoo import our_addons

TIMEOUT = 600_000  # ms; the bundle of all of Odoo's tests is built first
TEST_TIMEOUT = 60_000  # ms, of one test; Hoot's own 5 s are for machines that do nothing else
WITH_TESTS = {
    "web_socketio", "web_action_request", "web_chat", "web_live_view", "web_notification",
    "doorbell", "recipes", SCAFFOLDED,
}  # fmt: skip


def suite_id(name: str) -> str:
    """Hoot's id of a suite: Java's string hash of its name."""
    return f"{reduce(lambda value, char: (value * 31 + ord(char)) & 0xFFFFFFFF, name, 0):08x}"


def number_of_tests(addon: Path) -> int:
    files = (addon / "static" / "tests").glob("*.test.js")
    return sum(len(re.findall(r"^test\(", file.read_text(), re.MULTILINE)) for file in files)


@pytest.fixture(scope="module")
def odoo(document_addons: DocumentAddons) -> Iterator[OdooServer]:
    """Odoo's HTTP server for the database that has all of them."""
    with OdooServer(document_addons.instance, document_addons.db) as server:
        yield server


def test_each_of_our_hoot_tests_passes_and_none_of_another_addon_runs(
    odoo: OdooServer, document_addons: DocumentAddons, new_context: Callable[[], BrowserContext]
) -> None:
    addons = [addon for addon in [*our_addons(), *document_addons.paths] if number_of_tests(addon)]
    assert {addon.name for addon in addons} == WITH_TESTS
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
    suites = "".join(f"&id={suite_id(f'@{addon.name}')}" for addon in addons)
    with page.expect_console_message(is_last, timeout=TIMEOUT):
        options = f"headless&preset=desktop&timeout={TEST_TIMEOUT}{suites}"
        page.goto(f"{odoo.url}/web/tests?{options}", timeout=TIMEOUT)
    passed = [re.search(r"Passed (\d+) tests", text) for text in logged]
    counts = [int(match[1]) for match in passed if match]
    assert counts == [sum(map(number_of_tests, addons))], "\n".join(logged)
