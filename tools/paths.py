"""Where things live: the checkout, its virtual environment, logs, and the cache outside it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
LOGS = ROOT / "var" / "log" / os.environ.get("PYTEST_XDIST_WORKER", "")
"""Two processes of a test run keep theirs apart."""
EXAMPLES = ROOT / "examples"
REQUIREMENTS = ROOT / "requirements"


def cache_dir() -> Path:
    """Return the folder for downloads and databases, created if it is missing.

    For root it is system-wide: PostgreSQL refuses to run as root, so it runs under another account,
    which cannot look into root's home.
    """
    if "XDG_CACHE_HOME" in os.environ:
        base = Path(os.environ["XDG_CACHE_HOME"])
    elif os.geteuid() == 0:
        base = Path("/var/cache")
    else:
        base = Path.home() / ".cache"
    cache = base / "oe.web.socketio"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


def addon_folders(parent: Path) -> list[Path]:
    """Return the Odoo addons that lie directly in ``parent``, in the order of their names."""
    return sorted(manifest.parent for manifest in parent.glob("*/__manifest__.py"))
