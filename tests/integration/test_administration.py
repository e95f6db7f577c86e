"""What an administrator does from Odoo's menu and from the command line, on real servers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.integration.clients import eventually
from tests.integration.conftest import QUICK, Connect
from tests.integration.site import Login, RemoteError, Site
from tests.support.servers import RealtimeServer
from tools.odoo import OdooInstance
from tools.paths import ROOT, VENV_PYTHON

Command = Callable[..., "subprocess.CompletedProcess[str]"]
FIELDS = {"user_id": {"fields": {"login": {}}}, "namespace": {}, "address": {}, "sid": {}}


@pytest.fixture(scope="module")
def own_db(new_db: Callable[[], str]) -> str:
    """Nobody else's clients are in it."""
    return new_db()


@pytest.fixture(scope="module")
def servers(instance: OdooInstance, own_db: str) -> Iterator[list[RealtimeServer]]:
    """Two server processes on the database."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(RealtimeServer(instance, own_db, *QUICK)) for _number in range(2)
        ]


@pytest.fixture(scope="module")
def admin(site: Site, own_db: str) -> Login:
    return site.user("admin", own_db)


@pytest.fixture
def command(instance: OdooInstance, own_db: str) -> Command:
    """Run a command of ``oe_web_socketio``."""

    def run(
        *words: str, input: str | None = None, db: str = own_db
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(VENV_PYTHON), "server.py", *words, "-c", str(instance.conf), "-d", db],
            cwd=ROOT, text=True, capture_output=True, timeout=60, check=False, input=input,
            env={"PATH": "/usr/bin:/bin", **instance.odoo.env},
        )  # fmt: skip

    return run


def listed(admin: Login, domain: list[Any]) -> list[dict[str, Any]]:
    """Clients, as the menu shows them."""
    found = admin.call("web.socketio.socket", "web_search_read", domain, FIELDS)
    return list(found["records"])


def test_clients_of_both_servers_are_listed_and_disconnected(
    connect: Connect, site: Site, own_db: str, servers: list[RealtimeServer], admin: Login
) -> None:
    demo, other = site.user("demo", own_db), site.user("other", own_db)
    meant = [connect(demo, server=server) for server in servers]
    stays = connect(other, server=servers[0])
    mine = [("user_id.login", "=", "demo")]
    assert eventually(lambda: len(listed(admin, mine)) == 2), "both clients are listed"
    (client, _second) = listed(admin, mine)
    assert (client["namespace"], client["address"]) == ("/test", "127.0.0.1")
    nodes = admin.call("web.socketio.node", "search_read", [], ["name", "state", "address"])
    assert {node["address"] for node in nodes} == {server.url for server in servers}
    assert {node["state"] for node in nodes} == {"ready"}
    ids = [record["id"] for record in listed(admin, mine)]
    told = admin.call("web.socketio.socket", "action_disconnect", ids)["params"]
    assert (told["title"], told["type"]) == ("2 clients were disconnected", "success")
    for one in meant:
        one.gone()
    assert stays.call("echo", 1) == 1
    assert eventually(lambda: not listed(admin, mine)), "the list is up to date"
    for server in servers:
        server.child.wait_for_line(
            r"1 clients closed by admin \(uid 2\) \(Disconnected by the administrator\)"
        )


def test_every_client_of_a_user_is_disconnected(
    connect: Connect, site: Site, own_db: str, servers: list[RealtimeServer], admin: Login
) -> None:
    demo = site.user("demo", own_db)
    clients = [connect(demo, server=servers[0]), connect(demo, "/other", server=servers[1])]
    mine = [("user_id.login", "=", "demo")]
    assert eventually(lambda: len(listed(admin, mine)) == 2), "both clients are listed"
    one = [listed(admin, mine)[0]["id"]]
    admin.call("web.socketio.socket", "action_disconnect_users", one)
    for client in clients:
        client.gone()


def test_a_test_message_reaches_those_who_listen(
    connect: Connect, site: Site, own_db: str, servers: list[RealtimeServer], admin: Login,
    topic: str,
) -> None:
    client = connect(site.user("demo", own_db), server=servers[1])
    client.call("follow", "Topic", topic)
    values = {"channel": "test", "content": json.dumps({"topic": topic, "n": 1})}
    (number,) = admin.call("web.socketio.test", "create", [values])
    admin.call("web.socketio.test", "action_send", [number])
    assert client.wait_for("batch") == [[[{"topic": topic, "n": 1}]]]
    (shown,) = admin.call("web.socketio.test", "read", [number], ["result"])
    said = [line.partition(" passed it on to ")[2] for line in shown["result"].splitlines()[1:]]
    assert sorted(said) == ["0 listeners on this channel.", "1 listeners on this channel."]
    messages = admin.call(
        "web.socketio.message", "search_read", [("channel", "=", "test")], ["content"], limit=1
    )
    assert json.loads(messages[0]["content"]) == {"topic": topic, "n": 1}


@pytest.mark.parametrize("model", ["socket", "node", "message"])
def test_others_see_nothing_over_rpc(site: Site, own_db: str, model: str) -> None:
    with pytest.raises(RemoteError, match="not allowed to access"):
        site.user("demo", own_db).call(f"web.socketio.{model}", "web_search_read", [], {})


# -- the command line ---------------------------------------------------------------------------


def test_the_command_line(
    connect: Connect, site: Site, own_db: str, servers: list[RealtimeServer], admin: Login,
    command: Command, topic: str,
) -> None:
    client = connect(site.user("demo", own_db), server=servers[1])
    client.call("follow", "Topic", topic)
    emitted = command("emit", "test", "-", input=json.dumps({"topic": topic, "n": 5}))
    assert emitted.stdout.strip().isdigit(), emitted.stderr
    assert client.wait_for("batch") == [[[{"topic": topic, "n": 5}]]]
    assert eventually(lambda: listed(admin, [("user_id.login", "=", "demo")]) != []), "it is listed"
    (shown,) = map(json.loads, command("sockets", "--json").stdout.splitlines())
    uid = str(site.user("demo", own_db).call("res.users", "search", [("login", "=", "demo")])[0])
    assert (shown["user"], shown["namespace"]) == (uid, "/test")
    kicked = command("kick", f"--sid={shown['sid']}")
    assert (kicked.returncode, kicked.stderr) == (0, "")
    assert sorted(line.partition(": ")[2] for line in kicked.stdout.splitlines()) == [
        "0 closed", "1 closed"
    ]  # fmt: skip
    client.gone()


def test_an_error_is_one_sentence(command: Command) -> None:
    result = command("sockets", db="nowhere")
    assert (result.returncode, result.stdout) == (1, "")
    assert "Traceback" not in result.stderr
    assert 'database "nowhere" does not exist' in result.stderr
