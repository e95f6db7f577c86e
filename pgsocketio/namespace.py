"""The namespace of gevent-socketio: one instance per connection, one method per event."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from pgsocketio.adapter import AbstractAdapter
    from pgsocketio.scope import Scope
    from pgsocketio.socket import NamespaceSocket
    from pgsocketio.subscription import Subscription

logger = logging.getLogger("pgsocketio.namespace")

_EVENT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_ ]{0,127}", re.ASCII)


_signatures: WeakKeyDictionary[Callable[..., Any], inspect.Signature] = WeakKeyDictionary()


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a function or method; that of a method is made once for all instances."""
    shared = getattr(function, "__func__", None)
    if shared is None:
        return inspect.signature(function)
    signature = _signatures.get(shared)
    if signature is None:
        signature = _signatures[shared] = inspect.signature(function)
    return signature


class Refused(NamedTuple):
    """What dispatch returns for an event that no method took; the client was told."""

    name: str
    message: str


class BaseNamespace:
    """One client on one namespace.

    Subclass it; an event named ``my event`` calls ``on_my_event`` with the client's arguments, and
    what that returns acknowledges the event (a tuple: several values). A method whose only
    parameter is named ``packet`` receives the whole packet instead. Events of one client are
    handled one after the other; use :meth:`spawn` for what takes long.

    :param environ: mapping whose ``'socketio'`` is the connection.
    :param ns_name: name of the namespace, such as ``/chat``.
    :param request: whatever the framework passes along.
    :cvar subscriptions: messages that every client of the namespace receives as events.
    """

    subscriptions: ClassVar[Sequence[Subscription]] = ()

    def __init__(self, environ: dict[str, Any], ns_name: str, request: Any = None) -> None:
        self.socket: NamespaceSocket = environ["socketio"]
        self.ns_name = ns_name
        self.request = request
        self.allowed_methods: set[str] | None = None
        self.reset_acl()

    # -- for subclasses ----------------------------------------------------------------------

    def initialize(self) -> None:
        """Called once the instance exists, before :meth:`recv_connect`."""

    def authenticate(self, auth: dict[str, Any]) -> None:
        """Called before the client is let in.

        :param auth: what the client sent with its CONNECT.
        :raises ConnectRefused: to refuse it.
        """

    def get_scope(self) -> Scope | None:
        """Whose rooms, broadcasts and messages this client shares; None: not known yet."""
        return self.socket.server.scope

    def may_wait(self) -> bool:
        """Whether a client without scope may stay longer than the time to authenticate."""
        return False

    def get_user(self) -> str | None:
        """Names the client's user to those who run the server; None: nobody, or not known."""
        return None

    def admitted(self) -> None:
        """Called once, when the client was let into its scope: rooms and messages work now."""

    def recv_connect(self) -> None:
        """Called when the client has connected to this namespace."""

    def recv_disconnect(self) -> None:
        """Called when the client is gone, for whatever reason; jobs end after it."""

    def recv_message(self, data: Any) -> None:
        """Called for the event ``message`` with text (socket.io's ``send``)."""

    def recv_json(self, data: Any) -> None:
        """Called for the event ``message`` with anything but text."""

    def recv_error(self, packet: dict[str, Any]) -> None:
        """Called for the event ``error`` of the client."""

    def exception_handler(self, error: Exception, method_name: str) -> dict[str, str]:
        """Turn an exception of a handler into what the client may know of it.

        :returns: ``{'name', 'message'}``.
        """
        logger.error(
            "%s.%s failed", type(self).__qualname__, method_name, exc_info=error
        )
        return {"name": "Error", "message": "Internal error"}

    # -- the connection ----------------------------------------------------------------------

    @property
    def environ(self) -> dict[str, Any]:
        """The WSGI environ of the handshake, built anew at each access."""
        return self.socket.environ

    @property
    def session(self) -> Any:
        """Shared by all namespaces of a connection."""
        return self.socket.session

    def emit(self, event: str, *args: Any, callback: Callable[..., Any] | None = None) -> None:
        """Send an event to the client. Delivery: at most once.

        :param event: its name.
        :param args: JSON values; bytes travel as binary attachments.
        :param callback: called with the client's acknowledgement.
        :raises NotEncodable: naming the argument that cannot travel.
        """
        self.socket.emit(event, args, callback)

    def send(
        self, message: Any, json: bool = False, callback: Callable[..., Any] | None = None
    ) -> None:
        """Send the event ``message``.

        :param json: kept from gevent-socketio; anything but text travels as JSON anyhow.
        """
        self.emit("message", message if json or isinstance(message, bytes) else str(message),
                  callback=callback)

    def error(
        self, error_name: str, error_message: str, msg_id: int | None = None, quiet: bool = False
    ) -> None:
        """Send the event ``error`` with name and text.

        :param msg_id: kept from gevent-socketio, of no effect.
        :param quiet: only log it.
        """
        logger.info("%s to a client of %s: %s", error_name, self.ns_name, error_message)
        if not quiet:
            self.emit("error", error_name, error_message)

    def disconnect(self, silent: bool = False) -> None:
        """Disconnect the client from this namespace; official clients stay away then.

        :param silent: do not tell the client.
        """
        self.socket.disconnect(silent=silent)

    # -- messages ----------------------------------------------------------------------------

    def get_subscriptions(self) -> Sequence[Subscription]:
        """The subscriptions that this client starts with: those of the class."""
        return self.subscriptions

    def subscribe(
        self,
        event: str,
        adapterClass: type[AbstractAdapter],
        *args: Any,
        acknowledged: bool = False,
    ) -> None:
        """Send each message that an adapter chooses to the client as an event, from now on.

        The same subscription twice is one. See ``Subscription`` for the delivery guarantee.

        :param event: its name.
        :param adapterClass: chooses and formats.
        :param args: handed to the adapter.
        :param acknowledged: send each message again until the client acknowledges it.
        """
        self.socket.listeners.subscribe(event, adapterClass, args, acknowledged)

    def unsubscribe(self, event: str, adapterClass: type[AbstractAdapter], *args: Any) -> None:
        """End what :meth:`subscribe` began with the same arguments."""
        self.socket.listeners.unsubscribe(event, adapterClass, args)

    # -- rooms -------------------------------------------------------------------------------

    def join(self, room: str) -> None:
        """Enter a room of this namespace (and database)."""
        self.socket.join(room)

    def leave(self, room: str) -> None:
        """Leave a room; one never entered too."""
        self.socket.leave(room)

    def emit_to_room(self, room: str, event: str, *args: Any) -> None:
        """Send an event to everyone else in a room, at every server process of the database."""
        self.socket.emit_all(event, args, room=room, skip_self=True)

    def broadcast_event(self, event: str, *args: Any) -> None:
        """Send an event to everyone on this namespace, at every server process of the database."""
        self.socket.emit_all(event, args)

    def broadcast_event_not_me(self, event: str, *args: Any) -> None:
        """As :meth:`broadcast_event`, without this client."""
        self.socket.emit_all(event, args, skip_self=True)

    # -- jobs --------------------------------------------------------------------------------

    def spawn(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run something beside the events; it ends with the connection.

        :returns: the job, with ``kill()``.
        """
        return self.socket.jobs.spawn(fn, *args, **kwargs)

    def kill_local_jobs(self) -> None:
        """End all that :meth:`spawn` started."""
        self.socket.jobs.kill()

    # -- access to methods -------------------------------------------------------------------

    def get_initial_acl(self) -> Iterable[str] | None:
        """Names of the methods that a client may call at first; None: all ``on_`` and ``recv_``."""
        return None

    def reset_acl(self) -> None:
        """Back to :meth:`get_initial_acl`."""
        initial = self.get_initial_acl()
        self.allowed_methods = None if initial is None else set(initial)

    def add_acl_method(self, method_name: str) -> None:
        """Allow one more method."""
        if self.allowed_methods is None:
            self.allowed_methods = set()
        self.allowed_methods.add(method_name)

    def del_acl_method(self, method_name: str) -> None:
        """Allow one method less.

        :raises ValueError: when everything is allowed, so nothing can be taken away.
        """
        if self.allowed_methods is None:
            raise ValueError("no list of allowed methods: return one from get_initial_acl()")
        self.allowed_methods.discard(method_name)

    def lift_acl_restrictions(self) -> None:
        """Allow all methods."""
        self.allowed_methods = None

    def is_method_allowed(self, method_name: str) -> bool:
        """Whether the client may call a method now."""
        return self.allowed_methods is None or method_name in self.allowed_methods

    # -- dispatch ----------------------------------------------------------------------------

    def process_packet(self, packet: dict[str, Any]) -> Any:
        """Call what belongs to a packet.

        :param packet: ``{'type', 'endpoint', 'id', 'ack', …}`` as gevent-socketio shaped it;
            ``type`` is one of event, message, json, connect, disconnect, error, ack.
        :returns: what the method returned.
        """
        kind = packet["type"]
        if kind == "event":
            return self.process_event(packet)
        if kind in ("message", "json"):
            return self.call_method_with_acl(f"recv_{kind}", packet, packet["data"])
        if kind == "error":
            return self.call_method_with_acl("recv_error", packet, packet)
        if kind in ("connect", "disconnect"):
            return self.call_method_with_acl(f"recv_{kind}", packet)
        if kind == "ack":
            return self.socket.acknowledged(packet["ackId"], packet["args"])
        raise ValueError(f"no such type of packet: {kind!r}")

    def process_event(self, packet: dict[str, Any]) -> Any:
        """Call the method of an event: spaces in its name become underscores."""
        name, args = packet["name"], packet["args"]
        if not _EVENT_NAME.fullmatch(name):
            text = "the name of an event is letters, digits, _ and spaces, 128 at most"
            return self._refuse("unallowed_event_name", text, packet)
        return self.call_method_with_acl(f"on_{name.replace(' ', '_')}", packet, *args)

    def call_method_with_acl(self, method_name: str, packet: dict[str, Any], *args: Any) -> Any:
        """As :meth:`call_method`, when the client may call it now."""
        if not self.is_method_allowed(method_name):
            text = f'You do not have access to method "{method_name}"'
            return self._refuse("method_access_denied", text, packet)
        return self.call_method(method_name, packet, *args)

    def call_method(self, method_name: str, packet: dict[str, Any], *args: Any) -> Any:
        """Call a method with a client's arguments, checked against its signature."""
        method = getattr(self, method_name, None)
        if not callable(method):
            text = f'The method "{method_name}" was not found'
            return self._refuse("no_such_method", text, packet)
        if list(_signature(method).parameters) == ["packet"]:
            return method(packet)
        return self.call_checked(method, packet, args)

    def call_checked(
        self, function: Callable[..., Any], packet: dict[str, Any], args: Sequence[Any]
    ) -> Any:
        """Call a function with a client's arguments, when they fit its signature."""
        return self.check_args(function, packet, args) or function(*args)

    def check_args(
        self, function: Callable[..., Any], packet: dict[str, Any], args: Sequence[Any]
    ) -> Refused | None:
        """Tell the client when its arguments do not fit a function's signature."""
        try:
            _signature(function).bind(*args)
        except TypeError as error:
            return self._refuse("invalid_method_args", f'"{packet["name"]}": {error}', packet)
        return None

    def _refuse(self, name: str, message: str, packet: dict[str, Any]) -> Refused:
        """Tell the client that no method took its event: where it asked, with the answer."""
        self.error(name, message, quiet=packet.get("id") is not None)
        return Refused(name, message)
