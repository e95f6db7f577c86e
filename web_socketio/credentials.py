"""Whose credentials these are: an Odoo session's, an API key's, or those of a visitor."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from pgsocketio.errors import ConnectRefused
from pgsocketio.rates import TokenBuckets

from . import compat, compat_auth, compat_sessions
from .session import OdooSession, accepted

if TYPE_CHECKING:
    from oe_web_socketio.databases import OdooDatabase

Databases = dict[str, "OdooDatabase"]

MAX_KEY = 200
"""Characters of an API key that are looked at; Odoo's have 40."""


class Denied(Exception):
    """Credentials are not good; the text is for the log.

    :param answer: what the client is told.
    """

    def __init__(self, reason: str, answer: str = "session expired") -> None:
        super().__init__(reason)
        self.answer = answer


class _Turn:
    """A lock that is forgotten with its last user; a bare one cannot be referred to weakly."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


class Gate:
    """What holds for all authentications of a process.

    :ivar any_scope: take API keys without scope too.
    """

    def __init__(self, any_scope: bool = False, failures: int = 60) -> None:
        self.any_scope = any_scope
        self.limit_failures(failures)
        self._turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()

    def limit_failures(self, failures: int) -> None:
        """Bound the failures of one address.

        :param failures: at once, and per minute.
        """
        self._failures = TokenBuckets(failures / 60, failures, time.monotonic)

    @contextlib.contextmanager
    def turn(self, address: str) -> Iterator[None]:
        """One after the other of an address: of many that try at once, the first ones count."""
        turn = self._turns.setdefault(address, _Turn())
        with turn.lock:
            yield

    def is_closed(self, address: str) -> bool:
        """Whether an address failed too often; it may try again a little later."""
        return self._failures.is_empty(address)

    def failed(self, address: str) -> None:
        """Credentials of an address were not good."""
        self._failures.take(address)


gate = Gate()


def open_session(databases: Databases, sid: Any, host: str) -> OdooSession | None:
    """The session of an id.

    :param databases: those that this server serves, by name.
    :param host: that the client asked for; Odoo's db filter looks at it.
    :returns: None for a visitor's own session, also while its login lacks the second factor.
    :raises Denied: when Odoo does not accept it.
    :raises ConnectRefused: for a session of a database that is not served.
    :raises TemporarilyUnavailable: when its database is away.
    """
    found = compat_sessions.load_session(sid)
    if found is None:
        raise Denied("there is no such session")
    if not found.uid:
        return None
    if not found.db or not compat_auth.host_allows(found.db, host):
        raise Denied(f"the host {host[:100]!r} may not see the session's database {found.db!r}")
    database = databases.get(found.db)
    if database is None:
        raise ConnectRefused("this server does not serve the database of the session")
    database.need_ready()
    session = OdooSession(database, found.sid, found.uid, found.login)
    with database.cursors.slot(), compat.root_environment(database.name) as env:
        if not accepted([session], env):
            raise Denied(f"the session of user {found.uid} in {found.db!r} is not valid any more")
    return session


def open_key(databases: Databases, key: Any, wanted: Any, host: str) -> OdooSession:
    """A session of the user of an API key.

    :param wanted: name of the database; None where there is but one.
    :param host: that the client asked for; Odoo's db filter looks at it.
    :raises Denied: when Odoo does not accept the key, or not for this server.
    :raises TemporarilyUnavailable: when the database is away.
    """
    answer = "invalid API key"
    if not (isinstance(key, str) and len(key) <= MAX_KEY and key.isascii() and key.isalnum()):
        raise Denied("what came is no API key", answer)
    database = choose_database(databases, host, wanted)
    if database is None:
        text = "no database for the API key; if there are several, name one in auth.db"
        raise Denied(text, text)
    database.need_ready()
    with database.cursors.slot(), compat.root_environment(database.name) as env:
        found = compat_auth.find_key(key, env, gate.any_scope)
        if found is None:
            raise Denied(f"no API key of {database.name!r} that is good for this server", answer)
        session = OdooSession(database, None, found[0])
        session.key = found[1]
        session.login = env["res.users"].browse(session.uid).login
        accepted([session], env)
    return session


def open_visitor(databases: Databases, sid: Any, wanted: Any, host: str) -> OdooSession | None:
    """A session of the public user, in the database that Odoo would choose for a visitor.

    :param sid: of the visitor's own session, which may name the database; or None.
    :param wanted: name of the database, where the session names none; or None.
    :param host: that the client asked for; Odoo's db filter and websites look at it.
    :returns: None when that is no database served here.
    :raises TemporarilyUnavailable: when the database is away.
    """
    found = compat_sessions.load_session(sid)
    own = found.db if found else None
    if own and compat_auth.host_allows(own, host):
        wanted = own
    database = choose_database(databases, host, wanted)
    if database is None:
        return None
    database.need_ready()
    with database.cursors.slot(), compat.root_environment(database.name) as env:
        return OdooSession(database, None, compat_auth.public_user(env, host))


def choose_database(databases: Databases, host: str, wanted: Any) -> OdooDatabase | None:
    """The database for a host name, as Odoo's ``Request`` chooses it among those served here.

    :param wanted: its name; None: the only one that Odoo's db filter leaves for the host.
    """
    names = [name for name in databases if not wanted or name == wanted]
    allowed = [name for name in names if compat_auth.host_allows(name, host)]
    return databases[allowed[0]] if len(allowed) == 1 else None
