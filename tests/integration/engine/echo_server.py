"""The server under test: echoes, broadcasts and closes on demand. Prints its port.

Arguments: JSON of EngineSettings fields, then words: 'patched', 'fallback', 'traced', 'files=N',
'port=N'.
"""

from __future__ import annotations

import sys

if "patched" in sys.argv:
    from gevent import monkey

    monkey.patch_all()

import gc
import json
import logging
import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import gevent

from pgsocketio.engine import Connection, Engine, EngineSettings, Prepared


class Echo:
    """Commands come as messages; what is no command is echoed."""

    def __init__(self) -> None:
        self.engine: Engine
        self.closed: list[list[str]] = []
        self.opened = 0

    def on_open(self, connection: Connection) -> None:
        self.opened += 1

    def on_message(self, connection: Connection, data: str | bytes) -> None:
        command, _, argument = data.partition(":") if isinstance(data, str) else ("", "", "")
        handler = getattr(self, f"do_{command}", None) if command else None
        if handler is None:
            connection.send(data)
        else:
            handler(connection, argument)

    def on_close(self, connection: Connection, reason: str) -> None:
        self.closed.append([connection.sid, reason])

    def do_broadcast(self, connection: Connection, argument: str) -> None:
        prepared = Prepared((argument,))
        for other in list(self.engine.connections.values()):
            other.send_prepared(prepared)

    def do_attach(self, connection: Connection, argument: str) -> None:
        connection.send_prepared(Prepared((argument, b"\x00\x01", b"\xff")))

    def do_flood(self, connection: Connection, argument: str) -> None:
        prepared = Prepared(("x" * 10_000,))
        for _ in range(int(argument)):
            connection.send_prepared(prepared)

    def do_many(self, connection: Connection, argument: str) -> None:
        for number in range(int(argument)):
            connection.send(str(number))

    def do_close(self, connection: Connection, argument: str) -> None:
        connection.send("last words")
        connection.close()

    def do_close_from_on_message(self, connection: Connection, argument: str) -> None:
        connection.close("my reason")
        connection.send("never seen")
        connection.close("not again")

    def do_close_all(self, connection: Connection, argument: str) -> None:
        self.engine.close_all(float(argument or 0))

    def do_stop_accepting(self, connection: Connection, argument: str) -> None:
        self.engine.stop_accepting()

    def do_stop(self, connection: Connection, argument: str) -> None:
        self.engine.stop()

    def do_fail(self, connection: Connection, argument: str) -> None:
        raise RuntimeError("the application failed on purpose")

    def do_environ(self, connection: Connection, argument: str) -> None:
        simple = {k: v for k, v in connection.environ.items() if isinstance(v, str)}
        connection.send(json.dumps(simple))

    def do_path(self, connection: Connection, argument: str) -> None:
        connection.send(json.dumps(TRACE.taken()))

    def do_state(self, connection: Connection, argument: str) -> None:
        gc.collect()
        state = {
            "connections": len(self.engine.connections),
            "opened": self.opened,
            "closed": self.closed[-20:],
            "closed_iterables": Streamed.closed,
            "cpu": time.process_time(),
            "counters": self.engine.counters,
            "descriptors": len(os.listdir("/proc/self/fd")),
            "resident": int(Path("/proc/self/statm").read_text().split()[1]) * 4096,
            "greenlets": sum(isinstance(o, gevent.Greenlet) for o in gc.get_objects()),
        }
        connection.send(json.dumps(state))


class Trace:
    """Which lines the parsers ran, and what they refused: the path that an input took."""

    files = frozenset(("connection", "frames", "http", "http_connection", "packets", "polling",
                       "router", "upgrade", "websocket"))  # fmt: skip

    def __init__(self) -> None:
        self._theirs: dict[CodeType, bool] = {}
        self._lines: set[str] = set()
        self._refused: list[str] = []

    def start(self, engine: Engine) -> None:
        """Note everything from now on."""
        refused = engine.runtime.refused

        def note(rule: str, what: str, address: str, error: object) -> None:
            self._refused.append(f"{rule}: {error}")
            refused(rule, what, address, error)

        engine.runtime.refused = note  # type: ignore[method-assign]
        sys.settrace(self._called)

    def _called(self, frame: FrameType, _event: str, _arg: object) -> Any:
        code = frame.f_code
        if code not in self._theirs:
            path = Path(code.co_filename)
            self._theirs[code] = path.parent.name == "engine" and path.stem in self.files
        return self._ran if self._theirs[code] else None

    def _ran(self, frame: FrameType, event: str, _arg: object) -> Any:
        if event == "line":
            self._lines.add(f"{frame.f_code.co_name}:{frame.f_lineno}")
        return self._ran

    def taken(self) -> list[list[str]]:
        """The path since the last time."""
        path = [sorted(self._lines), self._refused]
        self._lines, self._refused = set(), []
        return path


TRACE = Trace()


def fallback(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """What TurboGears would be: answers by path."""
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    if path == "/fails":
        raise RuntimeError("the fallback failed on purpose")
    if path == "/blocks":
        gevent.sleep(float(query))
    status, headers, body = ANSWERS.get(path, ("200 OK", [], None))
    start_response(status, headers)
    if body is not None:
        return body
    if path in STREAMS:
        return STREAMS[path](int(query or 1))
    simple = {name: value for name, value in environ.items() if isinstance(value, str)}
    simple["body"] = environ["wsgi.input"].read().decode("latin-1")
    return [json.dumps(simple).encode()]


class Streamed:
    """An iterable of unknown length that knows whether it was closed."""

    closed = 0

    def __init__(self, pieces: int) -> None:
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self.pieces):
            yield b"x" * 10_000

    def close(self) -> None:
        Streamed.closed += 1


class Broken(Streamed):
    """Fails in the middle."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"the first half"
        raise RuntimeError("the fallback broke on purpose")


STREAMS = {"/streams": Streamed, "/breaks": Broken}
ANSWERS: dict[str, tuple[str, list[tuple[str, str]], list[bytes] | None]] = {
    "/nothing": ("204 No Content", [], []),
    "/length": ("200 OK", [("Content-Length", "5")], [b"12345"]),
    "/short": ("200 OK", [("Content-Length", "50")], [b"12345"]),
    "/long": ("200 OK", [("Content-Length", "5")], [b"123", b"456789"]),
    "/injects": ("200 OK", [("X-Name", "a\r\nSet-Cookie: b=c")], [b"never"]),
}


def main() -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    words = dict(word.split("=") for word in sys.argv[2:] if "=" in word)
    if "files" in words:
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(words["files"]),) * 2)
    settings = EngineSettings(**json.loads(sys.argv[1]))
    application = Echo()
    application_below = fallback if "fallback" in sys.argv else None
    engine = application.engine = Engine(application, settings, application_below)
    if "traced" in sys.argv:
        TRACE.start(engine)
    sys.stdout.write(f"{engine.listen('127.0.0.1', int(words.get('port', 0)))}\n")
    sys.stdout.flush()
    gevent.get_hub().join()


if __name__ == "__main__":
    main()
