"""What is gathered, for the judges. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Installation:
    """This machine, as the server and Odoo are started from it.

    :ivar versions: by name.
    :ivar packages: version by name, of those that may be in the way.
    :ivar addon: folder of the addon web_socketio that Odoo finds.
    :ivar own_addon: folder of the one that belongs to this server.
    :ivar conf: Odoo's conf file.
    :ivar sessions: folder of Odoo's sessions.
    """

    versions: Mapping[str, str]
    packages: Mapping[str, str]
    addon: str
    own_addon: str
    conf: str
    proxy_mode: bool
    sessions: str


@dataclass(frozen=True, slots=True)
class Listening:
    """A real NOTIFY from one connection to the LISTEN of another.

    :ivar seconds: until it was heard; None: it was not.
    :ivar pooler: PostgreSQL's process is not the one that the connection was promised.
    :ivar whose: connection it was.
    :ivar error: why there was no such connection.
    """

    seconds: float | None = None
    pooler: bool = False
    whose: str = "Odoo's connection"
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Database:
    """A database of Odoo.

    :ivar server: version of PostgreSQL.
    :ivar schema: version of the message log, 0: none.
    :ivar state: of the addon.
    :ivar version: of the addon in the database.
    :ivar code: version of the addon on the disk.
    :ivar may_publish: whether Odoo's role may.
    :ivar anybody: whether every role may publish.
    :ivar queue: part of the NOTIFY queue that is in use.
    :ivar ahead: seconds that PostgreSQL's clock is ahead of ours.
    """

    name: str
    server: str
    role: str
    standby: bool
    schema: int
    state: str | None
    version: str | None
    code: str
    may_publish: bool
    anybody: bool
    queue: float
    ahead: float


@dataclass(frozen=True, slots=True)
class Server:
    """A realtime server that serves the database.

    :ivar where: host and process id.
    :ivar alive: whether it was heard of in the last 30 seconds.
    :ivar seconds: until it answered; None: it did not.
    :ivar about: what it answered, see :func:`oe_web_socketio.describe.describe`.
    """

    where: str
    address: str | None
    version: str
    state: str
    alive: bool
    error: str | None = None
    restart: tuple[str, ...] = ()
    here: bool = True
    seconds: float | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Address:
    """Where pages and the realtime server are, as browsers see them.

    :ivar page: origin of Odoo's pages.
    :ivar source: where that was found.
    :ivar url: origin of the realtime server.
    :ivar path: of Socket.IO there.
    """

    page: str
    source: str
    url: str
    path: str


@dataclass(frozen=True, slots=True)
class Opened:
    """An attempt to open a transport.

    :ivar failed: what went wrong; None: nothing.
    :ivar status: of HTTP.
    """

    failed: str | None = None
    status: int | None = None
    body: str = ""
