"""Build the virtual environment ``.venv`` with a Python that Odoo 19 supports.

``python3 -m tools.venv odoo test docs`` installs those requirement files; ``runtime`` always comes
along, and the checkout itself. A second run that finds nothing changed takes no time.
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
from tools.paths import REQUIREMENTS, ROOT, VENV, VENV_PYTHON, cache_dir

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


def digest_of(*paths: Path) -> str:
    """Return a hash of the content of files."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def install(names: Sequence[str]) -> None:
    """Install those requirement files whose content is not what was installed last."""
    digests = {name: digest_of(REQUIREMENTS / f"{name}.txt") for name in ["runtime", *names]}
    wanted = [name for name, digest in digests.items() if _installed(name) != digest]
    if not wanted:
        return
    files = [part for name in wanted for part in ("-r", REQUIREMENTS / f"{name}.txt")]
    files += ["-c", REQUIREMENTS / "lock.txt"]
    with step(f"installing Python packages: {', '.join(wanted)} (takes a minute or two)"):
        _pip(*files, failure="Python packages could not be installed; is there a network?")
    for name in wanted:
        _stamp(name).write_text(digests[name], encoding="ascii")


def install_checkout() -> None:
    """Install the checkout itself, in place: its commands, and the metadata that Odoo asks for."""
    digest = digest_of(ROOT / "pyproject.toml", ROOT / "setup.py", ROOT / "pgsocketio/__init__.py")
    if _installed("checkout") == digest:
        return
    # Setuptools' other editable modes would hide the addons from Odoo; "compat" is a path file.
    options = ["--no-deps", "--no-build-isolation", "--config-settings", "editable_mode=compat"]
    _pip(*options, "--editable", ROOT, failure="The checkout could not be installed in place.")
    _stamp("checkout").write_text(digest, encoding="ascii")


def _stamp(name: str) -> Path:
    """Return the file that keeps the digest of what was installed last."""
    return VENV / f"installed-{name}"


def _installed(name: str) -> str | None:
    """Return the digest of what was installed last, or None."""
    stamp = _stamp(name)
    return stamp.read_text(encoding="ascii") if stamp.exists() else None


def cached_environment(name: str, requirements: Path) -> Path:
    """Return the Python of an environment of its own, made in the cache if it is missing."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    folder = cache_dir() / f"{name}-{version}-{digest_of(requirements)[:8]}"
    python, stamp = folder / "bin" / "python", folder / "complete"
    if not stamp.exists():
        with step(f"preparing {name}"):
            failure = f"The environment of {name} could not be made."
            shutil.rmtree(folder, ignore_errors=True)
            run([*venv_command(sys.executable), folder], name, failure)
            pip = [python, "-m", "pip", "install", "-r", requirements]
            run(pip, name, f"{failure} Is there a network?")
        stamp.touch()
    return python


def _pip(*arguments: object, failure: str) -> None:
    """Run ``pip install`` in the environment."""
    command = [VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check"]
    run([*command, *arguments], "pip", failure)


def build() -> None:
    """Create the environment; install the requirement files that are named, and the checkout."""
    os.environ.pop("PYTHONHOME", None)
    create()
    install(sys.argv[1:])
    install_checkout()


if __name__ == "__main__":
    main(build)
