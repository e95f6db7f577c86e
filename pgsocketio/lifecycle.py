"""From the listening socket to the end: what every server process does alike."""

from __future__ import annotations

import gc
import logging
import resource
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import gevent

from pgsocketio.engine import Engine, EngineSettings
from pgsocketio.errors import ConfigError
from pgsocketio.server import Server
from pgsocketio.settings import ServerSettings

logger = logging.getLogger("pgsocketio.lifecycle")

_LOOK = 5.0  # seconds between two looks whether many connections are gone
_MANY = 10_000  # connections; some 3 KB each, and a collection keeps all others waiting
_TICK = 0.02  # seconds between two looks while ending
_CROWD = 100  # connections, above which closes are spread: they all come back, elsewhere
_SPREAD = 0.4  # part of the budget over which
_SOCKETS = 2  # TCP sockets for each connection: a poll, and a POST beside it
_SPARE_FILES = 256  # descriptors for all but clients; a quarter, where there are few
_PATIENCE = 0.8  # part of the budget after which nothing is waited for any more


def spare_collector() -> None:
    """Have Python's garbage collector run seldom, and not look at what is loaded now.

    Clients come in thousands and stay: by default every few of them would have all others looked
    at again, and nobody served meanwhile.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def collect_gone(engine: Engine, sleep: Callable[[float], None]) -> None:
    """Free what connections were made of that are gone; for ever.

    They refer to themselves, so it takes a whole collection, which :func:`spare_collector` puts off
    for a hundred thousand clients. It looks at all who are there, for 0.1 s where these are 2,500
    of Odoo: as many have to be gone.

    :param sleep: gives way for some seconds.
    """
    collected = 0
    while True:
        sleep(_LOOK)
        there = len(engine.connections)
        gone = engine.counters["opened"] - there
        if gone - collected >= max(_MANY, there):
            gc.collect()
            collected = gone


def engine_settings(values: Mapping[str, Any], **others: Any) -> EngineSettings:
    """The settings of the transport.

    :param values: of the options, by name; those that options have are taken.
    :param others: fields that no option has.
    :raises ConfigError: naming the field.
    """
    try:
        return EngineSettings(
            **_chosen(EngineSettings, values),
            max_sockets=_SOCKETS * values["max_connections"],
            max_sockets_per_address=_SOCKETS * values["max_connections_per_address"],
            allowed_origins=values["allow_origin"],
            trusted_proxies=values["trusted_proxy"],
            **others,
        )
    except ValueError as error:
        raise ConfigError(str(error)) from error


def within_descriptors(settings: EngineSettings) -> EngineSettings:
    """Lower the bound of sockets, so that PostgreSQL and files find descriptors, too.

    The limit of open files is raised as far as this process may. Source: getrlimit(2).
    """
    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit != most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    room = most - min(_SPARE_FILES, most // 4)
    if most == resource.RLIM_INFINITY or room >= settings.max_sockets:
        return settings
    if room < settings.max_connections:  # no fault until so many come; then a warning says so
        logger.info(
            "there is room for %d connections, not %d, as %d files may be open (LimitNOFILE in "
            "systemd, ulimit -n)", room, settings.max_connections, most
        )  # fmt: skip
    return replace(settings, max_sockets=room)


def server_settings(values: Mapping[str, Any]) -> ServerSettings:
    """The settings of the Socket.IO server.

    :param values: of the options, by name; those that options have are taken.
    """
    chosen = _chosen(ServerSettings, values)
    return ServerSettings(**chosen, position_interval=values["ping_interval"])


def _chosen(settings: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are fields of a dataclass of settings."""
    return {each.name: values[each.name] for each in fields(settings) if each.name in values}


class Lifecycle:
    """Listens, and ends in order.

    :param budget: seconds to end in.
    """

    def __init__(self, server: Server, engine: Engine, budget: float) -> None:
        self._server, self._engine, self._budget = server, engine, budget
        self.url: str | None = None

    def listen(self, interface: str, port: int) -> str:
        """Bind and start to accept.

        :param interface: name or address; '' for all.
        :param port: 0 for a free one.
        :returns: URL of the server.
        :raises ConfigError: when the port is taken, or the address is none of this machine's.
        """
        try:
            port = self._engine.listen(interface, port)
        except OSError as error:
            raise ConfigError(f"cannot listen on {interface}:{port}: {error.strerror}") from error
        host = f"[{interface}]" if ":" in interface else interface
        self.url = f"http://{host}:{port}"
        return self.url

    def about(self) -> dict[str, Any]:
        """What a server tells its databases of itself, see :class:`pgsocketio.nodes.NodeReport`."""
        connections = len(self._engine.connections)
        return {
            "address": self.url, "connections": connections, "draining": self._server.draining
        }  # fmt: skip

    def drain(self) -> None:
        """End within the budget: accept nobody, let handlers finish, close the transports.

        Delivery: transports are closed, never namespaces, so that every client comes back by
        itself, here or to another server; what a versioned one had not received follows then.
        """
        engine, server = self._engine, self._server
        logger.info("ending: %d connections are closed", len(engine.connections))
        server.draining = True
        engine.stop_accepting()
        with gevent.Timeout(max(0.1, self._budget * _PATIENCE), False):
            self._let_go()
        engine.stop()
        for database in server.databases.values():
            database.stop()

    def _let_go(self) -> None:
        """Close the idle at once or spread, the others as soon as their handlers have returned."""
        engine, server = self._engine, self._server
        connections = list(engine.connections.values())
        over = self._budget * _SPREAD if len(connections) > _CROWD else 0.0
        busy = [connection for connection in connections if connection.data.busy]
        engine.close_all(over, [each for each in connections if not each.data.busy])
        while True:
            gevent.sleep(_TICK)
            for connection in busy:
                if not connection.closed and not connection.data.busy:
                    connection.leave()
            if not engine.connections and not server.running:
                return
