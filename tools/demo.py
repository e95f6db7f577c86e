"""``make demo``: PostgreSQL, Odoo and the realtime server with the example addons, until Ctrl-C.

DEMO_PORT and DEMO_REALTIME_PORT choose other ports than 8069 and 8068; DEMO_ADDONS is a folder
with addons of one's own, which are installed beside the examples.
"""

from __future__ import annotations

import hashlib
import os
import select
import shutil
import signal
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tools.console import SetupError, log_file, main, say, step
from tools.odoo import OdooInstance, find_or_fetch, our_addons
from tools.paths import ROOT, VENV_PYTHON, addon_folders, cache_dir
from tools.postgres import Postgres
from tools.processes import Child, is_taken

DB = "demo"
STAMP = "installed"  # without this file in its data folder, a demo's database is made anew
# A browser keeps the cookies of the two host names apart, so one browser can be two users.
WELCOME = """\
  Open two windows side by side and log in:

    http://localhost:{port}   as admin  (password admin)
    http://127.0.0.1:{port}   as demo   (password demo)

  Notify   Click the bullhorn at the top of one window, choose the other user, and
           send: the message appears in the other window.
  Live     Open the app Live Contacts in both: what one changes, the other sees.
  Open     As demo stay where you are; as admin choose "Open for a colleague" in
           the menu of actions (the gear): the other one is asked.
  Chat     Open the app Chat in both: what one writes, the other reads at once.

  Ctrl-C ends the demo; its data stays. Logs are in var/log.
"""


def main_job() -> None:
    """Run the demo until Ctrl-C, or until a part of it ends."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    port = chosen_port("DEMO_PORT", 8069)
    realtime_port = chosen_port("DEMO_REALTIME_PORT", 8068)
    with running(port, realtime_port, chosen_addons()) as children:
        welcome(port)
        try:
            wait_for_end(children)
        except KeyboardInterrupt:
            say("\n-- ending the demo")


@contextmanager
def running(
    port: int, realtime_port: int, addons: Sequence[Path] = (), *, name: str = "demo"
) -> Iterator[list[Child]]:
    """Run the demo for the length of a ``with`` block.

    :param addons: folders of addons to install beside the examples
    :param name: of its data and logs, for who wants a demo apart from the usual one
    """
    folder = data_folder(name)
    odoo = find_or_fetch()
    with ExitStack() as stack:
        stack.callback(say, "-- ended")
        with step("starting PostgreSQL"):
            postgres = Postgres(folder / "postgres", name=f"{name}-postgres")
            stack.callback(postgres.close)
        addons = [*our_addons(), *addons]
        instance = OdooInstance(odoo, postgres, folder / "odoo", addons)
        install(instance, postgres, addons, folder / STAMP, realtime_port)
        with step("starting Odoo"):
            web = instance.serve(DB, port=port, name=f"{name}-odoo")
            stack.callback(web.stop, timeout=5)  # it waits long for open pages
            urllib.request.urlopen(f"http://127.0.0.1:{port}/web/login", timeout=60).close()
        with step("starting the realtime server"):
            realtime = start_realtime(instance, port, realtime_port)
            stack.callback(realtime.stop)
            realtime.wait_until_started(f"ready for database '{DB}'")
        # The first thing on the way out: a second Ctrl-C must not cut it short.
        stack.callback(signal.signal, signal.SIGINT, signal.SIG_IGN)
        yield [postgres.child, web, realtime]


def data_folder(name: str) -> Path:
    """Return the folder with the data of a demo of this checkout; it exists."""
    checkout = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    folder = cache_dir() / f"{name}-{checkout}"
    folder.mkdir(exist_ok=True)
    return folder


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


def chosen_addons() -> list[Path]:
    """Return the addons in the folder that DEMO_ADDONS names.

    :raises SetupError: when it holds none
    """
    if not os.environ.get("DEMO_ADDONS"):
        return []
    folder = Path(os.environ["DEMO_ADDONS"]).expanduser().resolve()
    addons = addon_folders(folder)
    if not addons:
        raise SetupError(f"DEMO_ADDONS is {folder}, which holds no folder with a __manifest__.py.")
    return addons


def install(
    instance: OdooInstance,
    postgres: Postgres,
    addons: Sequence[Path],
    stamp: Path,
    realtime_port: int,
) -> None:
    """Install the addons in the database, or update them when their files changed since.

    :param stamp: file that says what was installed; without it the database is not complete
    """
    names = [folder.name for folder in addons]
    state = f"{realtime_port} {digest(addons)}"
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
    """Return a hash of the names and contents of all source files in these folders."""
    whole = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if path.suffix != ".pyc":
            whole.update(str(path).encode() + path.read_bytes())
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
    rule = "=" * min(shutil.get_terminal_size().columns, 78)
    say(f"{rule}\n{WELCOME.format(port=port)}{rule}")


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
