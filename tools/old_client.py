"""The virtual environment of the oldest python-socketio client that must work."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tools.console import run, step
from tools.paths import REQUIREMENTS, cache_dir
from tools.venv import digest_of, venv_command


def old_client() -> Path:
    """Return its Python, made in the cache if it is missing."""
    wanted = REQUIREMENTS / "old-client.txt"
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    folder = cache_dir() / f"old-client-{version}-{digest_of(wanted)[:8]}"
    stamp = folder / "complete"
    if not stamp.exists():
        with step("preparing python-socketio 5.7"):
            failure = "The environment of python-socketio 5.7 could not be made."
            shutil.rmtree(folder, ignore_errors=True)
            run([*venv_command(sys.executable), folder], "old-client", failure)
            pip = [folder / "bin" / "python", "-m", "pip", "install", "-r", wanted]
            run(pip, "old-client", f"{failure} Is there a network?")
        stamp.touch()
    return folder / "bin" / "python"
