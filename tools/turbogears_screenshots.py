"""``python -m tools.turbogears_screenshots``: the pictures of the TurboGears examples."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tools.console import log_file, main, step
from tools.paths import EXAMPLES
from tools.processes import Child, free_port
from tools.programs import chromium
from tools.screenshots import SCALE, save
from tools.turbogears import VERSIONS, environment

WINDOW = {"width": 800, "height": 420}


@contextmanager
def example(name: str) -> Iterator[str]:
    """Serve an example; yields its base url."""
    folder, port = EXAMPLES / name, free_port()
    with tempfile.TemporaryDirectory() as temporary:
        ini = Path(temporary, "development.ini")
        text = (folder / "development.ini").read_text(encoding="utf-8")
        ini.write_text(text.replace("port = 8080", f"port = {port}"), encoding="utf-8")
        command = [environment(VERSIONS[-1]).with_name("gearbox"), "serve", "-c", ini]
        child = Child(name, command, log_file(name), env={"PYTHONPATH": str(folder)}, cwd=folder)
        try:
            child.wait_for_line("namespaces at /")
            yield f"http://127.0.0.1:{port}"
        finally:
            child.stop()


def window(browser: Browser, url: str) -> Page:
    """A browser window of somebody's own."""
    page = browser.new_context(viewport=WINDOW, device_scale_factor=SCALE).new_page()
    page.goto(url)
    return page


def pingpong(browser: Browser, url: str) -> list[tuple[str, bytes]]:
    """All four links."""
    page = window(browser, f"{url}/socketio/page")
    for link in ("Ping", "Fireball", "Error"):
        page.get_by_text(link, exact=True).click()
    expect(page.locator(".error")).to_be_visible()
    return [("Ping, fireball, error", page.screenshot())]


def chat(browser: Browser, url: str) -> list[tuple[str, bytes]]:
    """Two people in a room."""
    pages = [window(browser, f"{url}/") for _ in range(2)]
    for page in pages:
        expect(page.locator("body[data-ready]")).to_be_visible()
    for page, text in zip(pages * 2, ["Is anybody there?", "I am.", "How nice.", "It is."]):
        page.get_by_label("Message").fill(text)
        page.get_by_role("button", name="Send").click()
        for reader in pages:
            expect(reader.locator("#lines p", has_text=text)).to_be_visible()
    return [(title, page.screenshot()) for title, page in zip(("Ann", "Bob"), pages)]


def take() -> None:
    """Take both pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        for scene in (pingpong, chat):
            name = f"turbogears-{scene.__name__}"
            with step(f"docs/images/{name}.png"), example(f"tg_{scene.__name__}") as url:
                save(browser, name, scene(browser, url))
        browser.close()


if __name__ == "__main__":
    main(take)
