"""Channels: clients subscribe, anyone publishes, a broker carries it between processes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

import tg

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.errors import HandlerError
from pgsocketio.message import dumps
from pgsocketio.namespace import Refused

from . import tgcompat
from .brokers import CHANNEL, broker_of
from .namespace import SocketIOTGNamespace

logger = logging.getLogger("tgext.socketio")

EVENTS = ("pubblication", "publication")
"""What a subscriber receives. The first spelling is the interface since 2013."""


class ChannelAdapter(AbstractAdapter):
    """The messages of one channel of publish and subscribe."""

    channel = CHANNEL
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
        name, arguments = args[0], args[1:]
        channel = self._negotiate(packet, name, arguments)
        if isinstance(channel, Refused):
            return channel
        self._enter(channel)
        self._subscribed()[str(name), channel] = dumps(arguments)
        return True

    def _enter(self, channel: str) -> None:
        try:
            for event in EVENTS:
                self.socket.listeners.subscribe(event, ChannelAdapter, [channel])
        except HandlerError:  # too many: not one spelling without the other
            self._leave(channel)
            raise

    def _leave(self, channel: str) -> None:
        for event in EVENTS:
            self.socket.listeners.unsubscribe(event, ChannelAdapter, [channel])

    def _negotiate(self, packet: dict[str, Any], name: Any, args: Sequence[Any]) -> str | Refused:
        """Which channel a client gets when it asks for one."""
        method = f"subscribe_{name.replace(' ', '_')}" if isinstance(name, str) else ""
        if not method or not callable(getattr(self, method, None)):
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
        return str(name if chosen is True else chosen or name)

    def on_unsubscribe(self, packet: dict[str, Any]) -> bool | Refused:
        """End what a client subscribed to with the same name and arguments; with the name alone,
        all of that name; or a channel by its own name. Acknowledged with whether there was one."""
        args = list(packet["args"])
        if not args:
            return self._refuse(
                "channel_not_specified", "You must specify the channel you want to unsubscribe"
            )
        ended = self._meant(str(args[0]), args[1:])
        subscribed = self._subscribed()
        for key in ended:
            del subscribed[key]
        wanted = {channel for _name, channel in subscribed}
        for channel in {channel for _name, channel in ended} - wanted:
            self._leave(channel)
        return bool(ended)

    def _meant(self, name: str, arguments: Sequence[Any]) -> list[tuple[str, str]]:
        """Which subscriptions a client means."""
        given = dumps(arguments)
        subscribed = self._subscribed()
        named = [key for key in subscribed if key[0] == name]
        exact = [key for key in named if not arguments or subscribed[key] == given]
        return exact or [key for key in subscribed if key[1] == name]

    def tell_of_broker(self, available: bool) -> None:
        """Tell the client that its channels are interrupted, or go on."""
        for channel in {channel for _name, channel in self._subscribed()}:
            if available:
                self.emit("broker_available", channel)
            else:
                self.error("broker_unavailable", f"Messages of {channel} come later")

    def _subscribed(self) -> dict[tuple[str, str], str]:
        """The client's arguments, by the name it gave and the channel it got."""
        subscribed: dict[tuple[str, str], str] = self.__dict__.setdefault("_by_name", {})
        return subscribed

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
        :raises PayloadTooLarge: with the broker ``postgres``, above 1 MiB.
        :raises HandlerError: when the broker is away and no transaction is waited for.
        """
        broker, channel, text = cls.pubsub(), str(channel), dumps(message)
        if hasattr(broker, "check"):
            broker.check(channel, text)
        send = partial(_send, broker, channel, text)
        if not tgcompat.after_commit(tg.config, send) and not send():
            raise HandlerError("The message could not be published", "broker_unavailable")


def _send(broker: Any, channel: str, text: str) -> bool:
    """Hand a message to the broker; a failure is logged.

    :returns: whether the broker took it.
    """
    try:
        broker.publish(channel, text)
    except Exception as error:
        logger.error("a message on channel %r is lost, the broker failed: %s", channel, error)
        return False
    return True
