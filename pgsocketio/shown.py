"""How messages look at their listeners: formatted once, and a copy for each."""

from __future__ import annotations

import logging
import marshal
from collections.abc import Sequence
from typing import Any

from pgsocketio import packet as sio
from pgsocketio.adapter import AbstractAdapter, overrides
from pgsocketio.message import Message, thaw
from pgsocketio.packet import Packet

logger = logging.getLogger("pgsocketio.reader")

_VERSION = 0  # of marshal's format: equal values of equal types are equal bytes


def show(
    adapter: AbstractAdapter, messages: Sequence[Message], args: Sequence[Any], key: str
) -> tuple[list[Any], list[Message]]:
    """Show messages to one listener: each is its own, to change as it likes.

    :param key: the same for those that are shown the same, with this adapter and these arguments.
    :returns: what the listener receives, and the messages it was made of; one that the adapter
        fails to format is logged and left out.
    """
    shown, sources = [], []
    for message in messages:
        form = message.forms.get(key)
        if form is not None:
            shown.append(marshal.loads(form))
            sources.append(message)
            continue
        try:
            value = _format(adapter, message, args)
        except Exception:
            name = f"{type(adapter).__module__}.{type(adapter).__qualname__}"
            text = "adapter %s failed in format(); message %s is left out for its listener"
            logger.exception(text, name, message["id"])
            continue
        message.forms[key] = _form(value)
        shown.append(value)
        sources.append(message)
    return shown, sources


def is_unchanged(value: Any, message: Message, key: str) -> bool:
    """Whether what a listener was shown is still what others are shown."""
    form = message.forms.get(key)
    return form is not None and _form(value) == form


def _format(adapter: AbstractAdapter, message: Message, args: Sequence[Any]) -> Any:
    value = thaw(message)
    if overrides(type(adapter), "format"):
        value = adapter.format(value, *args)
        sio.encode(Packet(sio.EVENT, data=[value]))  # what cannot travel fails here
    return value


def _form(value: Any) -> bytes | None:
    """A value to make copies of; None where it is made of more than JSON knows."""
    try:
        return marshal.dumps(value, _VERSION)
    except ValueError:
        return None
