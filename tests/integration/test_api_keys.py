"""API keys of Odoo with the scope of this server: made, used, watched."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.clients import Client, eventually
from tests.integration.conftest import QUICK, Connect
from tests.integration.passwords import press
from tests.integration.site import Login, RemoteError, Site
from tests.support.servers import RealtimeServer
from tools.odoo import OdooInstance
from tools.paths import ROOT, VENV_PYTHON

Sql = Callable[..., Any]
WIZARD = "res.users.apikeys.description"


def new_key(user: Login, button: str = "make_realtime_key", duration: str = "1") -> str:
    """Make a key as the user's preferences do."""
    press(user, "res.users", "realtime_key_wizard", [user.uid()])
    wizard = user.call(WIZARD, "create", {"name": "a robot", "duration": duration})
    shown = press(user, WIZARD, button, [wizard])
    return str(shown["context"]["default_key"])


@pytest.fixture(scope="module")
def key(site: Site) -> str:
    """A key of demo."""
    return new_key(site.new_login("demo"))


def refused(client: Client) -> str:
    return str(client.refused()["message"])


def test_a_key_of_the_preferences_is_enough(connect: Connect, site: Site, key: str) -> None:
    uid = site.user("demo").uid()
    client = connect(None, auth={"api_key": key})
    assert client.wait_for("welcome") == [[uid, site.db]]
    assert connect(None, "/other", share=client).call("whoami") == uid
    assert connect(None, auth={"api_key": key, "db": site.db}).wait_for("welcome")[0][0] == uid


def test_the_button_asks_for_the_password_first(site: Site) -> None:
    user = site.new_login("demo")
    for model, method, ids in (
        ("res.users", "realtime_key_wizard", [user.uid()]),
        (WIZARD, "make_realtime_key", [user.call(WIZARD, "create", {"name": "x"})]),
    ):
        assert user.call(model, method, ids)["res_model"] == "res.users.identitycheck"


def test_the_key_is_good_for_this_server_only(site: Site, key: str) -> None:
    answer = site.authenticate("demo", key)
    assert answer is False, "Odoo's RPC takes keys without scope"


def test_odoos_rules_on_duration_hold(site: Site) -> None:
    user = site.new_login("demo")
    with pytest.raises(RemoteError, match="expiration date|exceed"):
        new_key(user, duration="365")


@pytest.mark.parametrize("wrong", ["", "x", "0" * 40, "0" * 5000, 7, ["x"], {"a": 1}, True, None],
                         ids=str)
def test_a_wrong_key_is_refused(connect: Connect, wrong: object) -> None:
    if wrong:
        assert refused(connect(None, auth={"api_key": wrong}, wait=False)) == "invalid API key"
    else:
        assert connect(None, auth={"api_key": wrong}).told == []


def test_the_first_half_of_a_key_is_no_key(connect: Connect, key: str) -> None:
    for wrong in (key[:20], key[:-1], key + "0", key[:8] + "0" * 32):
        assert refused(connect(None, auth={"api_key": wrong}, wait=False)) == "invalid API key"


def test_a_key_of_another_scope_is_refused(connect: Connect, site: Site, sql: Sql) -> None:
    key = new_key(site.new_login("demo"))
    sql("UPDATE res_users_apikeys SET scope = 'other' WHERE index = %s", [key[:8]])
    assert refused(connect(None, auth={"api_key": key}, wait=False)) == "invalid API key"


def test_a_key_without_scope_is_refused_unless_that_is_configured(
    connect: Connect, site: Site, start: Callable[..., RealtimeServer]
) -> None:
    key = new_key(site.new_login("demo"), "make_key")
    assert refused(connect(None, auth={"api_key": key}, wait=False)) == "invalid API key"
    server = start(site.db, "--api-key-any-scope", "yes")
    assert connect(None, auth={"api_key": key}, server=server).wait_for("welcome")


@pytest.mark.parametrize("name", ["api_key", "session_id"])
def test_credentials_in_the_url_are_refused(
    connect: Connect, site: Site, server: RealtimeServer, key: str, name: str
) -> None:
    secret = {"api_key": key, "session_id": site.user("demo").session_id}[name]
    client = connect("demo", query={name: secret}, wait=False)
    assert "send them in auth" in refused(client)
    assert secret not in server.child.output


def test_a_key_needs_a_database_where_there_are_several(
    connect: Connect, site: Site, start: Callable[..., RealtimeServer], new_db: Callable[[], str],
    key: str,
) -> None:
    second = new_db()
    server = start(f"{site.db},{second}")
    auth = {"api_key": key}
    assert "name one in auth.db" in refused(connect(None, auth=auth, server=server, wait=False))
    here = connect(None, auth={**auth, "db": site.db}, server=server)
    assert here.wait_for("welcome") == [[site.user("demo").uid(), site.db]]
    there = connect(None, auth={**auth, "db": second}, server=server, wait=False)
    assert refused(there) == "invalid API key", "it is a key of the other database"
    nowhere = connect(None, auth={**auth, "db": "postgres"}, server=server, wait=False)
    assert "name one in auth.db" in refused(nowhere)


# -- while the socket is open ----------------------------------------------------------------------


ENDS = {
    "the API key was deleted": "DELETE FROM res_users_apikeys WHERE index = %s",
    "the API key has expired": "UPDATE res_users_apikeys SET expiration_date ="
    " now() AT TIME ZONE 'utc' + interval '1 second' WHERE index = %s",
    "the user was archived": "UPDATE res_users SET active = false WHERE id ="
    " (SELECT user_id FROM res_users_apikeys WHERE index = %s)",
}


def test_a_socket_does_not_outlive_its_key(
    connect: Connect, site: Site, sql: Sql, publish: Callable[..., int], topic: str
) -> None:
    keys = {reason: new_key(site.new_user(f"{topic}-{n}")) for n, reason in enumerate(ENDS)}
    keys["stays"] = new_key(site.new_user(f"{topic}-stays"))
    clients = {name: connect(None, auth={"api_key": k}, v=1) for name, k in keys.items()}
    for client in clients.values():
        client.call("follow", "Topic", topic)
    for reason, statement in ENDS.items():
        sql(statement, [keys[reason][:8]])
    for reason in ENDS:
        assert clients[reason].gone() == "io server disconnect", reason
        assert clients[reason].events("web_socketio:closed")[0][0]["reason"] == reason
    publish(topic=topic, n=1)
    clients["stays"].wait_for("batch")
    assert all(clients[reason].events("batch") == [] for reason in ENDS)
    again = connect(None, auth={"api_key": keys["the API key was deleted"]}, wait=False)
    assert refused(again) == "invalid API key"


def test_the_button_delete_in_the_preferences_counts(connect: Connect, site: Site) -> None:
    user = site.new_login("demo")
    client = connect(None, auth={"api_key": new_key(user)}, v=1)
    newest = user.call("res.users.apikeys", "search", [], order="id desc", limit=1)
    press(user, "res.users.apikeys", "remove", newest)
    assert client.gone() == "io server disconnect"


# -- failures --------------------------------------------------------------------------------------


@pytest.fixture
def strict(start: Callable[..., RealtimeServer], site: Site) -> RealtimeServer:
    """A server that takes three failures per minute."""
    return start(site.db, *QUICK, "--auth-failures", "3", "--trusted-proxy", "127.0.0.1")


def test_who_fails_too_often_has_to_wait_and_nobody_else(
    connect: Connect, site: Site, strict: RealtimeServer, key: str
) -> None:
    def guess(secret: str, address: str, **options: Any) -> Client:
        headers = {"X-Forwarded-For": address}
        return connect(
            None, auth={"api_key": secret}, server=strict, extraHeaders=headers,
            reconnection=False, **options,
        )  # fmt: skip

    for _ in range(3):
        assert refused(guess("0" * 40, "192.0.2.1", wait=False)) == "invalid API key"
    good = guess(key, "192.0.2.1", wait=False)
    assert good.gone() == "transport close"
    assert good.reports("connect") == []
    assert guess(key, "192.0.2.2").wait_for("welcome")
    strict.child.wait_for_line("192.0.2.1: no API key of .* that is good for this server")
    strict.child.wait_for_line("192.0.2.1: too many wrong credentials")
    assert key not in strict.child.output
    assert "0" * 40 not in strict.child.output


def test_who_tries_many_at_once_is_turned_away_as_well(
    connect: Connect, strict: RealtimeServer
) -> None:
    headers = {"X-Forwarded-For": "192.0.2.3"}
    guesses = [
        connect(
            None, auth={"api_key": f"{number:040}"}, server=strict, extraHeaders=headers,
            reconnection=False, wait=False,
        )
        for number in range(20)
    ]  # fmt: skip

    def over() -> bool:
        ended = [g for g in guesses if g.reports("connect_error") + g.reports("disconnect")]
        return len(ended) == len(guesses)

    assert eventually(over)
    answered = [g for g in guesses if g.reports("connect_error", message="invalid API key")]
    assert len(answered) == 3


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture
def apikey(instance: OdooInstance) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``oe_web_socketio apikey``."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(VENV_PYTHON), "server.py", "apikey", "-c", str(instance.conf), *words]
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=120, env=instance.odoo.env
        )

    return run


def test_a_key_of_the_command_is_enough(
    connect: Connect, site: Site, apikey: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = apikey("-d", site.db, "--login", "demo", "--name", "a machine", "--days", "30")
    assert done.returncode == 0, done.stderr
    key = done.stdout.strip()
    assert connect(None, auth={"api_key": key}).wait_for("welcome")[0][0] == site.user("demo").uid()
    assert key not in done.stderr


@pytest.mark.parametrize(("words", "message"), [
    (["--login", "nobody", "--name", "x"], "no active user"),
    (["--login", "demo", "--name", "x", "--days", "0"], "must have an expiration date"),
    (["--login", "demo", "--name", "x", "--days", "soon"], "whole number"),
    (["--login", "demo"], "--name"),
], ids=str)  # fmt: skip
def test_the_command_says_what_is_wrong(
    apikey: Callable[..., subprocess.CompletedProcess[str]], site: Site, words: list[str],
    message: str,
) -> None:
    done = apikey("-d", site.db, *words)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
