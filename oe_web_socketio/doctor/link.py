"""A Socket.IO client that says what went wrong, over polling and over WebSocket.

Sources: Engine.IO protocol, revision 4; Socket.IO protocol, revision 5.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from .web import LONGEST, PATIENCE, Failed, Headers, Web

_STATUS = re.compile(rb"HTTP/1\.\d (\d{3})")


class Transport:
    """A connection to the realtime server; opened by its constructor.

    :param path: of Socket.IO, such as ``/socket.io``.
    :param headers: of each request.
    :ivar sid: of the connection.
    :ivar ping_interval: seconds.
    :raises Failed: when it does not open.
    """

    name: str
    sid: str
    ping_interval: float

    def __init__(self, web: Web, path: str, headers: Headers) -> None:
        self._web, self._headers = web, headers
        self._path = f"{path.rstrip('/')}/?EIO=4&transport={self.name}"

    def _take_open(self, packet: str) -> None:
        try:
            about = json.loads(packet[1:])
            if packet[:1] != "0":
                raise ValueError
            self.sid, self.ping_interval = str(about["sid"]), about["pingInterval"] / 1000
        except (ValueError, KeyError, TypeError):
            raise Failed("what answers is no Socket.IO server", 200, packet[:200]) from None

    def send(self, packet: str) -> None:
        """Send a packet of Engine.IO."""
        raise NotImplementedError

    def receive(self, timeout: float) -> list[str]:
        """The next packets.

        :raises Failed: when none comes in time.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Leave."""
        raise NotImplementedError

    def wait_for(self, wanted: str, timeout: float = PATIENCE) -> str:
        """The next packet that begins so; pings are answered meanwhile.

        :raises Failed: when none comes in time.
        """
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            found = None
            for packet in self.receive(left):
                if packet == "2":
                    self.send("3")
                if packet.startswith(wanted) and found is None:
                    found = packet
            if found is not None:
                return found
        raise Failed(f"nothing came within {timeout:g} s")

    def join(self, namespace: str, auth: Mapping[str, Any]) -> str | None:
        """Connect to a namespace.

        :returns: why that was refused, None: it was not.
        :raises Failed: when no answer comes.
        """
        self.send(f"40{namespace},{json.dumps(auth)}")
        answer = self.wait_for("4")
        if answer.startswith(f"40{namespace},"):
            return None
        return str(json.loads(answer.partition(",")[2] or "{}").get("message", answer))


class Polling(Transport):
    """Long polling, each request on a connection of its own."""

    name = "polling"

    def __init__(self, web: Web, path: str, headers: Headers) -> None:
        super().__init__(web, path, headers)
        self._take_open(self._ask("GET", None, PATIENCE))
        self._path += f"&sid={self.sid}"

    def _ask(self, method: str, body: str | None, timeout: float) -> str:
        answer = self._web.request(method, self._path, self._headers, body, timeout)
        if answer.status != 200:
            raise Failed(f"HTTP status {answer.status}", answer.status, answer.body[:500])
        return answer.body

    def send(self, packet: str) -> None:
        self._ask("POST", packet, PATIENCE)

    def receive(self, timeout: float) -> list[str]:
        return self._ask("GET", None, timeout).split("\x1e")

    def close(self) -> None:
        self.send("1")


class WebSocket(Transport):
    """WebSocket, without keep-alive of its own: what is idle stays idle."""

    name = "websocket"

    def __init__(self, web: Web, path: str, headers: Headers) -> None:
        super().__init__(web, path, headers)
        scheme, _, rest = web.url.partition(":")
        uri = parse_uri(f"{'wss' if scheme == 'https' else 'ws'}:{rest}{self._path}")
        self._protocol = ClientProtocol(uri, max_size=LONGEST)
        self._head = b""
        self._socket = web.connect(PATIENCE)
        try:
            self._open()
            self._take_open(self.receive(PATIENCE)[0])
        except BaseException:
            self._socket.close()
            raise

    def _open(self) -> None:
        request = self._protocol.connect()
        for name, value in self._headers.items():
            request.headers[name] = value
        self._protocol.send_request(request)
        self._flush()
        while self._protocol.state is State.CONNECTING:
            self._read(PATIENCE)
            failure = self._protocol.handshake_exc
            # An answer in chunks is no answer for the library, so the status is read from the line.
            line = _STATUS.match(self._head)
            if line is not None and line[1] != b"101" and failure is not None:
                raise Failed(f"HTTP status {int(line[1])}", int(line[1])) from failure
            if isinstance(failure, InvalidHandshake):
                raise Failed(f"no WebSocket: {failure}") from failure
            if failure is not None:
                raise Failed("the connection ended during the handshake") from failure

    def _flush(self) -> None:
        try:
            self._socket.sendall(b"".join(self._protocol.data_to_send()))
        except OSError as error:
            raise Failed(f"the connection ended: {error}") from error

    def _read(self, timeout: float) -> None:
        self._socket.settimeout(max(timeout, 0.001))
        try:
            data = self._socket.recv(65536)
        except TimeoutError as error:
            raise Failed(f"nothing came within {timeout:.3g} s") from error
        except OSError as error:
            raise Failed(f"the connection ended: {error}") from error
        if data:
            self._head = self._head or data[:100]
            self._protocol.receive_data(data)
            self._flush()  # the answer to a ping of the proxy
        else:
            self._protocol.receive_eof()

    def send(self, packet: str) -> None:
        self._protocol.send_text(packet.encode())
        self._flush()

    def receive(self, timeout: float) -> list[str]:
        deadline = time.monotonic() + timeout
        while True:
            events = self._protocol.events_received()
            texts = [e.data for e in events if isinstance(e, Frame) and e.opcode is Opcode.TEXT]
            if texts:
                return [bytes(text).decode() for text in texts]
            if self._protocol.state is not State.OPEN:
                raise Failed("the connection ended")
            self._read(deadline - time.monotonic())

    def close(self) -> None:
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(1000)
            self._flush()
        self._socket.close()
