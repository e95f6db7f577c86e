"""socket.io-client on Node.js, steered from Python; see ``tests/node/driver.mjs``."""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from tools.programs import NODE_TESTS, node_bin, node_modules

PATIENCE = 60.0  # seconds; how long to wait for what has to come, however slow the machine is
Report = dict[str, Any]


class Rejected(Exception):
    """The server answered an event with an error.

    :ivar name: kind of error, such as ``UserError``
    """

    def __init__(self, failure: dict[str, str]) -> None:
        super().__init__(failure["message"])
        self.name = failure["name"]


class Node:
    """One Node.js process for any number of clients."""

    def __init__(self) -> None:
        node_modules()
        self._process = subprocess.Popen(
            [str(node_bin() / "node"), "driver.mjs"], cwd=NODE_TESTS, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        self._numbers = itertools.count(1)
        self._clients: dict[int, Client] = {}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            report = _unpack(json.loads(line))
            self._clients[report.pop("socket")].heard(report)

    def send(self, command: str, client: Client, /, **details: Any) -> None:
        """Give a client a command."""
        assert self._process.stdin is not None
        line = json.dumps(_pack({"do": command, "socket": client.number, **details}))
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def client(
        self, url: str, namespace: str, *, session_id: str | None = None, cookie: str | None = None,
        auth: dict[str, Any] | None = None, v: int | None = None, version: str = "4.8",
        transports: Sequence[str] = ("websocket",), share: Client | None = None, **options: Any,
    ) -> Client:
        """Start to connect a client.

        :param session_id: sent in ``auth``
        :param cookie: session id sent as a browser sends it
        :param v: of the wire protocol; None: a plain client
        :param version: of socket.io-client
        :param share: a client whose connection is used too
        :param options: of ``io()``
        """
        auth = {**(auth or {}), **({"session_id": session_id} if session_id else {})}
        auth |= {} if v is None else {"v": v}
        client = Client(self, next(self._numbers), v, auth)
        self._clients[client.number] = client
        options = {"transports": list(transports), **options}
        if cookie:
            options["extraHeaders"] = {"Cookie": f"session_id={cookie}"}
        shared = {} if share is None else {"share": share.number}
        self.send(
            "connect", client, client=version, url=url, namespace=namespace, auth=auth,
            options=options, **shared,
        )
        return client

    def close(self) -> None:
        """End the process and with it every client."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)


class Client:
    """One socket on one namespace. Whatever it is told is kept, in order."""

    def __init__(
        self, node: Node, number: int, version: int | None, auth: dict[str, Any]
    ) -> None:
        self.auth = auth
        self.number = number
        self.version = version
        self._node = node
        self._reports: list[Report] = []
        self._changed = threading.Condition()
        self._calls = itertools.count(1)

    def heard(self, report: Report) -> None:
        """Take a report of the driver."""
        with self._changed:
            self._reports.append(report)
            self._changed.notify_all()

    # -- what it was told --------------------------------------------------------------------

    def reports(self, what: str, **details: Any) -> list[Report]:
        """What was reported so far, filtered."""
        wanted = {"what": what, **details}
        with self._changed:
            return [r for r in self._reports if wanted.items() <= r.items()]

    def events(self, name: str) -> list[list[Any]]:
        """The arguments of each event of that name so far."""
        return [report["args"] for report in self.reports("event", name=name)]

    @property
    def told(self) -> list[tuple[str, list[Any]]]:
        """Every event so far, in order, without those of the wire protocol itself."""
        events = [(r["name"], r["args"]) for r in self.reports("event")]
        return [event for event in events if not event[0].startswith("web_socketio:")]

    def wait_until(self, done: Callable[[], Any], what: str, timeout: float = PATIENCE) -> Any:
        """Wait until a condition on the reports holds; return its value."""
        with self._changed:
            value = None

            def holds() -> bool:
                nonlocal value
                value = done()
                return bool(value)

            if not self._changed.wait_for(holds, timeout):
                tail = "\n".join(map(str, self._reports[-20:]))
                raise AssertionError(f"no {what} within {timeout:g} s; the client heard\n{tail}")
            return value

    def wait_for(self, event: str, count: int = 1, timeout: float = PATIENCE) -> list[list[Any]]:
        """Wait until so many events of a name came; return the arguments of all."""
        def enough() -> list[list[Any]] | None:
            events = self.events(event)
            return events if len(events) >= count else None

        return self.wait_until(enough, f"{count} × {event!r}", timeout)

    def wait_for_report(
        self, what: str, count: int = 1, timeout: float = PATIENCE, **details: Any
    ) -> Report:
        """Wait for the ``count``-th report of a kind."""
        def enough() -> Report | None:
            found = self.reports(what, **details)
            return found[count - 1] if len(found) >= count else None

        return self.wait_until(enough, f"{count} × {what} {details or ''}", timeout)

    def connected(self, count: int = 1, timeout: float = PATIENCE) -> Client:
        """Wait until it is connected, for the ``count``-th time."""
        self.wait_for_report("connect", count, timeout)
        return self

    def refused(self) -> Report:
        """Wait for its CONNECT_ERROR."""
        return self.wait_for_report("connect_error")

    def gone(self, timeout: float = PATIENCE) -> str:
        """Wait until it is disconnected; return the client's reason for it."""
        return str(self.wait_for_report("disconnect", timeout=timeout)["reason"])

    # -- what it does ------------------------------------------------------------------------

    def emit(self, event: str, *args: Any) -> None:
        """Emit without asking for an acknowledgement."""
        self._node.send("emit", self, event=event, args=args)

    def start_call(self, event: str, *args: Any) -> int:
        """Emit and ask for an acknowledgement; hand the number to :meth:`answer`."""
        number = next(self._calls)
        self._node.send("emit", self, event=event, args=args, call=number)
        return number

    def answer(self, number: int, timeout: float = PATIENCE) -> list[Any]:
        """Wait for the arguments of an acknowledgement, as they came."""
        answer = self.wait_for_report("answer", call=number, timeout=timeout)["args"]
        assert isinstance(answer, list)
        return answer

    def call(self, event: str, *args: Any, timeout: float = PATIENCE) -> Any:
        """Emit and wait for the value of the acknowledgement.

        :raises Rejected: for an error
        """
        answer = self.answer(self.start_call(event, *args), timeout)
        if self.version is not None:
            failure, *values = answer
            if failure:
                raise Rejected(failure)
            return values[0] if values else None
        value = answer[0] if answer else None
        if isinstance(value, dict) and set(value) == {"error"}:
            raise Rejected(value["error"])
        return value

    def acknowledge(self, on: bool, *answer: Any) -> None:
        """From now on acknowledge the server's events (also those that wait), or let them wait."""
        number = next(self._calls)
        self._node.send("acknowledge", self, on=on, answer=answer, call=number)
        self.wait_for_report("acknowledges", call=number)

    def disconnect(self) -> None:
        """Leave the namespace."""
        self._node.send("disconnect", self)

    def connect_again(self, auth: dict[str, Any] | None = None) -> None:
        """Connect after a disconnect, with another ``auth`` if given."""
        self._node.send("connectAgain", self, **({} if auth is None else {"auth": auth}))

    def cut(self) -> None:
        """Lose the connection; the client reconnects by itself."""
        self._node.send("cut", self)


def numbers(client: Client, event: str) -> list[int]:
    """The ``n`` of every message in the batches of an event."""
    return [message["n"] for args in client.events(event) for message in args[0]]


def eventually(holds: Callable[[], Any], timeout: float = PATIENCE) -> Any:
    """Ask again until something that no client is told holds; return its last value."""
    deadline = time.monotonic() + timeout
    while not (value := holds()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return value


def _pack(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: _pack(item) for key, item in value.items()}
    return [_pack(item) for item in value] if isinstance(value, (list, tuple)) else value


def _unpack(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        return {key: _unpack(item) for key, item in value.items()}
    return [_unpack(item) for item in value] if isinstance(value, list) else value
