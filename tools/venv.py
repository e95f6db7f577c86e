"""Build the virtual environment ``.venv`` with a Python that Odoo 19 supports.

``python3 -m tools.venv odoo test docs`` installs those requirement files; ``runtime`` always comes
along. A second run that finds nothing changed takes no time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.console import SetupError, main, run, step
from tools.paths import REQUIREMENTS, ROOT, VENV, VENV_PYTHON

OLDEST, NEWEST = (3, 10), (3, 13)
PROBE = "import sys; print(*sys.version_info[:2])"


def version_of(python: str | Path) -> tuple[int, int] | None:
    """Return (major, minor) of a Python command, or None when it does not run."""
    try:
        output = subprocess.check_output([str(python), "-c", PROBE], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    major, minor = output.split()
    return int(major), int(minor)


def is_supported(version: tuple[int, int] | None) -> bool:
    """Tell whether Odoo 19 runs on this (major, minor)."""
    return version is not None and OLDEST <= version <= NEWEST


def choose_python() -> str:
    """Return a Python in range: the one that runs this if it is, else the first found on PATH.

    :raises SetupError: when there is none
    """
    names = [f"python3.{minor}" for minor in (12, 13, 11, 10)]
    for candidate in [sys.executable, *filter(None, map(shutil.which, names))]:
        if is_supported(version_of(candidate)):
            return candidate
    raise SetupError(
        f"Odoo 19 needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]}, but python3 is"
        f" {sys.version_info[0]}.{sys.version_info[1]} and no other was found on PATH; install one."
    )


def create() -> None:
    """Create ``.venv`` unless it has a working Python in range."""
    if is_supported(version_of(VENV_PYTHON)):
        return
    python = choose_python()
    with step(f"creating the virtual environment {VENV.name} with {python}"):
        shutil.rmtree(VENV, ignore_errors=True)
        run([*venv_command(python), str(VENV)], "venv", "The virtual environment was not created.")
        for site_packages in VENV.glob("lib/python3*/site-packages"):
            # An editable install would hide the addons from Odoo; a path file hides nothing.
            (site_packages / "checkout.pth").write_text(f"{ROOT}\n", encoding="utf-8")


def venv_command(python: str) -> list[str]:
    """Return the command that makes an environment: venv, or virtualenv where pip is split off.

    :raises SetupError: when there is neither; names the Debian package
    """
    for module, probe in (("venv", "import venv, ensurepip"), ("virtualenv", "import virtualenv")):
        if subprocess.call([python, "-c", probe], stderr=subprocess.DEVNULL) == 0:
            return [python, "-m", module]
    version = ".".join(map(str, version_of(python) or ()))
    raise SetupError(
        f"Python {version} comes without venv: as root, apt-get install python{version}-venv."
    )


def digest_of(path: Path) -> str:
    """Return a hash of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def install(names: Sequence[str]) -> None:
    """Install those requirement files whose content is not what was installed last."""
    digests = {name: digest_of(REQUIREMENTS / f"{name}.txt") for name in ["runtime", *names]}
    stamps = {name: VENV / f"installed-{name}" for name in digests}
    wanted = [
        name for name, stamp in stamps.items()
        if not stamp.exists() or stamp.read_text(encoding="ascii") != digests[name]
    ]
    if not wanted:
        return
    files = [part for name in wanted for part in ("-r", REQUIREMENTS / f"{name}.txt")]
    with step(f"installing Python packages: {', '.join(wanted)} (takes a minute or two)"):
        run(
            [VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check", *files], "pip",
            "Python packages could not be installed; is there a network?",
        )
    for name in wanted:
        stamps[name].write_text(digests[name], encoding="ascii")


def build() -> None:
    """Create the environment and install the requirement files named on the command line."""
    os.environ.pop("PYTHONHOME", None)
    create()
    install(sys.argv[1:])


if __name__ == "__main__":
    main(build)
