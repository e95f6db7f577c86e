"""One client: a connection of the transport, shared by its namespaces."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pgsocketio import packet as sio
from pgsocketio.errors import InvalidPacket
from pgsocketio.packet import Packet
from pgsocketio.socket import NamespaceSocket

if TYPE_CHECKING:
    from pgsocketio.engine import Connection
    from pgsocketio.server import Server

logger = logging.getLogger("pgsocketio.client")


class ClientSocket:
    """Sorts the packets of a connection by namespace. Nothing here blocks.

    :ivar session: shared by the namespaces; a dict until a framework puts its own there.
    """

    __slots__ = ("_decoder", "connection", "namespaces", "server", "session")

    def __init__(self, server: Server, connection: Connection) -> None:
        self.server = server
        self.connection = connection
        self.namespaces: dict[str, NamespaceSocket] = {}
        self.session: Any = {}
        self._decoder = sio.Decoder(server.settings.max_payload)

    def receive(self, data: str | bytes) -> None:
        """Take what the transport delivered."""
        try:
            packet = self._decoder.feed(data)
            if packet is not None:
                self._route(packet)
        except InvalidPacket as error:
            self.server.counters["invalid_packets"] += 1
            logger.info("client %s sent an invalid packet: %s", self.connection.sid, error)
            self.connection.close("parse error")

    def _route(self, packet: Packet) -> None:
        socket = self.namespaces.get(packet.namespace)
        if packet.type == sio.CONNECT:
            if socket is not None:
                raise InvalidPacket(f"{packet.namespace} is connected already")
            self._connect(packet)
        elif socket is None:
            raise InvalidPacket("a packet for a namespace that is not connected")
        elif packet.type == sio.ACK:
            socket.acknowledged(packet.id, packet.data)
        else:
            socket.enqueue(packet)

    def _connect(self, packet: Packet) -> None:
        namespace_class = self.server.namespaces.get(packet.namespace)
        if namespace_class is None and self.server.loading():
            self.connection.close("forced close")  # a refusal would keep the client away for good
            return
        if namespace_class is None:
            error = {"message": "Invalid namespace"}
            self.send(Packet(sio.CONNECT_ERROR, packet.namespace, error))
            return
        socket = NamespaceSocket(self, packet.namespace, namespace_class)
        self.namespaces[packet.namespace] = socket
        socket.enqueue(packet)

    def send(self, packet: Packet) -> None:
        """Encode a packet and hand it to the transport."""
        parts = sio.encode(packet)
        if len(parts) == 1:
            self.connection.send(parts[0])
        else:
            self.connection.send_prepared(self.server.prepare(parts))

    def closed(self, reason: str) -> None:
        """The transport is gone."""
        for socket in list(self.namespaces.values()):
            socket.leave_server(reason)
