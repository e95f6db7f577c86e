"""What has to be built or fetched for the benchmarks: two C programs, Node's socket.io."""

from __future__ import annotations

from pathlib import Path

from tools.console import run, step
from tools.paths import ROOT
from tools.postgres import programs as postgres_programs
from tools.programs import npm
from tools.venv import digest_of

HERE = ROOT / "benchmarks"
BUILT = ROOT / "var" / "benchmarks"
NODE = HERE / "node"
FLAGS = ["-O2", "-Wall", "-Wextra", "-D_GNU_SOURCE"]


def load_generator() -> Path:
    """The load generator, compiled."""
    return _compiled("load")


def limit() -> Path:
    """The server that does nothing but LISTEN and send(2), compiled."""
    prefix = postgres_programs().parent
    libraries = prefix / "lib"
    return _compiled(
        "limit", f"-I{prefix / 'include'}", f"-L{libraries}", "-lpq", f"-Wl,-rpath,{libraries}"
    )


def _compiled(name: str, *options: str) -> Path:
    """Compile a program, unless it is newer than its source."""
    source, target = HERE / "c" / f"{name}.c", BUILT / name
    sources = [source, HERE / "c" / "frames.h"]
    if not target.exists() or any(target.stat().st_mtime < s.stat().st_mtime for s in sources):
        BUILT.mkdir(parents=True, exist_ok=True)
        command = ["gcc", *FLAGS, "-o", target, source, *options]
        run(command, "gcc", f"{source.name} does not compile; is gcc installed (Debian: gcc)?")
    return target


def socket_io() -> Path:
    """The script of Node's server; its packages are installed when the lock file changed."""
    stamp = NODE / "node_modules" / ".installed"
    wanted = digest_of(NODE / "package-lock.json")
    if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
        with step("installing socket.io for Node.js"):
            failure = "npm could not install socket.io; is there a network?"
            npm("ci", "--no-audit", "--no-fund", cwd=NODE, failure=failure)
        stamp.write_text(wanted, encoding="ascii")
    return NODE / "server.mjs"
