"""Wheels of what the distribution and buildout need, for tests that install it as its users do."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tools.console import run, step
from tools.paths import REQUIREMENTS, VENV_PYTHON, cache_dir
from tools.venv import digest_of, version_of


def wheels() -> Path:
    """Return a cache folder with these wheels, and those that they need; fetched on first use."""
    files = [REQUIREMENTS / "runtime.txt", REQUIREMENTS / "buildout.txt"]
    python = "".join(map(str, version_of(VENV_PYTHON) or ()))
    target = cache_dir() / f"wheels-py{python}-{digest_of(*files)[:8]}"
    if not target.exists():
        progress = step("fetching Python packages for the packaging tests")
        with progress, tempfile.TemporaryDirectory(dir=cache_dir()) as folder:
            new = Path(folder, "new")
            requirements = [part for file in files for part in ("-r", file)]
            pip = [VENV_PYTHON, "-m", "pip", "wheel", "--wheel-dir", new, *requirements]
            run(pip, "wheels", "The wheels could not be fetched; is there a network?")
            new.rename(target)
    return target
