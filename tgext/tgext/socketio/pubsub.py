"""Channels: clients subscribe, anyone publishes, a broker carries it between processes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import tg

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.errors import HandlerError
from pgsocketio.message import dumps
from pgsocketio.namespace import Refused

from . import tgcompat
from .brokers import broker_of
from .namespace import SocketIOTGNamespace

logger = logging.getLogger("tgext.socketio")

EVENTS = ("pubblication", "publication")
"""What a subscriber receives. The first spelling is the interface since 2013."""


class ChannelAdapter(AbstractAdapter):
    """The messages of one channel of publish and subscribe."""

    channel = "tgext.socketio"
    index = "channel"

    def format(self, message: dict[str, Any], *_args: Any) -> Any:
        return message["values"]["message"]


class PubSubTGNamespace(SocketIOTGNamespace):
    """A namespace whose clients subscribe to channels.

    A client emits ``subscribe`` with the name of a channel (and arguments). That calls
    ``subscribe_<name>``, which returns False to refuse it, another channel's name to subscribe to
    that one, or None. Each message that is published on the channel reaches the client as the event
    ``pubblication`` (and as ``publication``). The subscription ends with ``unsubscribe`` or with
    the socket.
    """

    def on_subscribe(self, packet: dict[str, Any]) -> bool | Refused:
        """Subscribe this client; acknowledged with whether it is."""
        args = list(packet["args"])
        if not args:
            return self._refuse(
                "channel_not_specified", "You must specify the channel you want to subscribe"
            )
        channel = self._negotiate(packet, args[0], args[1:])
        if isinstance(channel, Refused):
            return channel
        names = self._names()
        names.setdefault(str(args[0]), set()).add(channel)
        for event in EVENTS:
            self.socket.subscribe(event, ChannelAdapter, [channel])
        return True

    def _negotiate(self, packet: dict[str, Any], name: Any, args: Sequence[Any]) -> str | Refused:
        """Which channel a client gets when it asks for one."""
        method = f"subscribe_{name.replace(' ', '_')}" if isinstance(name, str) else ""
        if not method or not hasattr(self, method):
            return self._refuse(
                "channel_not_available", "Trying to subscribe to a channel not available"
            )
        chosen = self.call_method_with_acl(method, {**packet, "args": list(args)}, *args)
        if isinstance(chosen, Refused):
            return chosen
        if chosen is False:
            return self._refuse(
                "subscription_rejected", "Your subscription has been rejected by server"
            )
        return str(chosen or name)

    def on_unsubscribe(self, packet: dict[str, Any]) -> bool | Refused:
        """End a client's subscriptions by the name it subscribed with; acknowledged with whether
        there was one."""
        args = packet["args"]
        if not args:
            return self._refuse(
                "channel_not_specified", "You must specify the channel you want to unsubscribe"
            )
        channels = self._names().pop(str(args[0]), set())
        wanted = set().union(*self._names().values())
        for channel in channels - wanted:
            for event in EVENTS:
                self.socket.unsubscribe(event, ChannelAdapter, [channel])
        return bool(channels)

    def _names(self) -> dict[str, set[str]]:
        """Channels by the name that the client gave."""
        names: dict[str, set[str]] = self.__dict__.setdefault("_channels_by_name", {})
        return names

    @classmethod
    def pubsub(cls) -> Any:
        """The broker of the running application: ``app_globals.anypubsub``."""
        return broker_of(tg.config)

    @classmethod
    def publish(cls, channel: str, message: Any) -> None:
        """Send a message to the subscribers of a channel, wherever they are connected.

        Works in any controller, too. Where TurboGears' transaction manager runs, the message leaves
        when the transaction commits, and not at all when it aborts.

        :param message: anything that travels as JSON.
        :raises NotEncodable: naming what cannot travel.
        :raises HandlerError: when the broker is away and no transaction is waited for.
        """
        text = dumps(message)
        broker = cls.pubsub()
        tgcompat.after_commit(tg.config, lambda: _publish(broker, channel, text))


def _publish(broker: Any, channel: str, text: str) -> None:
    try:
        broker.publish(channel, text)
    except Exception as error:
        logger.error("a message on channel %r is lost, the broker is away: %s", channel, error)
        raise HandlerError("The message could not be published", "broker_unavailable") from error
