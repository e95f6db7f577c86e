"""What the JS wrapper and the server say beyond Socket.IO, and what a NOTIFY carries.

Described in docs/protocol. A client that declares no version sees plain Socket.IO.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from zlib import crc32

from pgsocketio.errors import ConnectRefused, Unreadable
from pgsocketio.message import Message, loads

SUPPORTED = (1,)
"""Versions of the client protocol: the present one, and the one before (there is none yet)."""

READY = "web_socketio:ready"
RECOVERED = "web_socketio:recovered"
POSITION = "web_socketio:position"
UNDELIVERED = "web_socketio:undelivered"
CLOSED = "web_socketio:closed"

MAX_SEEN = 50_000
"""Ids that a client may bring; of more, the last of a list count."""
MAX_AGE = 30.0
"""Seconds after which a volatile message is not believed any more."""
MAX_NONCES = 500_000
"""Volatile messages remembered within that time."""
_NOTIFY = re.compile(r"1:([0-9a-f]{64}):(\{.*\})", re.DOTALL | re.ASCII)
_HINT = "1:"


@dataclass(frozen=True, slots=True)
class Auth:
    """The ``auth`` of a CONNECT.

    :param version: of this protocol, None for a plain client.
    :param position: where the client stood, not yet validated; None where it has none.
    :param seen: ids that it got after that position, by reader.
    :param raw: the whole object.
    """

    version: int | None = None
    position: str | None = None
    seen: dict[str, frozenset[int]] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)


def parse_auth(data: dict[str, Any] | None) -> Auth:
    """Read a CONNECT's ``auth``; it is untrusted input.

    :raises ConnectRefused: for a version that this server does not speak.
    """
    raw = data or {}
    version = raw.get("v")
    if version is None:
        return Auth(raw=raw)
    if isinstance(version, bool) or version not in SUPPORTED:
        raise ConnectRefused("unsupported protocol version", {"supported": list(SUPPORTED)})
    position = raw.get("position")
    return Auth(version, position if position else None, _parse_seen(raw.get("seen")), raw)


def _parse_seen(data: Any) -> dict[str, frozenset[int]]:
    """The ids by reader: the part of a subscription's name before the first dot."""
    seen: dict[str, set[int]] = {}
    total = 0
    for name, ids in data.items() if isinstance(data, dict) else ():
        if not isinstance(ids, list) or not all(type(number) is int for number in ids):
            continue
        newest = ids[max(0, len(ids) - (MAX_SEEN - total)) :]
        total += len(newest)
        seen.setdefault(name.partition(".")[0], set()).update(newest)
    return {reader: frozenset(ids) for reader, ids in seen.items()}


def reader_key(handler: str, adapter: type, args: tuple[Any, ...]) -> str:
    """Name a reader such that it keeps its name after a restart and at another server."""
    text = f"{handler}|{adapter.__module__}.{adapter.__qualname__}|{args!r}"
    return hashlib.blake2s(text.encode(), digest_size=6).hexdigest()


def envelope(
    reader: str, event: str, number: int, ids: Iterable[int | None], generation: int
) -> dict[str, Any]:
    """The envelope of an event made of messages.

    :param number: which event of the same batch it is, so that one batch may make several.
    """
    known = [i for i in ids if i is not None]
    return {"s": _name(reader, event, number), "ids": known or None, "g": generation}


@lru_cache(4_096)
def _name(reader: str, event: str, number: int) -> str:
    """The same for all clients that read the same."""
    return f"{reader}.{crc32(event.encode()):08x}.{number}"


class NotifyCodec:
    """Reads NOTIFY payloads of version 1: ``1:<hmac>:<json>`` or the hint ``1:``.

    NOTIFY has no access control, so content counts only with the keyed hash of it, and only once;
    all else is a hint to read the log. Written by ``web_socketio_notify`` in ``sql/``.

    :param secret: shared by the database function and the server, bytes.
    :ivar clock: PostgreSQL's, not long ago (seconds since 1970).
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.clock = 0.0
        self._nonces: dict[str, None] = {}

    def decode(self, payload: str) -> Message | None:
        """The message that a payload carries.

        :returns: None when it is a hint (or forged, or repeated, or unreadable).
        """
        match = _NOTIFY.fullmatch(payload)
        if match is None:
            return None
        if not self.is_signed(match[2], match[1]):
            return None
        try:
            body = loads(match[2])
        except Unreadable:
            return None  # the read of the log names it
        if body.get("i") is None and not self._is_new(body):
            return None
        return _message(body, len(match[2]))

    def is_signed(self, text: str, signature: str) -> bool:
        """Whether a signature (in hexadecimal) of a text was made with the secret."""
        expected = hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.encode())

    def _is_new(self, body: dict[str, Any]) -> bool:
        """Whether a volatile message was not heard before; a durable one is known by its id."""
        age = self.clock - datetime.fromisoformat(body["d"]).timestamp()
        if age > MAX_AGE or body["n"] in self._nonces:
            return False
        self._nonces[body["n"]] = None
        if len(self._nonces) > MAX_NONCES:
            del self._nonces[next(iter(self._nonces))]
        return True


def _message(body: dict[str, Any], size: int) -> Message:
    xid = body.get("x")
    return Message(
        body.get("i"),
        body["c"],
        body.get("u"),
        body["d"],
        body["p"],
        xid=None if xid is None else int(xid),
        size=size,
    )
