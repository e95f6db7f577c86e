"""Documents that show code, pictures and links show what there is."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from tools import diagram, timeline
from tools.documents import files_of
from tools.paths import EXAMPLES, ROOT

NAMESPACE = "web_notification/namespace.py"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_readmes_python_is_the_examples() -> None:
    example = (EXAMPLES / NAMESPACE).read_text(encoding="utf-8")
    assert files_of(ROOT / "README.md")[NAMESPACE] == example


@pytest.mark.parametrize("script", [diagram, timeline], ids=lambda script: script.__name__)
def test_a_picture_is_what_its_script_draws(script: ModuleType) -> None:
    message = f"run: python -m {script.__name__}"
    assert script.PICTURE.read_text(encoding="utf-8") == script.draw(), message


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text)
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_a_file_shown_twice_is_an_error(tmp_path: Path) -> None:
    document = tmp_path / "twice.md"
    document.write_text("**`a.py`**\n\n```python\nx = 1\n```\n" * 2, encoding="utf-8")
    with pytest.raises(ValueError, match="a.py"):
        files_of(document)
