"""What the README shows of the browser runs in the web client as it is written there."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.site import Site, WebClient
from tools.paths import ROOT

SNIPPET = re.compile(r"(?<!\*\*)\n\n```js\n(.*?)^```$", re.MULTILINE | re.DOTALL)  # of no file
IMPORT = re.compile(r'^import (\{.*\}) from (".*");$', re.MULTILINE)
MAX_LINES = 9
PARTNER = 1
# Odoo compiles an import into the same; Owl's names are what such a file imports beside.
PRELUDE = 'const { Component, useState, xml } = odoo.loader.modules.get("@odoo/owl");\n'
MOUNT = """
odoo.loader.modules.get("@odoo/owl").mount(%s, document.body, {
    env: odoo.__WOWL_DEBUG__.root.env, props: { id: %d },
});
"""


def snippets() -> list[str]:
    return SNIPPET.findall((ROOT / "README.md").read_text(encoding="utf-8"))


def run(client: WebClient, snippet: str) -> None:
    """Run a snippet in the page; a component is shown at the end of it."""
    code = PRELUDE + IMPORT.sub(r"const \1 = odoo.loader.modules.get(\2);", snippet)
    component = re.search(r"^class (\w+) extends Component", snippet, re.MULTILINE)
    if component:
        code += MOUNT % (component[1], PARTNER)
    client.page.evaluate(f"() => {{ {code} }}")


def test_each_snippet_for_the_browser_does_what_it_says(
    site: Site, login: Callable[[str], WebClient]
) -> None:
    hook, live, form_of_2013 = snippets()
    assert all(len(text.splitlines()) <= MAX_LINES for text in snippets())
    site.start_realtime()
    sender, demo = (login(name).wait_until_connected() for name in ("admin", "demo"))
    for snippet in (hook, live, form_of_2013):
        run(demo, snippet)

    with demo.page.expect_console_message(lambda message: message.text == "It works"):
        sender.notify("demo", "It works")
    expect(demo.page.locator(".last_notification")).to_have_text("It works")

    name = demo.page.locator(".partner_name")
    expect(name).not_to_be_empty()
    sender.call("res.partner", "write", [PARTNER], {"name": "Renamed"})
    expect(name).to_have_text("Renamed")
    assert not demo.errors
