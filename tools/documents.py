"""The files that a Markdown document tells its reader to write, and the commands to run."""

from __future__ import annotations

import re
from pathlib import Path

# A paragraph that is nothing but a bold file name, and the block after it.
_FILE = re.compile(r"^\*\*`(?P<path>[\w./-]+)`\*\*\n\n```\w+\n(?P<text>.*?)^```$", re.M | re.S)

_SHELL = re.compile(r"^```shell\n(?P<text>.*?)^```$", re.M | re.S)


def commands_of(document: Path) -> list[str]:
    """Return the shell commands that a document shows, block by block."""
    return [match["text"] for match in _SHELL.finditer(document.read_text(encoding="utf-8"))]


def files_of(document: Path) -> dict[str, str]:
    """Return the files that a document shows whole, text by path.

    :raises ValueError: when it shows one twice
    """
    files: dict[str, str] = {}
    for match in _FILE.finditer(document.read_text(encoding="utf-8")):
        if match["path"] in files:
            raise ValueError(f"{document.name} shows {match['path']} twice")
        files[match["path"]] = match["text"]
    return files


def write_files(files: dict[str, str], folder: Path) -> None:
    """Write them below a folder."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
