"""Socket.IO packets, to and from what Engine.IO carries. Source: Socket.IO protocol, revision 5.

Our own codec instead of a library's because what arrives is hostile: attachments, nesting and names
are bounded here, and an encoded packet can be shared by all its recipients.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from pgsocketio.errors import InvalidPacket, LimitExceeded, NotEncodable
from pgsocketio.message import dumps, is_deeper, may_be_deeper, to_json

CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK = range(7)

RESERVED_EVENTS = frozenset(
    ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")
)
SLOTS = 64
"""An acknowledgement's number is a message's id times this, plus a subscription's slot; the last
slot is for all other events."""

_HEAD = re.compile(
    r"([0-6])(?:(\d{1,9})-)?(?:(/[^,\x00-\x1f]{0,255})(?:,|\Z))?(\d{1,15})?", re.ASCII
)


@dataclass(slots=True)
class Packet:
    """One packet of the Socket.IO protocol.

    :param type: CONNECT … BINARY_ACK; the binary types appear as EVENT and ACK once decoded.
    :param namespace: such as ``/longpolling``.
    :param data: JSON value; for EVENT the list of name and arguments, for ACK the arguments.
    :param id: of the acknowledgement asked for or given, or None.
    :param size: characters and bytes that arrived; 0 for a packet that leaves.
    """

    type: int
    namespace: str = "/"
    data: Any = None
    id: int | None = None
    size: int = field(default=0, compare=False)


def encode(packet: Packet) -> list[str | bytes]:
    """Encode a packet: the text, then its binary attachments in order.

    :raises NotEncodable: naming the argument that cannot travel.
    """
    kind, text = packet.type, ""
    attachments: list[bytes] = []
    if packet.data is not None:
        text, attachments = _encode_data(packet.data)
        if attachments:
            kind = {EVENT: BINARY_EVENT, ACK: BINARY_ACK}[kind]
    count = f"{len(attachments)}-" if attachments else ""
    namespace = "" if packet.namespace == "/" else f"{packet.namespace},"
    number = "" if packet.id is None else packet.id
    return [f"{kind}{count}{namespace}{number}{text}", *attachments]


def _encode_data(data: Any) -> tuple[str, list[bytes]]:
    attachments: list[bytes] = []

    def default(value: Any) -> Any:
        if isinstance(value, (bytes, bytearray, memoryview)):
            attachments.append(bytes(value))
            return {"_placeholder": True, "num": len(attachments) - 1}
        return to_json(value)

    try:
        text = json.dumps(
            data, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=default
        )
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        dumps(data)  # names the culprit
        raise NotEncodable(str(error)) from error
    return text, attachments


@dataclass(frozen=True, slots=True)
class PacketLimits:
    """Bounds of one packet from a client.

    :param attachments: most binary attachments.
    :param size: most bytes of them together.
    :param depth: most lists and objects within each other.
    """

    attachments: int = 32
    size: int = 1_000_000
    depth: int = 64


DEFAULT_LIMITS = PacketLimits()


def decode_text(text: str, limits: PacketLimits = DEFAULT_LIMITS) -> tuple[Packet, int]:
    """Decode the text of a packet.

    :returns: the packet, and how many binary attachments follow.
    :raises InvalidPacket: for whatever the protocol does not allow.
    """
    match = _HEAD.match(text)
    if match is None:
        raise InvalidPacket("no packet type")
    kind, count = int(match[1]), int(match[2] or 0)
    binary = kind in (BINARY_EVENT, BINARY_ACK)
    if binary != (match[2] is not None):
        raise InvalidPacket("attachments belong to binary packets, and only to them")
    if count > limits.attachments:
        raise LimitExceeded("too_many_attachments", f"more than {limits.attachments} attachments")
    namespace = (match[3] or "/").partition("?")[0]
    rest = text[match.end() :]
    data = _decode_json(rest, limits.depth) if rest else None
    if binary:
        kind = EVENT if kind == BINARY_EVENT else ACK
    packet = Packet(kind, namespace, data, int(match[4]) if match[4] else None, len(text))
    _check(packet, bool(rest))
    return packet, count


def _decode_json(text: str, depth: int) -> Any:
    try:
        data = _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise InvalidPacket("invalid JSON") from error
    if may_be_deeper(text, depth) and is_deeper(data, depth):
        raise LimitExceeded("nested_too_deep", f"nested more than {depth} deep")
    return data


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


_decoder = json.JSONDecoder(parse_constant=_no_constant)


def _check(packet: Packet, has_data: bool) -> None:
    """The rules on data of each type (protocol section "Packet encoding")."""
    data = packet.data
    if packet.type == EVENT:
        valid = isinstance(data, list) and bool(data) and isinstance(data[0], str)
        if valid and data[0] in RESERVED_EVENTS:
            raise InvalidPacket("the event's name is reserved")
    elif packet.type == ACK:
        valid = isinstance(data, list) and packet.id is not None
    elif packet.type == CONNECT:
        valid = not has_data or isinstance(data, dict)
    elif packet.type == DISCONNECT:
        valid = not has_data
    else:  # CONNECT_ERROR is the server's to send
        valid = False
    if not valid:
        raise InvalidPacket("the data does not fit the packet's type")


@dataclass(slots=True)
class Decoder:
    """Puts a connection's packets together from text and attachments."""

    limits: PacketLimits = DEFAULT_LIMITS
    _packet: Packet | None = None
    _missing: int = 0
    _attachments: tuple[bytes, ...] = ()

    def feed(self, data: str | bytes) -> Packet | None:
        """Take what Engine.IO delivered.

        :returns: a packet when it is whole, else None.
        :raises InvalidPacket: the connection is beyond repair.
        """
        if isinstance(data, str):
            if self._packet is not None:
                raise InvalidPacket("text where an attachment was due")
            packet, self._missing = decode_text(data, self.limits)
            if not self._missing:
                return packet
            self._packet = packet
            return None
        return self._attach(data)

    def _attach(self, data: bytes) -> Packet | None:
        if self._packet is None:
            raise InvalidPacket("an attachment that belongs to nothing")
        if len(data) + sum(map(len, self._attachments)) > self.limits.size:
            text = f"attachments of more than {self.limits.size} bytes"
            raise LimitExceeded("attachments_too_large", text)
        self._attachments += (data,)
        if len(self._attachments) < self._missing:
            return None
        packet, attachments = self._packet, self._attachments
        self._packet, self._missing, self._attachments = None, 0, ()
        packet.data = _fill(packet.data, attachments)
        packet.size += sum(map(len, attachments))
        return packet


def _fill(data: Any, attachments: Sequence[bytes]) -> Any:
    """Put attachments where their placeholders stand."""
    if isinstance(data, list):
        return [_fill(item, attachments) for item in data]
    if not isinstance(data, dict):
        return data
    if data.get("_placeholder") is True:
        number = data.get("num")
        if type(number) is not int or not 0 <= number < len(attachments):
            raise InvalidPacket("a placeholder without its attachment")
        return attachments[number]
    return {key: _fill(item, attachments) for key, item in data.items()}
