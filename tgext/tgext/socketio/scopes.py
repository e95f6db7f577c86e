"""What the sockets of an application share: rooms, broadcasts, and the channels of its broker."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pgsocketio.errors import ConfigError
from pgsocketio.scope import LocalScope, Scope
from pgsocketio.server import Server

from .brokers import PREFIX, broker_of
from .feeds import FeedHub
from .pubsub import PubSubTGNamespace

if TYPE_CHECKING:
    from pgsocketio.database import Database

    from .postgres import PostgresBroker
    from .sockets import TGServer

logger = logging.getLogger("tgext.socketio")

LOOK = 1.0
"""Seconds between two looks at whether the database is there; shorter outages are not told."""


class ApplicationScope(LocalScope):
    """Rooms and broadcasts of this process, channels of one of anypubsub's brokers."""

    def __init__(self, server: Server, config: Mapping[str, Any]) -> None:
        super().__init__(server)
        self.hub = FeedHub(lambda: broker_of(config), server.runtime)


def scope_of(server: TGServer, config: Mapping[str, Any]) -> Scope:
    """The scope of an application; with the postgres backend a database, followed from now on.

    Rooms and broadcasts then reach the clients of every server process on that database.
    """
    broker = _postgres_broker(config)
    if broker is None:
        return ApplicationScope(server, config)
    database = broker.database(server.runtime, server.members)
    server.databases[database.name] = database
    database.about = server.about
    server.runtime.spawn(database.listener.run)
    server.runtime.spawn(database.trim)
    server.runtime.spawn(database.report.run)
    server.runtime.spawn(_tell_of_outages, server, database)
    return cast("Scope", database)


def _tell_of_outages(server: TGServer, database: Database) -> None:
    """Tell the clients with channels when their database is away, and when it is back."""
    told = True
    while True:
        server.runtime.sleep(LOOK)
        ready = database.listener.ready
        if ready is told:
            continue
        told = ready
        for socket in list(server.members.all()):
            if isinstance(socket.namespace, PubSubTGNamespace):
                socket.namespace.tell_of_broker(ready)


def _postgres_broker(config: Mapping[str, Any]) -> PostgresBroker | None:
    """The application's broker, where it is ours. A broker that cannot be made is told at once."""
    app_globals = config["tg.app_globals"]
    if not (config.get(f"{PREFIX}backend") or getattr(app_globals, "anypubsub", None)):
        return None
    try:
        broker = broker_of(config)
    except ConfigError as error:
        logger.error("%s", error)
        return None
    return broker if hasattr(broker, "database") else None
