"""What is made of an addon's own files is what the tools make of them now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.addon_files import documented_addons, texts


@pytest.mark.parametrize("addon", documented_addons(), ids=lambda path: path.name)
def test_readme_and_description_are_made_of_the_fragments(addon: Path) -> None:
    for path, text in texts(addon).items():
        written = (addon / path).read_text(encoding="utf-8")
        assert written == text, "run: python -m tools.addon_files"
    assert (addon / "static" / "description" / "icon.png").exists()


def test_our_addons_have_fragments() -> None:
    assert {"web_socketio", "web_longpolling"} <= {addon.name for addon in documented_addons()}
