"""Several databases in one process: nothing passes from one to the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.integration.clients import Rejected, eventually
from tests.integration.conftest import QUICK, Connect
from tests.integration.site import Login, Site
from tests.support.servers import RealtimeServer
from tools.odoo import OdooInstance

Publish = Callable[..., int]


@pytest.fixture(scope="module")
def second_db(new_db: Callable[[], str]) -> str:
    """A database with the test addon, with the same users under the same ids."""
    return new_db()


@pytest.fixture(scope="module")
def bare_db(clone_odoo_db: Callable[[], str], realtime_template: str) -> str:
    """A database without the test addon."""
    return clone_odoo_db()


@pytest.fixture(scope="module")
def both(
    instance: OdooInstance, db: str, second_db: str, bare_db: str
) -> Iterator[RealtimeServer]:
    """One server process for all three."""
    with RealtimeServer(instance, f"{db},{second_db},{bare_db}", *QUICK) as server:
        yield server


def test_each_hears_only_its_own_database(
    connect: Connect, both: RealtimeServer, site: Site, second_db: str, publish: Publish, topic: str
) -> None:
    here = connect("demo", server=both)
    there = connect(site.user("demo", second_db), server=both)
    assert here.wait_for("welcome") == [[site.user("demo").uid(), site.db]]
    assert there.wait_for("welcome") == [[site.user("demo").uid(), second_db]], "the same uid"
    for client in (here, there):
        client.call("follow", "Topic", topic)
        client.call("join", topic)
    publish(topic=topic, n=1)
    publish(topic=topic, n=2, db=second_db)
    assert here.wait_for("batch") == [[[{"topic": topic, "n": 1}]]]
    assert there.wait_for("batch") == [[[{"topic": topic, "n": 2}]]]


def test_rooms_and_broadcasts_stay_within_a_database(
    connect: Connect, both: RealtimeServer, site: Site, second_db: str, topic: str
) -> None:
    here, neighbour = connect("demo", server=both), connect("other", server=both)
    there = connect(site.user("demo", second_db), server=both)
    for client in (here, neighbour, there):
        client.call("join", topic)
    here.call("to room", topic, 1)
    here.call("to all", topic)
    neighbour.wait_for("room")
    neighbour.wait_for("all")
    there.call("to all", "my own")
    assert there.wait_for("all") == [["my own"]]
    assert there.events("room") == []


def test_the_orm_is_that_of_the_sessions_database(
    connect: Connect, both: RealtimeServer, site: Site, second_db: str, topic: str
) -> None:
    there = connect(site.user("demo", second_db), server=both)
    item = there.call("model", "test.realtime.item", "create", [{"name": topic}])
    search = ("test.realtime.item", "search", [["name", "=", topic]])
    assert site.user("demo", second_db).call(*search) == [item]
    assert site.user("demo").call(*search) == []


def test_each_database_has_one_listen_connection(
    both: RealtimeServer, sql: Callable[..., Any], second_db: str, bare_db: str
) -> None:
    for db in (second_db, bare_db):
        assert sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
            " AND application_name = 'oe.web.socketio listen'", [db],
        ) == [(1,)]


def test_a_namespace_whose_addon_is_not_installed_does_not_exist(
    connect: Connect, both: RealtimeServer, site: Site, bare_db: str
) -> None:
    user = site.user("demo", bare_db)
    assert connect("demo", server=both).call("count") == 1, "it does where the addon is installed"
    for namespace in ("/test", "/other"):
        client = connect(user, namespace, server=both, wait=False)
        assert client.refused()["message"] == "Invalid namespace"


def test_handlers_of_an_addon_that_is_not_installed_do_not_run(
    connect: Connect, both: RealtimeServer, site: Site, bare_db: str
) -> None:
    user = site.user("demo", bare_db)
    client = connect(user, "/longpolling", server=both)
    with pytest.raises(Rejected) as refused:
        client.call("add numbers", 1, 2)
    assert refused.value.name == "no_such_method"
    assert client.events("greeting") == []
    assert connect("demo", "/longpolling", server=both).call("add numbers", 1, 2) == 3


def test_a_session_of_a_database_that_is_not_served_is_refused(
    connect: Connect, server: RealtimeServer, site: Site, second_db: str
) -> None:
    client = connect(site.user("demo", second_db), server=server, wait=False)
    assert "does not serve the database" in client.refused()["message"]


def test_an_addon_may_be_installed_and_uninstalled_while_the_server_runs(
    connect: Connect, start: Callable[..., RealtimeServer], site: Site,
    clone_odoo_db: Callable[[], str],
) -> None:
    db = clone_odoo_db()
    server = start(db, *QUICK)
    admin = site.user("admin", db)
    client = connect(site.user("demo", db), "/longpolling", server=server, v=1)
    admin.call("ir.module.module", "update_list")
    (addon,) = admin.call("ir.module.module", "search", [["name", "=", "test_realtime"]])
    admin.call("ir.module.module", "button_immediate_install", [addon])
    assert eventually(lambda: "Add namespace: '/test'" in server.child.output)
    assert client.call("add numbers", 1, 2) == 3
    test = connect(site.user("demo", db), server=server, v=1)
    assert test.call("count") == 1
    beside = connect(site.user("other", db), "/longpolling", server=server, v=1)
    beside.wait_for("greeting")  # its handlers of the addon run, and listen
    assert eventually(lambda: listeners(admin) > 0)

    admin.call("ir.module.module", "button_immediate_uninstall", [addon])
    assert test.gone() == "io server disconnect"
    assert test.events("web_socketio:closed") == [[{"reason": "the addon was uninstalled"}, None]]
    with pytest.raises(Rejected):
        client.call("add numbers", 1, 2)
    assert eventually(lambda: listeners(admin) == 0), "handlers on the shared namespace end, too"
    again = connect(site.user("demo", db), server=server, wait=False)
    assert again.refused()["message"] == "Invalid namespace"
    assert not client.reports("disconnect") + beside.reports("disconnect")


def listeners(admin: Login) -> int:
    """How many listeners the servers of a database have on the channel of the test addon."""
    (number,) = admin.call("web.socketio.test", "create", [{"channel": "test", "content": "{}"}])
    admin.call("web.socketio.test", "action_send", [number])
    (shown,) = admin.call("web.socketio.test", "read", [number], ["result"])
    return sum(map(int, re.findall(r"passed it on to (\d+) listeners", shown["result"])))


def test_when_the_addon_itself_is_uninstalled_everybody_is_told_and_closed(
    connect: Connect, start: Callable[..., RealtimeServer], site: Site,
    clone_odoo_db: Callable[[], str],
) -> None:
    db = clone_odoo_db()
    server = start(db, *QUICK)
    admin = site.user("admin", db)
    client = connect(site.user("demo", db), "/longpolling", server=server, v=1)
    (addon,) = admin.call("ir.module.module", "search", [["name", "=", "web_socketio"]])
    admin.call("ir.module.module", "button_immediate_uninstall", [addon])
    assert client.gone() == "io server disconnect"
    assert client.events("web_socketio:closed") == [[{"reason": "the addon was uninstalled"}, None]]

    def error() -> str:
        ready = requests.get(f"{server.monitor}/ready", timeout=60)
        return str(ready.json()["databases"][db]["error"])

    assert eventually(lambda: "not installed" in error())
