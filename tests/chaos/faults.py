"""The faults. Each returns when what it took away is there again."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.site import Site

Inject = Callable[[Site], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of the table.

    :param name: what happens.
    :param inject: makes it happen.
    :param quick: part of ``make chaos-quick``.
    :param another_log: clients have to be told that they cannot be caught up.
    """

    name: str
    inject: Inject
    quick: bool = False
    another_log: bool = False


FAULTS: list[Fault] = []


def fault(
    name: str, *, quick: bool = False, another_log: bool = False
) -> Callable[[Inject], Inject]:
    """Enter a function into the table."""

    def enter(inject: Inject) -> Inject:
        FAULTS.append(Fault(name, inject, quick, another_log))
        return inject

    return enter


# -- the connections to PostgreSQL ---------------------------------------------------------------


@fault("LISTEN backend terminated", quick=True)
def listen_terminated(site: Site) -> None:
    site.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'chaos listen'"
    )


@fault("all backends of the server terminated", quick=True)
def all_terminated(site: Site) -> None:
    site.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name LIKE 'chaos %'"
    )


@fault("connections to PostgreSQL cut", quick=True)
def connections_cut(site: Site) -> None:
    site.postgres_proxy.cut()


@fault("connections to PostgreSQL reset", quick=True)
def connections_reset(site: Site) -> None:
    site.postgres_proxy.reset()


@fault("connections to PostgreSQL refused 5 s", quick=True)
def connections_refused(site: Site) -> None:
    site.postgres_proxy.refuse()
    time.sleep(5)
    site.postgres_proxy.allow()


@fault("connections to PostgreSQL half-open")
def connections_frozen(site: Site) -> None:
    site.postgres_proxy.freeze()


@fault("connections to PostgreSQL half-open, also new ones for 5 s")
def new_connections_frozen(site: Site) -> None:
    site.postgres_proxy.freeze(new_too=True)
    site.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name LIKE 'chaos %'"
    )
    site.postgres_proxy.cut()
    time.sleep(5)
    site.postgres_proxy.allow()


# -- PostgreSQL ----------------------------------------------------------------------------------


@fault("PostgreSQL restarted (fast)", quick=True)
def postgres_restarted(site: Site) -> None:
    site.postgres.stop()
    site.postgres.start()


@fault("PostgreSQL restarted (immediate)", quick=True)
def postgres_crashed(site: Site) -> None:
    site.postgres.child.process.send_signal(signal.SIGQUIT)
    site.postgres.child.process.wait(30)
    site.postgres.start()


# -- the server ----------------------------------------------------------------------------------


@fault("server ended (SIGTERM) and started", quick=True)
def server_restarted(site: Site) -> None:
    site.server.stop()
    site.server.start()


@fault("server killed (SIGKILL) and started", quick=True)
def server_killed(site: Site) -> None:
    site.server.kill()
    site.server.start()


# -- clients -------------------------------------------------------------------------------------


@fault("client network cut 1 s", quick=True)
def clients_cut(site: Site) -> None:
    site.client_proxy.refuse()
    time.sleep(1)
    site.client_proxy.allow()


@fault("pages reloaded", quick=True)
def pages_reloaded(site: Site) -> None:
    for client in list(site.clients):
        site.reload(client)
