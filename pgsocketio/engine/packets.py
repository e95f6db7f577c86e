"""Engine.IO v4 packets and polling payloads. Pure.

Source: Engine.IO protocol, revision 4, sections "Packet encoding" and "Packet types".
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from . import frames
from .errors import PacketError

if TYPE_CHECKING:
    from .connection import Connection

OPEN: Final = "0"
CLOSE: Final = "1"
PING: Final = "2"
PONG: Final = "3"
MESSAGE: Final = "4"
UPGRADE: Final = "5"
NOOP: Final = "6"
TYPES: Final = frozenset("0123456")

SEPARATOR: Final = "\x1e"
_SEPARATOR: Final = b"\x1e"


class Prepared:
    """One application packet, encoded at most once per transport and shared by all recipients.

    Args:
        packets: a text, then its binary attachments; each becomes one Engine.IO message packet.
    Raises:
        ValueError: a text contains U+001E, which separates packets while polling, or a lone
            surrogate, which UTF-8 cannot carry.
    """

    __slots__ = ("_frames", "_packets", "_polling")

    def __init__(self, packets: Sequence[str | bytes]) -> None:
        encoded: list[bytes | str] = []
        for packet in packets:
            if isinstance(packet, str):
                if SEPARATOR in packet:
                    raise ValueError("an Engine.IO text must not contain U+001E; escape it")
                encoded.append(MESSAGE + packet)
            else:
                encoded.append(bytes(packet))
        self._packets = encoded
        self._frames: bytes | None = None
        self._polling: tuple[bytes, ...] | None = None
        self._check_utf8()

    def _check_utf8(self) -> None:
        for packet in self._packets:
            if isinstance(packet, str) and not packet.isascii():
                packet.encode()

    @classmethod
    def control(cls, packet: str) -> Prepared:
        """Return an Engine.IO packet that is no message, such as '2' (ping)."""
        prepared = cls(())
        prepared._packets = [packet]
        return prepared

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def frames(self) -> bytes:
        """The WebSocket frames of all packets, one after the other."""
        if self._frames is None:
            self._frames = b"".join(map(frame, self._packets))
        return self._frames

    def send_to(self, connections: Sequence[Connection], most_unsent: int | None = None) -> int:
        """Send to many connections of one engine; never blocks.

        Args:
            most_unsent: leave out those with more bytes unsent, None: nobody.
        Returns:
            how many were left out.
        """
        frames, direct, left_out = self.frames, 0, 0
        size = len(frames)
        for connection in connections:
            if (stream := connection.stream) is not None and (send := stream.send) is not None:
                try:
                    sent = send(frames)
                except OSError:
                    connection.send_prepared(self)  # it has to wait, or is lost
                    continue
                direct += 1
                if sent < size:
                    stream.wait(memoryview(frames)[sent:])
                    connection.check_unsent()
            elif most_unsent is None or connection.unsent <= most_unsent:
                connection.send_prepared(self)
            else:
                left_out += 1
        if direct:
            connections[0].count_out(direct * len(self._packets), direct * size)
        return left_out

    def frame(self, index: int) -> bytes:
        """The WebSocket frame of one packet."""
        return frame(self._packets[index])

    @property
    def polling(self) -> tuple[bytes, ...]:
        """The polling form of each packet."""
        if self._polling is None:
            self._polling = tuple(map(_polling_form, self._packets))
        return self._polling


def frame(packet: str | bytes) -> bytes:
    """Return one unmasked WebSocket frame: text for str, binary for bytes."""
    if isinstance(packet, str):
        return frames.frame(frames.TEXT, packet.encode())
    return frames.frame(frames.BINARY, packet)


def _polling_form(packet: str | bytes) -> bytes:
    return packet.encode() if isinstance(packet, str) else b"b" + b64encode(packet)


def encode_payload(packets: Sequence[bytes]) -> bytes:
    """Join packets in polling form into the body of a poll response."""
    return _SEPARATOR.join(packets)


def decode_payload(body: bytes, max_packets: int) -> list[str | bytes]:
    """Split a POST body into packets: str with its type character, bytes for binary.

    Raises:
        PacketError: not UTF-8, too many packets, an unknown type or malformed base64.
    """
    if body.count(_SEPARATOR) >= max_packets:
        text = f"more than {max_packets} packets in one payload"
        raise PacketError(text, "too many packets")
    try:
        texts = body.decode().split(SEPARATOR)
    except UnicodeDecodeError as error:
        raise PacketError("payload is not UTF-8") from error
    return [_decode_packet(text) for text in texts]


def _decode_packet(text: str) -> str | bytes:
    if text.startswith("b"):
        return _decode_binary(text[1:])
    if text[:1] not in TYPES or not text:
        raise PacketError("unknown packet type")
    return text


def _decode_binary(text: str) -> bytes:
    if len(text) % 4:  # b64decode passes some superfluous padding
        raise PacketError("malformed base64 in a binary packet")
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError) as error:
        raise PacketError("malformed base64 in a binary packet") from error
