"""TurboGears servers for tests: gearbox in one of the environments of ``tools/turbogears.py``."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.servers import END, Server
from tools.console import log_file
from tools.processes import Child
from tools.turbogears import environment, redis_server

INI = """\
[DEFAULT]
debug = {debug}

[server:main]
use = egg:tgext.socketio#socketio
host = 127.0.0.1
{server}

[app:main]
paste.app_factory = {app}:make_app
{settings}

[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = INFO
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = generic
[formatter_generic]
format = %(levelname)s %(name)s %(message)s
"""
SERVING = r"serving on (http://127\.0\.0\.1:\d+)"
NAMESPACES = r"namespaces at /"
_numbers = itertools.count(1)


def write_ini(
    folder: Path, app: str, server: Mapping[str, object], settings: Mapping[str, object],
    *, debug: bool = False,
) -> Path:
    """Write an ini file for an application module.

    :param server: options of ``[server:main]``
    :param settings: options of ``[app:main]``
    """
    def lines(options: Mapping[str, object]) -> str:
        return "\n".join(f"{key} = {value}" for key, value in options.items())

    path = folder / f"{app}-{next(_numbers)}.ini"
    options = {"port": 0, **server}
    path.write_text(
        INI.format(app=app, server=lines(options), settings=lines(settings), debug=debug),
        encoding="utf-8",
    )
    return path


class Gearbox(Server):
    """``gearbox serve`` for an ini file; leaving its ``with`` ends it by SIGTERM, with status 0."""

    def __init__(
        self, version: str, ini: Path, path: Path, *options: str, ready: str | None = NAMESPACES
    ) -> None:
        """Start it.

        :param version: of TurboGears
        :param path: folder of the application's module
        :param ready: a line to wait for after the address; None for those who test a start that
            fails
        """
        gearbox = environment(version).with_name("gearbox")
        command = [gearbox, "serve", "-c", ini, *options]
        log = log_file(f"test-turbogears-{version}-{ini.stem}")
        self.child = Child("gearbox serve", command, log, env={"PYTHONPATH": str(path)}, cwd=path)
        if ready is not None:
            self.url = self.child.wait_for_line(SERVING)[1]
            self.child.wait_for_line(ready)

    def close(self) -> None:
        """Send SIGTERM; it has to end with status 0."""
        if self.child.is_running():
            status = self.child.stop(END)
            assert status == 0, f"it ended with status {status} on SIGTERM: {self.child.log}"


class Redis(Server):
    """A real Redis server on a TCP port of 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self.url = f"redis://127.0.0.1:{port}"
        self.start()

    def start(self) -> None:
        """Start it, or start it again."""
        command = [redis_server(), "--port", self.port, "--bind", "127.0.0.1", "--save", ""]
        self.child = Child("Redis", command, log_file(f"test-redis-{self.port}"))
        self.child.wait_for_line("[Rr]eady to accept connections")

    def subscriptions(self, channel: str) -> int:
        """How many connections are subscribed to a channel."""
        command = [redis_server().with_name("redis-cli"), "-p", str(self.port), "pubsub", "numsub"]
        output = subprocess.run([*command, channel], check=True, capture_output=True, text=True)
        return int(output.stdout.split()[-1])
