"""Adapters decide which message belongs to which listener, and how it looks there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pgsocketio.message import Message


class AbstractAdapter:
    """One sub-channel, filtered and formatted for a listener.

    Subclass it, set ``channel``, and override ``get`` and ``format`` as needed. Both run in the
    server's event loop for many listeners: they compute, they do not wait (no ORM, no network).

    :cvar channel: name of the sub-channel, as given to ``notify``.
    :cvar index: a key of ``values`` that equals the listener's first argument in every message
        meant for it. Where declared, a message is routed by it without asking any other listener.
        That argument is a text, a number, a boolean or None then.
    """

    channel: ClassVar[str] = ""
    index: ClassVar[str | None] = None

    def get(self, messages: Sequence[Message], *args: Any) -> Sequence[Message]:
        """Choose the messages of a listener.

        :param messages: the new messages of the channel, in order. They are shared: do not change.
        :param args: what the listener gave to ``listen``.
        :returns: a subset of the same objects; their order is kept as it was.
        """
        return messages

    def format(self, message: dict[str, Any], *args: Any) -> Any:
        """Turn a message into what the listener receives.

        :param message: a copy of its own, ``{'id', 'channel', 'uid', 'date', 'values'}``.
        :param args: what the listener gave to ``listen``.
        :returns: anything that travels as JSON.
        """
        return message


def overrides(adapter: type[AbstractAdapter], method: str) -> bool:
    """Whether an adapter class has its own ``get`` or ``format``."""
    return getattr(adapter, method) is not getattr(AbstractAdapter, method)


def check_index(adapter: type[AbstractAdapter], args: Sequence[Any]) -> None:
    """Make sure that a listener's first argument can equal what an index finds in a message.

    :raises TypeError: when it is nothing that JSON compares with: the listener would hear nothing.
    """
    if adapter.index is None or not args or isinstance(args[0], (str, int, float, type(None))):
        return
    raise TypeError(
        f"{adapter.__qualname__} is indexed by {adapter.index!r}: its first argument is a text, "
        f"number, boolean or None, not a {type(args[0]).__name__}. Listen once per value, or set "
        "no index and choose in get()"
    )


def check_adapter(adapter: object) -> type[AbstractAdapter]:
    """Make sure that something can be listened with.

    :raises TypeError: when it is no adapter class or names no channel.
    """
    if not (isinstance(adapter, type) and issubclass(adapter, AbstractAdapter)):
        raise TypeError(f"{adapter!r} is no subclass of AbstractAdapter")
    if not adapter.channel:
        raise TypeError(f"{adapter.__qualname__} names no channel: set its attribute 'channel'")
    return adapter
