"""The namespace of Odoo: a validated session, the ORM, and messages to listen to."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from odoo.api import Environment
from odoo.exceptions import RedirectWarning, UserError

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.log.publisher import publish
from pgsocketio.reader import Reader

from . import compat
from .authentication import AuthenticatedNameSpace
from .environment import ModelProxy
from .web_socketio import addon_of

_logger = logging.getLogger(__name__)


class OpenERPNameSpace(AuthenticatedNameSpace):
    """One client of Odoo on one namespace.

    Until the Odoo session is validated only ``on_session_id``, connect and disconnect are called; a
    browser brings it as cookie, so there it is validated before :meth:`recv_connect`.

    :cvar auth: who may be here: ``'user'`` (default): employees; ``'portal'``: whoever can log in;
        ``'public'``: everybody, a visitor too, as the website's public user.
    :cvar adapterClass: the adapter of :meth:`listen`, unless it is given one.
    """

    adapterClass: type[AbstractAdapter] | None = None

    def on_allowed_company_ids(self, company_ids: Any) -> list[int]:
        """The user selected other companies; returns those that were taken."""
        return self.session.select_companies(company_ids)

    # -- the ORM -----------------------------------------------------------------------------

    def model(self, name: str) -> ModelProxy:
        """A model whose methods are called as the user, each in a transaction of its own."""
        return self.session.model(name)

    def environment(self) -> AbstractContextManager[Environment]:
        """An environment for several calls in one transaction."""
        return self.session.environment()

    def notify(self, channel: str, **values: Any) -> None:
        """Publish a message, in a transaction of its own.

        Delivery: to every listener that is there or comes back within the retention.

        :raises NotEncodable: naming the key that cannot travel.
        """
        database, uid = self.session.database, self.session.uid
        with database.cursor() as cursor:
            publish(cursor, channel, values, uid=uid)

    # -- messages ----------------------------------------------------------------------------

    def listen(
        self,
        *args: Any,
        adapterClass: type[AbstractAdapter] | None = None,
        timeout: float | None = None,
    ) -> list[Any]:
        """Wait for messages. Each job has a mailbox of its own.

        :param args: handed to the adapter; an adapter class as the first is the adapter.
        :param adapterClass: default: the attribute of the class.
        :param timeout: seconds, None: for ever.
        :returns: messages as the adapter formats them, in order; empty when time is over.
        :raises TypeError: without adapter.
        """
        if args and isinstance(args[0], type) and issubclass(args[0], AbstractAdapter):
            adapterClass, args = args[0], args[1:]
        adapter = adapterClass or self.adapterClass
        if adapter is None:
            raise TypeError("listen() needs an adapter: give adapterClass=, or set the attribute")
        return self.socket.jobs.reader(adapter).listen(*args, timeout=timeout)

    def _reader(self) -> Reader | None:
        return self.socket.jobs.current_reader()

    def validate(self, ok: bool = True) -> None:
        """Say whether the messages of the last :meth:`listen` are done with.

        :param ok: False: the next ``listen`` returns them again.
        """
        reader = self._reader()
        if reader is not None:
            reader.validate(ok)

    def emit(self, event: str, *args: Any, callback: Callable[..., Any] | None = None) -> None:
        reader = self._reader()
        if reader is not None:
            reader.emit(event, args, callback)
        else:
            self.socket.emit(event, args, callback)

    def secure_emit(self, event: str, *args: Any) -> bool:
        """Emit, and wait until the client's handlers have returned.

        Delivery: what :meth:`listen` returned stays until it is acknowledged, and comes again.

        :returns: whether the client acknowledged.
        """
        reader = self._reader()
        if reader is not None:
            return reader.secure_emit(event, *args)
        return self.socket.emit_and_wait(event, args)

    def end_uninstalled(self, installed: Callable[[str | None], bool]) -> None:
        """End what listens here with adapters of addons that are not installed any more.

        :param installed: tells of an addon.
        """
        self.socket.listeners.end(lambda adapter: not installed(addon_of(adapter)))

    # -- errors ------------------------------------------------------------------------------

    def exception_handler(self, error: Exception, method_name: str) -> dict[str, str]:
        """What a client may know: the text of a UserError, and nothing of other exceptions."""
        if isinstance(error, (RedirectWarning, UserError)):
            text = compat.message_of(error, lambda: self.session.context["lang"])
            return {"name": type(error).__name__, "message": text}
        if compat.is_concurrency_error(error):
            _logger.warning("%s.%s gave up: %s", type(self).__qualname__, method_name, error)
            return {"name": "ConcurrencyError", "message": "try again"}
        if compat.is_away(error):
            _logger.warning("%s.%s: %s", type(self).__qualname__, method_name, error)
            text = "The database cannot be reached now. Try again in a moment."
            return {"name": "Unavailable", "message": text}
        return super().exception_handler(error, method_name)
