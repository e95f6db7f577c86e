"""``make screenshots``: the pictures of the documentation, from the demo in Chromium.

Two users, each with a browser of their own, side by side: what one does, and what the other sees.
What a scene films becomes the animated picture of an example, in its ``static/description``.
"""

from __future__ import annotations

import base64
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from tools.console import main, step
from tools.demo import STAMP, data_folder, running
from tools.documents import files_of, write_files
from tools.paths import EXAMPLES, ROOT, addon_folders
from tools.processes import free_port
from tools.programs import chromium
from tools.scenes import SCENES, Scene
from tools.windows import SCALE, SIZE, Film, Windows, users

IMAGES = ROOT / "docs" / "images"
DEMO = "screenshots"
PATIENCE = 30_000  # ms; a picture may come late, but it must not be missing
FILM_WIDTH = 1000  # pixels
FILM_COLOURS = 64
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


def compose(browser: Browser, windows: Windows) -> Image.Image:
    """Put windows side by side."""
    page = browser.new_page(viewport={"width": 1700, "height": 600}, device_scale_factor=SCALE)
    parts = [
        WINDOW.format(title=title, width=SIZE["width"], data=base64.b64encode(data).decode())
        for title, data in windows
    ]
    page.set_content(FRAME.format(windows="".join(parts)))
    png = page.locator("body").screenshot()
    page.close()
    return Image.open(io.BytesIO(png)).convert("RGB")


def save(browser: Browser, name: str, windows: Windows) -> None:
    """Write a picture of windows, in 256 colours."""
    image = compose(browser, windows).quantize(256, dither=Image.Dither.NONE)
    image.save(IMAGES / f"{name}.png", optimize=True)


def save_film(browser: Browser, path: Path, film: Film) -> None:
    """Write an animated picture, small: all of it in the same few colours, only what changes."""
    images = []
    for _, windows in film.frames:
        image = compose(browser, windows)
        height = image.height * FILM_WIDTH // image.width
        images.append(image.resize((FILM_WIDTH, height), Image.Resampling.LANCZOS))
    roll = Image.new("RGB", (FILM_WIDTH, sum(image.height for image in images)))
    for number, image in enumerate(images):
        roll.paste(image, (0, number * image.height))
    palette = roll.quantize(FILM_COLOURS)
    first, *others = [
        image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images
    ]
    first.save(
        path, save_all=True, append_images=others, loop=0, optimize=True,
        duration=[int(seconds * 1000) for seconds, _ in film.frames],
    )  # fmt: skip


def take() -> None:
    """Take all pictures."""
    expect.set_options(timeout=PATIENCE)
    port, realtime_port = free_port(), free_port()
    (data_folder(DEMO) / STAMP).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        write_files(files_of(ROOT / "docs" / "tutorial.md"), Path(folder))
        addons = addon_folders(Path(folder))
        with running(port, realtime_port, addons, name=DEMO):
            browser = playwright.chromium.launch(
                executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
            )
            for scene in SCENES:
                shoot(browser, f"http://127.0.0.1:{port}", scene)
            browser.close()


def shoot(browser: Browser, url: str, scene: Scene) -> None:
    """Play a scene, and write its pictures."""
    name = scene.__name__
    with step(f"pictures of {name}"), users(browser, url) as pair:
        film = Film(*pair)
        still = scene(*pair, film)
        if still:
            save(browser, name, still)
        if film.frames:
            example = f"web_{name}"
            folder = EXAMPLES / example / "static" / "description"
            save_film(browser, folder / f"{example}.gif", film)


if __name__ == "__main__":
    main(take)
