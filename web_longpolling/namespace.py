"""One namespace that all addons share, and the decorator that binds handlers to it."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from odoo.addons.web_socketio import compat
from odoo.addons.web_socketio.namespace import OpenERPNameSpace
from odoo.addons.web_socketio.session import OdooSession
from odoo.addons.web_socketio.web_socketio import SocketIO, addon_of

from pgsocketio.adapter import AbstractAdapter, check_adapter
from pgsocketio.position import Since
from pgsocketio.reader import Reader
from pgsocketio.subscription import Subscription

_logger = logging.getLogger(__name__)

EVENT_TYPES = ("on", "connect", "disconnect")


@dataclass(frozen=True, slots=True)
class Handler:
    """A function bound to the shared namespace; see :func:`on`."""

    event: str
    function: Callable[..., Any]
    adapter: type[AbstractAdapter] | None
    eventtype: str

    @property
    def name(self) -> str:
        return f"{self.function.__module__}.{self.function.__qualname__}"


class HandlerSession:
    """What a handler gets as its first argument: the session, with the handler's adapter implied.

    Beside what is written here it has everything of the Odoo session (``uid``, ``db``, ``model``,
    ``environment`` …) and of the namespace (``emit``, ``notify``, ``join``, ``spawn`` …).
    """

    def __init__(
        self, namespace: LongPollingNameSpace, handler: Handler, since: Since | None = None
    ) -> None:
        self.namespace = namespace
        self._reader = None
        if handler.adapter is not None:
            listeners = namespace.socket.listeners
            self._reader = listeners.new_reader(handler.adapter, handler.name, since)

    def __getattr__(self, name: str) -> Any:
        try:
            return getattr(self.namespace.session, name)
        except AttributeError:
            return getattr(self.namespace, name)

    def _need_reader(self) -> Reader:
        if self._reader is None:
            raise TypeError("this handler has no adapter: give on(…, adapterClass=…)")
        return self._reader

    def listen(self, *args: Any, timeout: float | None = None) -> list[Any]:
        """Wait for messages of the handler's adapter; see ``OpenERPNameSpace.listen``."""
        return self._need_reader().listen(*args, timeout=timeout)

    def validate(self, ok: bool = True) -> None:
        """Say whether the messages are done with; False: ``listen`` returns them again."""
        self._need_reader().validate(ok)

    def emit(self, event: str, *args: Any, callback: Callable[..., Any] | None = None) -> None:
        """Send an event; it belongs to the messages of the last ``listen``."""
        if self._reader is not None:
            self._reader.emit(event, args, callback)
        else:
            self.namespace.socket.emit(event, args, callback)

    def secure_emit(self, event: str, *args: Any) -> bool:
        """Emit, and wait until the client's handlers have returned."""
        if self._reader is None:
            return self.namespace.secure_emit(event, *args)
        return self._reader.secure_emit(event, *args)

    def end(self, give_up: bool = False) -> Since | None:
        """Stop listening; returns where a successor would start."""
        return self._reader.leave(give_up) if self._reader is not None else None


class LongPollingNameSpace(OpenERPNameSpace):
    """The namespace ``/longpolling``: one socket per client for all addons."""

    handlers: list[Handler] = []
    declared: list[Subscription] = []

    def __init__(self, environ: dict[str, Any], ns_name: str, request: Any = None) -> None:
        super().__init__(environ, ns_name, request)
        self._running: dict[Any, Handler] = {}  # by job

    @classmethod
    def on(
        cls,
        event: str,
        adapterClass: type[AbstractAdapter] | None = None,
        eventtype: str = "on",
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Bind a function to the shared namespace; several may be bound to one event.

        :param event: its name; for ``connect`` and ``disconnect`` only a label.
        :param adapterClass: what ``session.listen`` listens with; such a function runs as a job.
        :param eventtype: ``'on'``: called with the session and the client's arguments;
            ``'connect'``: once the session is validated; ``'disconnect'``: when the client is gone.
        :raises ValueError: for another event type.
        """
        if eventtype not in EVENT_TYPES:
            raise ValueError(f"eventtype is one of {EVENT_TYPES}, not {eventtype!r}")
        if adapterClass is not None:
            check_adapter(adapterClass)

        def bind(function: Callable[..., Any]) -> Callable[..., Any]:
            cls.handlers.append(Handler(event, function, adapterClass, eventtype))
            return function

        return bind

    @classmethod
    def add_subscription(
        cls,
        event: str,
        adapterClass: type[AbstractAdapter],
        args: Callable[[OdooSession], Sequence[Any]] = lambda session: (),
        acknowledged: bool = False,
    ) -> None:
        """Send each message that an adapter chooses to every client, without a handler.

        :param event: that the client receives.
        :param adapterClass: chooses and formats.
        :param args: a function of the session that returns the adapter's arguments.
        :param acknowledged: send each message again until the client acknowledges it.
        """
        cls.declared.append(Subscription(event, adapterClass, args, acknowledged))

    def get_subscriptions(self) -> list[Subscription]:
        registry = self.session.registry()
        addons = [(one, addon_of(one.adapterClass)) for one in self.declared]
        installed = [one for one, addon in addons if compat.is_installed(registry, addon)]
        return [*self.subscriptions, *installed]

    def _handlers(self, eventtype: str, event: str | None = None) -> list[Handler]:
        """The handlers whose addon is installed in the client's database."""
        candidates = [h for h in self.handlers if h.eventtype == eventtype]
        candidates = [h for h in candidates if event in (None, h.event)]
        if not candidates:
            return []
        registry = self.session.registry()
        return [h for h in candidates if compat.is_installed(registry, addon_of(h.function))]

    def recv_session(self) -> None:
        for handler in self._handlers("connect"):
            self.spawn(self._listen, handler, self.socket.progress.mark)

    def recv_disconnect(self) -> None:
        if self.socket.scope is None:
            return
        for handler in self._handlers("disconnect"):
            try:
                handler.function(HandlerSession(self, handler))
            except Exception:
                _logger.exception("handler %s failed", handler.name)

    def end_uninstalled(self, installed: Callable[[str | None], bool]) -> None:
        for job, handler in list(self._running.items()):
            if not installed(addon_of(handler.function)):
                job.kill()
        super().end_uninstalled(installed)

    def _listen(self, handler: Handler, since: Since | None, *args: Any) -> None:
        """Run a handler as a job."""
        job = self.socket.runtime.current()
        self._running[job] = handler
        try:
            self._run(handler, since, args)
        finally:
            del self._running[job]

    def _run(self, handler: Handler, since: Since | None, args: Sequence[Any]) -> None:
        """Call a handler; one that fails while it listens takes up again where it was."""
        pause, failures = 1.0, 0
        while self.socket.gone is None:
            session = HandlerSession(self, handler, since)
            try:
                handler.function(session, *args)
                return
            except Exception:
                _logger.exception("handler %s failed", handler.name)
                if handler.adapter is None:
                    return
                failures += 1
                stuck = failures >= self.socket.settings.max_attempts
                before, since = since, session.end(give_up=stuck)
                failures = 0 if stuck or since != before else failures
            finally:
                session.end()
            self.socket.runtime.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(60.0, pause * 2)

    def process_event(self, packet: dict[str, Any]) -> Any:
        """Call the functions bound to an event, else the method ``on_<event>``.

        The first value that is not None acknowledges the event; functions with an adapter run as
        jobs and return nothing.
        """
        allowed = self.is_method_allowed(f"on_{packet['name'].replace(' ', '_')}")
        handlers = self._handlers("on", packet["name"]) if allowed else []
        if not handlers:
            return super().process_event(packet)
        results = [self._call(handler, packet) for handler in handlers]
        return next((result for result in results if result is not None), None)

    def _call(self, handler: Handler, packet: dict[str, Any]) -> Any:
        if handler.adapter is not None:
            refused = self.check_args(handler.function, packet, [None, *packet["args"]])
            if refused is None:
                self.spawn(self._listen, handler, None, *packet["args"])
            return refused
        args = [HandlerSession(self, handler), *packet["args"]]
        return self.call_checked(handler.function, packet, args)


on = LongPollingNameSpace.on

SocketIO.add_namespace("/longpolling", LongPollingNameSpace)
