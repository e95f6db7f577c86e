"""What is made of an addon's own files: README.md, its page in Odoo's list of apps, its icon.

Run ``python -m tools.addon_files`` after a change of ``readme/``, ``__manifest__.py`` or
``static/description/icon.svg``; a test compares the texts with what this makes.
"""

from __future__ import annotations

import ast
import os
from pathlib import Path

from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright

from oe_web_socketio.commands.scaffold import TEMPLATE
from tools.console import main, step
from tools.odoo import our_addons
from tools.programs import chromium, node_bin

# In the order of OCA's own readmes; a heading None means that it comes right below the title.
FRAGMENTS = {
    "DESCRIPTION": None,
    "CONFIGURE": "Configuration",
    "USAGE": "Usage",
    "ROADMAP": "Known issues / Roadmap",
    "CONTRIBUTORS": "Contributors",
}
DESCRIPTION = "static/description/"
ICON = f"{DESCRIPTION}icon"
SIZE = 128  # pixels
PAGE = """\
<section class="oe_container">
    <div class="oe_row oe_spaced">
{body}\
    </div>
</section>
"""


def documented_addons() -> list[Path]:
    """Return the addons that have fragments; the one that scaffold writes is among them."""
    return [addon for addon in [*our_addons(), TEMPLATE] if (addon / "readme").exists()]


def texts(addon: Path) -> dict[str, str]:
    """Return what is made of an addon's fragments: text by path inside the addon."""
    title = ast.literal_eval((addon / "__manifest__.py").read_text(encoding="utf-8"))["name"]
    parts = [f"# {title}"]
    for name, heading in FRAGMENTS.items():
        path = addon / "readme" / f"{name}.md"
        if path.exists():
            parts += [f"## {heading}"] if heading else []
            parts.append(path.read_text(encoding="utf-8").strip())
    text = "\n\n".join(parts) + "\n"
    # A fragment names a picture as its own folder sees it.
    readme, beside = (text.replace(f"../{DESCRIPTION}", folder) for folder in (DESCRIPTION, ""))
    body = MarkdownIt().enable("table").render(beside)
    page = PAGE.format(body=body.replace("<img ", '<img class="img-fluid" '))
    return {"README.md": readme, f"{DESCRIPTION}index.html": page}


def icons(addons: list[Path]) -> None:
    """Draw icon.png of each addon that has an icon.svg."""
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(node_bin() / "node")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE, "height": SIZE})
        for addon in addons:
            source = addon / f"{ICON}.svg"
            if source.exists():
                drawing = source.read_text(encoding="utf-8")
                page.set_content(f"<style>body {{ margin: 0 }}</style>{drawing}")
                page.screenshot(path=addon / f"{ICON}.png", omit_background=True)
        browser.close()


def main_job() -> None:
    """Make everything anew."""
    with step("writing README.md, index.html and icon.png of each addon"):
        addons = documented_addons()
        for addon in addons:
            for path, text in texts(addon).items():
                (addon / path).parent.mkdir(parents=True, exist_ok=True)
                (addon / path).write_text(text, encoding="utf-8")
        icons(addons)


if __name__ == "__main__":
    main(main_job)
