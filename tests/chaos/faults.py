"""The faults. Each returns when what it took away is there again."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos import clusters
from tests.chaos.forged import forgeries
from tests.chaos.site import DATABASE, Site

Inject = Callable[[Site], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of the table.

    :param name: what happens.
    :param inject: makes it happen.
    :param quick: part of ``make chaos-quick``.
    :param told: some clients have to be told that they cannot be caught up.
    """

    name: str
    inject: Inject
    quick: bool = False
    told: bool = False


FAULTS: list[Fault] = []


def fault(
    name: str, *, quick: bool = False, told: bool = False
) -> Callable[[Inject], Inject]:
    """Enter a function into the table."""

    def enter(inject: Inject) -> Inject:
        FAULTS.append(Fault(name, inject, quick, told))
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


@fault("connections to PostgreSQL refused 5 s")
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


@fault("database dropped and created anew", told=True)
def database_dropped(site: Site) -> None:
    with site.quiet():
        site.postgres.drop_database(DATABASE)
        site.create_database()


@fault("dumped, restored where xids are higher", told=True)
def restored_higher(site: Site) -> None:
    with site.quiet():
        clusters.dump_and_restore(site, higher=True)


@fault("dumped, restored where xids are lower", told=True)
def restored_lower(site: Site) -> None:
    with site.quiet():
        clusters.dump_and_restore(site, higher=False)


@fault("replaced by its duplicate by template", told=True)
def duplicated(site: Site) -> None:
    with site.quiet():
        site.postgres_proxy.refuse()
        clusters.duplicate_by_template(site)
        site.postgres_proxy.allow()


@fault("standby promoted", told=True)
def promoted(site: Site) -> None:
    with site.quiet():
        clusters.promote_standby(site)


@fault("publisher killed between COMMIT and NOTIFY", quick=True)
def publisher_killed(site: Site) -> None:
    with site.quiet():
        time.sleep(2)  # the read that settles what was heard last would find it
        unheard = site.publishers.one([0] * 5, defer=True)
        if not site.tally.wait_for(unheard[-1], 10.0):
            site.problems.append(f"{unheard[-1]} not found by the poll")


@fault("messages of 7,999, 8,000 and 1,000,000 bytes", quick=True)
def sizes(site: Site) -> None:
    for size in (7_000, *range(7_600, 7_800, 7), 7_999, 8_000, 999_900, 1_000_000):
        site.publishers.one([0, 1, 2, 3], size=size)


@fault("25 hostile and forged payloads on the channel", quick=True)
def forged(site: Site) -> None:
    genuine = site.signed()
    for payload in forgeries(genuine, genuine).values():
        site.notify(payload)


@fault("log trimmed under an absent client", told=True)
def trimmed(site: Site) -> None:
    absent = site.clients.pop()
    stored = absent.close()
    site.publishers.one([0] * 50)
    with site.quiet(absent=absent.name):
        time.sleep(7)  # the server reads at least each 5 s, and may only trim what it has read
        retention = site.sql("SELECT value FROM web_socketio_meta WHERE key = 'retention'")
        site.sql("UPDATE web_socketio_meta SET value = '0' WHERE key = 'retention'")
        while site.sql("SELECT count(*) FROM web_socketio_log") != "0":
            site.sql("SELECT web_socketio_trim()")
        site.sql(f"UPDATE web_socketio_meta SET value = '{retention}' WHERE key = 'retention'")
    for client in site.clients:
        client.drop()  # they stood idle for longer than the retention, and missed nothing
    site.open_page(absent.name, absent.user, stored).wait_positions()


# -- the server ----------------------------------------------------------------------------------


@fault("server ended (SIGTERM) and started", quick=True)
def server_restarted(site: Site) -> None:
    site.server.stop()
    site.server.start()


@fault("server killed (SIGKILL) and started", quick=True)
def server_killed(site: Site) -> None:
    site.server.kill()
    site.server.start()


@fault("server killed (SIGKILL) while it polls a busy log", quick=True)
def killed_while_it_polls(site: Site) -> None:
    with site.publishers.rush():
        server_killed(site)
    time.sleep(0.5)  # publishers still rely on the promise


@fault("one of two servers killed (SIGKILL)", quick=True)
def one_of_two_killed(site: Site) -> None:
    other = site.start_server()
    site.client_proxy.upstream = other.port
    for client in site.clients[::2]:
        client.drop()
    site.server.kill()
    site.server = other


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


@fault("client network cut 60 s")
def clients_cut_long(site: Site) -> None:
    site.client_proxy.refuse()
    time.sleep(60)
    site.client_proxy.allow()


@fault("client network half-open")
def clients_frozen(site: Site) -> None:
    site.client_proxy.freeze()


@fault("a client that does not read", quick=True)
def slow_client(site: Site) -> None:
    slow = site.clients[0]
    slow.stall(True)
    for _ in range(5):
        site.publishers.one([0] * 10, size=100_000)
    slow.stall(False)
