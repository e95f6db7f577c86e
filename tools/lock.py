"""Write requirements/lock.txt: the versions of all that the distribution itself needs."""

from __future__ import annotations

import json
import subprocess

from tools.console import SetupError, main, say
from tools.paths import REQUIREMENTS, VENV_PYTHON

LOCK = REQUIREMENTS / "lock.txt"
HEAD = """\
# What runtime.txt resolves to: the versions that tests run with, and that `make audit` looks up.
# Written by `make lock`. To install just these: pip install -c requirements/lock.txt ...
"""


def resolve() -> dict[str, str]:
    """The newest versions within the ranges of runtime.txt, and of all that these need."""
    command = [
        VENV_PYTHON, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet",
        "--report", "-", "-r", REQUIREMENTS / "runtime.txt",
    ]  # fmt: skip
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise SetupError(f"pip could not resolve runtime.txt: {done.stderr.strip()}")
    packages = [item["metadata"] for item in json.loads(done.stdout)["install"]]
    return {package["name"].lower(): package["version"] for package in packages}


def write() -> None:
    """Write the file."""
    lines = [f"{name}=={version}\n" for name, version in sorted(resolve().items())]
    LOCK.write_text(HEAD + "".join(lines), encoding="utf-8")
    say(f"{LOCK.name}: {len(lines)} packages")


if __name__ == "__main__":
    main(write)
