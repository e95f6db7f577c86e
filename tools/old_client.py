"""The virtual environment of the oldest python-socketio client that must work."""

from __future__ import annotations

from pathlib import Path

from tools.paths import REQUIREMENTS
from tools.venv import cached_environment


def old_client() -> Path:
    """Return its Python, made in the cache if it is missing."""
    return cached_environment("old-client", REQUIREMENTS / "old-client.txt")
