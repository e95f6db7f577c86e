"""Tests of applications: a client without server, network or waiting. ::

    def test_ping():
        socket = SocketIOTestClient(app).namespace("/pingpong", identity={"user": "ann"})
        assert socket.emit("ping", {"type": "ping"}).events == [("pong", {"sound": "pong"})]
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from webob import Request

from pgsocketio.errors import ConnectRefused
from pgsocketio.packet import ACK, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, Packet
from pgsocketio.runtime import Event, Job
from pgsocketio.testing.transport import MemoryClient, prepare

from .brokers import PREFIX
from .handshake import Knock
from .sockets import TGServer

__all__ = ["Reply", "SocketIOTestClient", "TestSocket"]


class _Pending:
    """A job that has not begun; after that there is nothing to end."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function: Callable[[], Any] | None = function

    def kill(self) -> None:
        self.function = None


class _Wakeup:
    """An event on which waiting lets the jobs run that may set it."""

    def __init__(self, runtime: InlineRuntime) -> None:
        self._runtime, self._set = runtime, False

    def set(self) -> None:
        self._set = True

    def clear(self) -> None:
        self._set = False

    def is_set(self) -> bool:
        return self._set

    def wait(self, timeout: float | None = None) -> bool:
        self._runtime.settle()
        return self._set


class InlineRuntime:
    """Runs jobs one after the other in the test's own thread, so that thread-local sessions (and
    a database in memory) are the test's own. Timers never fire."""

    monotonic = staticmethod(time.monotonic)

    def __init__(self) -> None:
        self._jobs: deque[_Pending] = deque()
        self._job: _Pending | None = None

    def spawn(self, function: Callable[..., Any], *args: Any) -> Job:
        job = _Pending(lambda: function(*args))
        self._jobs.append(job)
        return job

    def settle(self) -> None:
        """Run what was spawned, and what that spawns."""
        while self._jobs:
            before, self._job = self._job, self._jobs.popleft()
            try:
                if self._job.function is not None:
                    self._job.function()
            finally:
                self._job = before

    def sleep(self, seconds: float = 0) -> None:
        if seconds:
            self.settle()

    def event(self) -> Event:
        return _Wakeup(self)

    def current(self) -> Any:
        return self._job

    def later(self, _seconds: float, function: Callable[[], Any]) -> Job:
        return _Pending(function)

    def wait_read(self, fileno: int, timeout: float) -> bool:
        raise NotImplementedError("nothing is read from a network in a test")


class _TestServer(TGServer):
    """Follows no database: its jobs would have to wait for a network."""

    def surround(self, answer: Knock) -> None:
        assert answer.config is not None
        if answer.config.get(f"{PREFIX}backend") == "postgres":
            raise ConnectRefused(
                "SocketIOTestClient follows no database: set 'anypubsub.backend = memory' for tests"
            )
        super().surround(answer)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back after an event.

    :ivar events: ``(name, *args)`` of each event that the client received, errors left out.
    :ivar errors: ``(error, info)`` of each ``error`` that it received.
    :ivar ack: what the method returned, None where it returned nothing or was refused.
    """

    events: list[tuple[Any, ...]] = field(default_factory=list)
    errors: list[tuple[Any, ...]] = field(default_factory=list)
    ack: Any = None


class TestSocket:
    """A client connected to one namespace.

    :ivar refused: what its ``connect_error`` says, None when it was let in.
    """

    __test__ = False  # no test class, whatever its name

    def __init__(self, server: TGServer, runtime: InlineRuntime, name: str, environ: Any) -> None:
        self.name = name
        self.refused: dict[str, Any] | None = None
        self.ended = False
        self._runtime = runtime
        self._client = MemoryClient(server, environ)
        self._received: list[tuple[Any, ...]] = []
        self._acks: dict[int | None, Any] = {}
        self._client.connect(name)
        self._settle()

    def emit(self, event: str, *args: Any) -> Reply:
        """Send an event, and wait until it is handled.

        :returns: what this client received since it was asked last.
        """
        number = self._client.emit(self.name, event, *args, ack=True)
        reply = self.received()
        return Reply(reply.events, reply.errors, self._acks.pop(number, None))

    def received(self) -> Reply:
        """What this client received since it was asked last, from others too."""
        self._settle()
        received, self._received = self._received, []
        return Reply(
            [event for event in received if event[0] != "error"],
            [event[1:] for event in received if event[0] == "error"],
        )

    def disconnect(self) -> None:
        """Leave."""
        self._client.connection.close("transport close")
        self._settle()

    def _settle(self) -> None:
        self._runtime.settle()
        for packet in self._client.take():
            self._take(packet)

    def _take(self, packet: Packet) -> None:
        if packet.type == EVENT:
            self._received.append(tuple(packet.data))
        elif packet.type == ACK:
            value = packet.data[0] if len(packet.data) == 1 else tuple(packet.data)
            refused = isinstance(value, dict) and set(value) == {"error"}
            self._acks[packet.id] = None if refused else value
        elif packet.type == CONNECT_ERROR:
            self.refused = packet.data
        elif packet.type == DISCONNECT:
            self.ended = True
        else:
            assert packet.type == CONNECT


class SocketIOTestClient:
    """Connects to the namespaces of a WSGI application, as browsers would.

    Channels work with the broker ``memory``; two sockets of one client are two browsers.

    :param app: the complete WSGI application, or a ``webtest.TestApp`` of it.
    :param resource: path where the controller is mounted.
    """

    def __init__(self, app: Any, resource: str = "socketio") -> None:
        self._app = getattr(app, "app", app)
        self._cookies = getattr(app, "cookiejar", None)
        self._extra = dict(getattr(app, "extra_environ", {}))
        self._runtime = InlineRuntime()
        self._server = _TestServer(self._app, resource, self._runtime, prepare)

    def namespace(self, name: str, identity: Any = None, **environ: Any) -> TestSocket:
        """Connect to a namespace.

        :param name: such as ``/pingpong``.
        :param identity: who connects: a name (``REMOTE_USER``), or a whole identity as repoze.who
            would find it; None for nobody.
        :param environ: more of the handshake's WSGI environ.
        """
        request = Request.blank(f"/{self._server.resource}/", environ={**self._extra, **environ})
        if self._cookies is not None:
            cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)
            request.environ.setdefault("HTTP_COOKIE", cookies)
        request.environ.update(_identity(identity))
        return TestSocket(self._server, self._runtime, name, request.environ)


def _identity(identity: Any) -> dict[str, Any]:
    if identity is None:
        return {}
    if isinstance(identity, str):
        return {"REMOTE_USER": identity}
    name = identity.get("repoze.who.userid") or identity.get("user") or "user"
    found = {"repoze.who.userid": str(name), "groups": [], "permissions": [], **identity}
    found["repoze.what.userid"] = found["repoze.who.userid"]
    return {"repoze.who.identity": found, "repoze.what.credentials": found}
