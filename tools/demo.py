"""``make demo``: PostgreSQL, Odoo and the realtime server with the example addons, until Ctrl-C.

DEMO_PORT and DEMO_REALTIME_PORT choose other ports than 8069 and 8068.
"""

from __future__ import annotations

import hashlib
import os
import select
import shutil
import signal
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tools.console import SetupError, log_file, main, say, step
from tools.odoo import OdooInstance, find_or_fetch, our_addons
from tools.paths import EXAMPLES, ROOT, VENV_PYTHON, addon_folders, cache_dir
from tools.postgres import Postgres
from tools.processes import Child, is_taken

DB = "demo"


def main_job() -> None:
    """Run the demo until Ctrl-C, or until a part of it ends."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    port = chosen_port("DEMO_PORT", 8069)
    realtime_port = chosen_port("DEMO_REALTIME_PORT", 8068)
    checkout = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    folder = cache_dir() / f"demo-{checkout}"
    folder.mkdir(exist_ok=True)
    odoo = find_or_fetch()
    with ExitStack() as stack:
        stack.callback(say, "-- ended")
        with step("starting PostgreSQL"):
            postgres = Postgres(folder / "postgres", name="demo-postgres")
            stack.callback(postgres.close)
        instance = OdooInstance(odoo, postgres, folder / "odoo")
        install(instance, postgres, folder / "installed", realtime_port)
        with step("starting Odoo"):
            web = instance.serve(DB, port=port, name="demo-odoo")
            stack.callback(web.stop)
            urllib.request.urlopen(f"http://127.0.0.1:{port}/web/login", timeout=60).close()
        with step("starting the realtime server"):
            realtime = start_realtime(instance, port, realtime_port)
            stack.callback(realtime.stop)
            realtime.wait_for_line(f"ready for database '{DB}'")
        # The first thing on the way out: a second Ctrl-C must not cut it short.
        stack.callback(signal.signal, signal.SIGINT, signal.SIG_IGN)
        welcome(port)
        try:
            wait_for_end([postgres.child, web, realtime])
        except KeyboardInterrupt:
            say("\n-- ending the demo")


def chosen_port(variable: str, default: int) -> int:
    """Return the TCP port that the environment variable names, or the default.

    :raises SetupError: when it is no port, or something listens there
    """
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SetupError(f"{variable} has to be a TCP port, not {text!r}.")
    if is_taken(int(text)):
        raise SetupError(f"Port {text} is taken; end what listens there, or set {variable}.")
    return int(text)


def install(instance: OdooInstance, postgres: Postgres, stamp: Path, realtime_port: int) -> None:
    """Install the addons in the database, or update them when their files changed since.

    :param stamp: file that says what was installed; without it the database is not complete
    """
    names = [folder.name for folder in our_addons()]
    state = f"{realtime_port} {digest(our_addons())}"
    if not stamp.exists():
        postgres.drop_database(DB)
        with step(f"installing Odoo with {', '.join(names)} (takes half a minute)"):
            instance.install(DB, ["base", "web", "bus", *names], log="demo-install")
    elif stamp.read_text(encoding="ascii") != state:
        with step(f"updating {', '.join(names)}, which changed"):
            instance.install(DB, names, log="demo-install")
            instance.update(DB, names, log="demo-install")
    else:
        return
    with step("adding users and building the web client's assets"):
        parameters = {"web_socketio.url": f":{realtime_port}"}
        users = {"demo": "Marc Demo"}
        instance.prepare(DB, log="demo-install", users=users, parameters=parameters)
    stamp.write_text(state, encoding="ascii")


def digest(folders: Sequence[Path]) -> str:
    """Return a hash of the content of all source files in these folders."""
    whole = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if path.suffix != ".pyc":
            whole.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return whole.hexdigest()


def start_realtime(instance: OdooInstance, port: int, realtime_port: int) -> Child:
    """Start the realtime server for pages that come from Odoo's port on this machine."""
    origins = [f"http://{host}:{port}" for host in ("localhost", "127.0.0.1")]
    allowed = [part for origin in origins for part in ("--allow-origin", origin)]
    options = ["-c", instance.conf, "-d", DB, "-p", realtime_port, *allowed]
    command = [VENV_PYTHON, "server.py", *options]
    log = log_file("demo-realtime")
    return Child("The realtime server", command, log, cwd=ROOT, env=instance.odoo.env)


def welcome(port: int) -> None:
    """Print where to go and what to try."""
    examples = ", ".join(folder.name for folder in addon_folders(EXAMPLES))
    width = min(shutil.get_terminal_size().columns, 78)
    say("=" * width)
    say(f"  http://localhost:{port}")
    say("")
    say("  admin / admin     demo / demo")
    say("")
    say("  Open two browsers (or one and a private window), log in as admin in one and as demo in")
    say(f"  the other, and open the example ({examples}) from the apps menu in both: what one")
    say("  sends, the other sees at once. Ctrl-C ends the demo; its data stays.")
    say("=" * width)


def wait_for_end(children: Sequence[Child]) -> None:
    """Wait until one of these processes ends, which it should not.

    :raises SetupError: then; names it and its log
    """
    watched = {os.pidfd_open(child.pid): child for child in children}
    try:
        ended, _, _ = select.select(list(watched), [], [])
    finally:
        for descriptor in watched:
            os.close(descriptor)
    child = watched[ended[0]]
    raise SetupError(f"{child.name} ended by itself; its log is {child.log}.")


if __name__ == "__main__":
    main(main_job)
