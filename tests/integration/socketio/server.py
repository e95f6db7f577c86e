"""The Socket.IO server under test, without a database. Prints its port.

Arguments: JSON of {"engine": EngineSettings fields, "server": ServerSettings fields, "port": 0}.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
from collections import deque
from pathlib import Path
from typing import Any

import gevent

from pgsocketio.engine import Engine, EngineSettings, Prepared
from pgsocketio.errors import ConnectRefused
from pgsocketio.green import GreenRuntime
from pgsocketio.namespace import BaseNamespace
from pgsocketio.server import Server
from pgsocketio.settings import ServerSettings

ENGINES: list[Engine] = []
GONE: deque[list[str]] = deque(maxlen=20)


class Main(BaseNamespace):
    """Does what the events say."""

    def recv_disconnect(self) -> None:
        GONE.append([self.socket.sid, str(self.socket.gone)])

    def recv_message(self, data: Any) -> None:
        self.emit("text", data)

    def recv_json(self, data: Any) -> None:
        self.emit("json", data)

    def on_echo(self, *args: Any) -> tuple[Any, ...]:
        return args

    def on_say(self, *args: Any) -> None:
        self.emit("said", *args)

    def on_ask(self, *args: Any) -> None:
        self.emit("asked", *args, callback=lambda *answer: self.emit("answered", *answer))

    def on_wait(self, seconds: float) -> None:
        self.socket.runtime.sleep(seconds)

    def on_leave(self) -> None:
        self.disconnect()

    def on_send_away(self) -> None:
        self.socket.client.connection.leave()

    def on_session(self, value: Any = None) -> Any:
        if value is not None:
            self.session["value"] = value
        return self.session.get("value")

    def on_sids(self) -> list[str]:
        return [self.socket.sid, self.socket.client.connection.sid]

    def on_state(self) -> dict[str, Any]:
        gc.collect()
        return {
            "connections": len(ENGINES[0].connections),
            "counters": self.socket.server.counters,
            "errors": ENGINES[0].counters["application_errors"],
            "gone": list(GONE),
            "descriptors": len(os.listdir("/proc/self/fd")),
            "resident": int(Path("/proc/self/statm").read_text().split()[1]) * 4096,
        }


class Guarded(Main):
    """Lets in who brings the word."""

    def authenticate(self, auth: dict[str, Any]) -> None:
        if auth.get("word") != "open":
            raise ConnectRefused("not with that", {"got": auth})


class Locked(Main):
    """Never lets anyone into a scope."""

    def get_scope(self) -> None:
        return None


NAMESPACES: dict[str, type[BaseNamespace]] = {
    "/": Main, "/chat": Main, "/a b/\N{EURO SIGN}": Main, "/guarded": Guarded, "/locked": Locked,
}  # fmt: skip


def main() -> None:
    """Serve for ever."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    settings = json.loads(sys.argv[1])
    server_settings = ServerSettings(**settings.get("server", {}))
    server = Server(NAMESPACES, GreenRuntime(), Prepared, server_settings)
    ENGINES.append(Engine(server, EngineSettings(**settings.get("engine", {}))))
    print(ENGINES[0].listen("127.0.0.1", settings.get("port", 0)), flush=True)  # noqa: T201
    gevent.get_hub().join()


if __name__ == "__main__":
    main()
