"""``make test-pythons``: the core's unit tests on every Python that Odoo 19 supports and is here.

Each gets a virtual environment of its own in the cache, with the core's requirements and pytest.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools.console import SetupError, main, run, say, step
from tools.paths import REQUIREMENTS, ROOT, cache_dir
from tools.venv import NEWEST, OLDEST, digest_of, venv_command, version_of


def find_pythons() -> dict[tuple[int, int], str]:
    """Return a command for each version in range, found on PATH or among pyenv's."""
    found = {}
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"3.{minor}.*/bin/python"))
        for candidate in [f"python3.{minor}", *map(str, pyenv)]:
            if version_of(candidate) == (3, minor):
                found[3, minor] = candidate
                break
    return found


def environment(version: tuple[int, int], python: str) -> Path:
    """Return the Python of an environment with what the core's unit tests need."""
    wanted = [REQUIREMENTS / f"{name}.txt" for name in ("runtime", "unit")]
    key = "-".join(digest_of(path)[:8] for path in wanted)
    folder = cache_dir() / f"python-{version[0]}.{version[1]}-{key}"
    stamp = folder / "complete"
    if not stamp.exists():
        with step(f"preparing Python {version[0]}.{version[1]}"):
            failure = f"An environment for {python} could not be made."
            run([*venv_command(python), folder], "python-matrix", failure)
            files = [part for path in wanted for part in ("-r", path)]
            pip = [folder / "bin" / "python", "-m", "pip", "install", *files]
            run(pip, "python-matrix", f"{failure} Is there a network?")
        stamp.touch()
    return folder / "bin" / "python"


def test_all() -> None:
    """Run tests/unit on each; fail when one fails."""
    pythons = find_pythons()
    failed = []
    for version, python in pythons.items():
        say(f"-- Python {version[0]}.{version[1]}")
        pytest = ["-m", "pytest", "-q", "--confcutdir=tests/unit", "tests/unit"]
        if subprocess.call([str(environment(version, python)), *pytest], cwd=ROOT) != 0:
            failed.append(f"{version[0]}.{version[1]}")
    if failed:
        raise SetupError(f"The unit tests failed on Python {', '.join(failed)}.")
    if not pythons:
        raise SetupError("There is no Python 3.10 to 3.13 on PATH.")


if __name__ == "__main__":
    main(test_all)
