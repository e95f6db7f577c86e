"""One broker subscription per channel and process; the hub hands its messages to subscribers."""

from __future__ import annotations

import datetime
import json
import logging
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.hub import Hub
from pgsocketio.message import Message
from pgsocketio.position import Position, Since, Snapshot, Stamp
from pgsocketio.routes import Sink
from pgsocketio.runtime import Job, Runtime

from .brokers import CHANNEL
from .errors import BrokerAway

logger = logging.getLogger("tgext.socketio")

MAX_PAUSE = 30.0
"""Most seconds between two attempts to reach a broker that is away."""

PATIENCE = 10.0
"""Seconds to wait for a broker's word that a client is subscribed."""

_NOWHERE = Stamp(0, Position("0" * 16, Snapshot(1, 1)), 0)


class FeedHub(Hub):
    """The hub of an application whose broker is one of anypubsub's: it keeps nothing.

    Delivery: once and in order while connected; a client that does not read is disconnected.

    :param broker: returns an object with anypubsub's interface; may raise ``ConfigError``.
    """

    def __init__(self, broker: Callable[[], Any], runtime: Runtime) -> None:
        super().__init__(breathe=lambda: runtime.sleep(0))
        self._broker, self._runtime = broker, runtime
        self._feeds: dict[str, Feed] = {}
        self._channels: dict[Sink, str] = {}

    def subscribe(
        self,
        sink: Sink,
        adapter: type[AbstractAdapter],
        args: tuple[Any, ...] = (),
        since: Since | None = None,
    ) -> None:
        channel = str(args[0])
        feed = self._feeds.get(channel)
        first = feed is None
        if feed is None:
            feed = Feed(self, channel, self._broker(), self._runtime)
            self._feeds[channel] = feed
        self._channels[sink] = channel
        feed.enter(sink)
        self.routes.add(sink, adapter, args)
        try:
            feed.open() if first else feed.wait()
        except BaseException:  # the job that subscribes was ended
            self.unsubscribe(sink)
            raise

    def unsubscribe(self, sink: Sink) -> Since | None:
        self.routes.remove(sink)
        channel = self._channels.pop(sink, None)
        feed = None if channel is None else self._feeds.get(channel)
        if feed is not None:
            feed.sinks.pop(sink, None)
            if not feed.sinks:
                del self._feeds[feed.channel]
                feed.close()
        return None

    def spread(self, channel: str, text: str | bytes) -> None:
        """Hand a broker's message to the subscribers of its channel."""
        try:
            values = {"channel": channel, "message": json.loads(text)}
        except ValueError:
            logger.error("a message on %r is no JSON; left out", channel)
            return
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        size = len(text)
        message = Message(None, CHANNEL, None, now, values, size=size, droppable=False)
        self.routes.deliver([message], _NOWHERE)

    def close(self) -> None:
        """End every subscription at the broker."""
        for feed in self._feeds.values():
            feed.close()


class Feed:
    """A channel's subscription at the broker, as long as somebody here listens to it.

    :ivar sinks: who does.
    """

    def __init__(self, hub: FeedHub, channel: str, broker: Any, runtime: Runtime) -> None:
        self.channel = channel
        self.sinks: dict[Sink, None] = {}
        self._hub, self._broker, self._runtime = hub, broker, runtime
        self._subscription: Any = None
        self._job: Job | None = None
        self._opened = runtime.event()
        self._direct = False
        self._away = False
        self._closed = False

    def enter(self, sink: Sink) -> None:
        """One more listens; a client that comes while the broker is away is told."""
        if self._away:
            for socket in _sockets([sink]) - _sockets(self.sinks):
                socket.emit("error", self._missed)
        self.sinks[sink] = None

    @property
    def _missed(self) -> tuple[str, str]:
        return "broker_unavailable", f"Messages of {self.channel} are missed for the moment"

    def open(self) -> None:
        """Subscribe at once, so that what is published from now on arrives; then follow."""
        try:
            self._subscribe()
        except Exception as error:
            self._report(error)
        finally:
            self._opened.set()
            if self._closed:  # meanwhile
                self._drop()
            elif not self._direct:
                self._job = self._runtime.spawn(self._follow)

    def wait(self) -> None:
        """Wait until what is published arrives, or the broker is known to be away."""
        if not self._opened.is_set():
            self._opened.wait(PATIENCE)

    def _subscribe(self) -> None:
        self._subscription = subscription = self._broker.subscribe(self.channel)
        self._direct = deliver_directly(
            subscription, lambda text: self._hub.spread(self.channel, text)
        )
        if hasattr(getattr(subscription, "pubsub", None), "get_message"):  # redis confirms it
            subscription.pubsub.get_message(timeout=PATIENCE)
        if self._away:
            self._away = False
            logger.info("the broker of channel %r is back", self.channel)
            self._tell("broker_available", self.channel)

    def _follow(self) -> None:
        attempt = 0
        while not self._closed:
            try:
                if self._subscription is None:
                    self._subscribe()
                attempt = 0
                for text in _as_they_come(self._subscription):
                    if text is None:
                        break
                    self._hub.spread(self.channel, text)
                raise BrokerAway("the subscription ended")
            except Exception as error:
                self._drop()
                if self._closed:
                    return
                self._report(error)
            attempt += 1
            pause = min(MAX_PAUSE, 0.25 * 2 ** min(attempt, 10))
            self._runtime.sleep(pause * random.uniform(0.5, 1.0))

    def _report(self, error: Exception) -> None:
        if self._away:
            return
        self._away = True
        logger.error("the broker of channel %r is away, trying again: %s", self.channel, error)
        self._tell("error", *self._missed)

    def _tell(self, event: str, *args: Any) -> None:
        for socket in _sockets(self.sinks):
            socket.emit(event, args)

    def _drop(self) -> None:
        subscription, self._subscription = self._subscription, None
        holders = (subscription, getattr(subscription, "pubsub", None))
        for close in [getattr(holder, "close", None) for holder in holders]:
            if close is None:
                continue
            try:
                close()
            except Exception as error:
                logger.debug("closing a subscription failed: %s", error)

    def close(self) -> None:
        """End the subscription. Does not wait: the transport's end calls it."""
        self._closed = True
        self._runtime.spawn(self._end)

    def _end(self) -> None:
        if self._job is not None:
            self._job.kill()
        self._drop()


def _sockets(sinks: Iterable[Sink]) -> set[Any]:
    """The clients that listen; a blocking reader has none of its own."""
    return {sink.socket for sink in sinks if hasattr(sink, "socket")}


def _as_they_come(subscription: Iterable[Any]) -> Iterator[Any]:
    """The messages of a subscription, whose waiting holds up nobody.

    Where gevent patched nothing (see ``socketio_server_runner``), a thread waits for them.
    """
    import gevent
    from gevent import monkey

    if monkey.is_module_patched("socket"):
        yield from subscription
        return
    pool = gevent.get_hub().threadpool
    pool.maxsize += 1
    iterator = iter(subscription)
    try:
        while True:
            result = pool.apply(_next_or_error, (iterator,))
            if isinstance(result, Exception):
                raise result
            yield result
    finally:
        pool.maxsize -= 1


def _next_or_error(iterator: Iterator[Any]) -> Any:
    """An error is handed over: when the subscription is closed, nobody waits for it any more."""
    try:
        return next(iterator, None)
    except Exception as error:
        return error


def deliver_directly(subscription: Any, deliver: Callable[[str], None]) -> bool:
    """Have the messages of anypubsub's ``memory``, a queue of this very process, handed over.

    :returns: whether it is one; others have to be waited for.
    """
    direct = hasattr(subscription, "put") and hasattr(subscription, "messages")
    if direct:
        subscription.messages = _Direct(deliver)
    return direct


class _Direct:
    """Stands for the queue of a memory subscription: nothing waits, nothing needs a job."""

    def __init__(self, deliver: Callable[[str], None]) -> None:
        self.put_nowait = deliver
