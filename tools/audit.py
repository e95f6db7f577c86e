"""Look up the locked dependencies in PyPI's database of known vulnerabilities, with pip-audit.

Fails when it finds one, and just as well when the database does not answer: where packages come
from a mirror, its JSON API often lacks the advisories, and an audit without them finds nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.console import SetupError, main, say
from tools.lock import LOCK
from tools.paths import REQUIREMENTS
from tools.venv import cached_environment

CANARY = "urllib3==1.24.1"
"""Known to be vulnerable (CVE-2019-11324): where that is not reported, no advisories are."""
TIMEOUT = 300  # seconds


def look_up(python: Path, requirements: Path) -> dict[str, list[str]]:
    """The ids of known vulnerabilities by package.

    :raises SetupError: when a package was not looked up.
    """
    command = [
        str(python), "-m", "pip_audit", "--requirement", str(requirements), "--no-deps",
        "--disable-pip", "--strict", "--format", "json", "--progress-spinner", "off",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise SetupError(f"pip-audit failed: {last}") from error
    return {
        f"{one['name']} {one['version']}": [found["id"] for found in one["vulns"]]
        for one in report["dependencies"]
    }


def need_advisories(python: Path) -> None:
    """Make sure that known vulnerabilities are reported at all.

    :raises SetupError: when they are not.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(CANARY + "\n")
        file.flush()
        try:
            found = any(look_up(python, Path(file.name)).values())
            reason = f"it knows of no vulnerability of {CANARY}, which has some"
        except SetupError as error:
            found, reason = False, str(error)
    if not found:
        raise SetupError(
            "NOTHING WAS AUDITED: PyPI's database of known vulnerabilities does not answer here "
            f"({reason}). Run `make audit` where pip asks the public PyPI; many mirrors lack them."
        )


def audit() -> None:
    """Look the locked dependencies up."""
    python = cached_environment("pip-audit", REQUIREMENTS / "audit.txt")
    need_advisories(python)
    packages = look_up(python, LOCK)
    vulnerable = {name: ids for name, ids in packages.items() if ids}
    for name, ids in vulnerable.items():
        say(f"{name}: {', '.join(ids)}")
    if vulnerable:
        sys.exit(1)
    say(f"no known vulnerabilities in {len(packages)} packages of {LOCK.name}")


if __name__ == "__main__":
    main(audit)
