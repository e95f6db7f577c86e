"""Who is let in, by which credentials, and for how long."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.integration.clients import Rejected
from tests.integration.conftest import Connect
from tests.integration.site import Login, Site
from tests.support.servers import RealtimeServer
from tools.odoo import OdooInstance


def write_session(site: Site, data: dict[str, Any]) -> str:
    """Write a session file as Odoo does; return its id."""
    session_id = secrets.token_urlsafe(63)
    file = site.session_file(session_id)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data), encoding="utf-8")
    return session_id


def test_a_browsers_cookie_is_enough(connect: Connect, site: Site) -> None:
    user = site.user("demo")
    client = connect(user, cookie=user.session_id)
    assert client.wait_for("welcome") == [[user.uid(), user.db]]


def test_session_id_in_auth_is_enough(connect: Connect, site: Site) -> None:
    user = site.user("demo")
    client = connect(None, session_id=user.session_id)
    assert client.wait_for("welcome") == [[user.uid(), user.db]]


def test_session_id_in_auth_wins_over_the_cookie(connect: Connect, site: Site) -> None:
    client = connect(
        None, cookie=site.user("demo").session_id, session_id=site.user("other").session_id
    )
    assert client.wait_for("welcome")[0][0] == site.user("other").uid()


@pytest.mark.parametrize("v", [None, 1], ids=["plain", "v1"])
def test_the_event_session_id_validates_later(connect: Connect, site: Site, v: int | None) -> None:
    user = site.user("demo")
    client = connect(None, v=v)
    assert client.call("session id", user.session_id) is True
    assert client.wait_for("welcome")[0][0] == user.uid()
    assert client.call("count") == 1


def test_one_validated_namespace_lets_in_the_others_of_its_connection(
    connect: Connect, site: Site
) -> None:
    client = connect(None)
    other = connect(None, "/other", share=client)
    client.call("session id", site.user("demo").session_id)
    assert other.call("whoami") == site.user("demo").uid()


@pytest.mark.parametrize("session_id", ["x" * 84, "../../../etc/passwd", "", "a", "é", "0" * 4000])
def test_a_wrong_session_is_refused(connect: Connect, session_id: str) -> None:
    client = connect(None)
    with pytest.raises(Rejected) as rejected:
        client.call("session id", session_id)
    assert rejected.value.name == "SessionExpired"
    if session_id:
        by_auth = connect(None, session_id=session_id, wait=False)
        assert by_auth.refused()["message"] == "session expired"


@pytest.mark.parametrize("session_id", [7, None, ["x"], {"a": 1}, True])
def test_what_is_no_text_is_no_session(connect: Connect, session_id: object) -> None:
    client = connect(None)
    with pytest.raises(Rejected):
        client.call("session id", session_id)


def test_nothing_is_heard_or_said_before_the_session_is_validated(
    connect: Connect, publish: Callable[..., int], topic: str
) -> None:
    stranger, known = connect(None), connect("demo")
    for event, *args in (["count"], ["follow", "Topic", topic], ["model", "res.users", "search"]):
        with pytest.raises(Rejected) as rejected:
            stranger.call(event, *args)
        assert rejected.value.name == "method_access_denied"
    known.call("follow", "Topic", topic)
    known.call("to all", topic)
    publish(topic=topic, n=1)
    known.wait_for("batch")
    assert stranger.told == []


def test_who_does_not_authenticate_is_dropped_after_a_while(
    connect: Connect, site: Site, impatient: RealtimeServer
) -> None:
    session_id = site.user("demo").session_id
    started = time.monotonic()
    late = connect(None, server=impatient)
    late.call("session id", session_id)
    plain, versioned = connect(None, server=impatient), connect(None, server=impatient, v=1)
    for client in (plain, versioned):
        assert client.gone() == "io server disconnect"
    assert time.monotonic() - started > 4.5, "--auth-timeout is 5 s"
    assert versioned.events("web_socketio:closed")[0][0]["reason"]
    assert plain.told == []
    assert late.call("count") == 1, "it connected before, and is in time"


def test_a_visitors_session_is_nobody(connect: Connect, site: Site) -> None:
    with requests.Session() as browser:
        browser.get(f"{site.url}/web/login?db={site.db}", timeout=60).raise_for_status()
        visitor = browser.cookies["session_id"]
    assert connect(None, session_id=visitor, wait=False).refused()["message"] == "session expired"
    with pytest.raises(Rejected):
        connect(None, cookie=visitor).call("count")


def test_a_login_that_waits_for_its_second_factor_is_nobody(connect: Connect, site: Site) -> None:
    stored = site.user("demo").stored
    pending = {**stored, "uid": None, "pre_uid": stored["uid"], "pre_login": stored["login"]}
    client = connect(None, session_id=write_session(site, pending), wait=False)
    assert client.refused()["message"] == "session expired"


@pytest.mark.parametrize("change", [
    {"session_token": "forged"}, {"session_token": None}, {"uid": 1}, {"deletion_time": 1.0},
    {"db": "template1"}, {"db": "nowhere"}, {"db": None}, {"uid": 999_999},
], ids=str)  # fmt: skip
def test_a_session_that_odoo_would_not_accept_is_refused(
    connect: Connect, site: Site, change: dict[str, Any]
) -> None:
    session_id = write_session(site, {**site.user("demo").stored, **change})
    connect(None, session_id=session_id, wait=False).refused()
    assert site.session_file(session_id).exists(), "Odoo's files are left alone"


def test_odoos_db_filter_counts(
    connect: Connect, start: Callable[..., RealtimeServer], instance: OdooInstance, site: Site,
    tmp_path: Path,
) -> None:
    conf = tmp_path / "odoo.conf"
    text = instance.conf.read_text(encoding="utf-8")
    conf.write_text(f"{text}\ndbfilter = ^%h$\n", encoding="utf-8")
    client = connect("demo", server=start(site.db, "-c", str(conf)), wait=False)
    assert client.refused()["message"] == "session expired"


def test_a_socket_does_not_outlive_its_session(
    connect: Connect, site: Site, topic: str, publish: Callable[..., int]
) -> None:
    admin = site.user("admin")
    ends: dict[str, Callable[[Login], Any]] = {
        "logout": lambda user: user.logout(),
        "password": lambda user: admin.call("res.users", "write", user.uid(), {"password": "new!"}),
        "archived": lambda user: admin.call("res.users", "write", user.uid(), {"active": False}),
        "file": lambda user: user.file.unlink(),
    }
    users = {name: site.new_user(f"{topic}-{name}") for name in [*ends, "stays"]}
    clients = {name: connect(user, v=1) for name, user in users.items()}
    plain = connect(users["logout"])
    for client in (*clients.values(), plain):
        client.call("follow", "Topic", topic)
    for name, end in ends.items():
        end(users[name])
    for name in ends:
        assert clients[name].gone() == "io server disconnect", name
        assert clients[name].events("web_socketio:closed")[0][0]["reason"] == "session expired"
    assert plain.gone() == "io server disconnect"
    publish(topic=topic, n=1)
    clients["stays"].wait_for("batch")
    assert all(clients[name].events("batch") == [] for name in ends)
    clients["archived"].connect_again()
    assert clients["archived"].refused()["message"] == "session expired"


def test_a_logout_drops_the_sockets_of_that_session_alone(connect: Connect, site: Site) -> None:
    """A logout invalidates none of Odoo's caches: only the session's file tells.

    Twice, because the server's first look at a database asks for every session.
    """
    staying = connect(site.new_login("second"))
    for _ in range(2):
        leaving = site.new_login("second")
        clients = [connect(leaving), connect(leaving, "/longpolling")]
        leaving.logout()
        assert {client.gone() for client in clients} == {"io server disconnect"}
    assert staying.call("count") == 1


def test_a_session_that_odoo_rotates_keeps_its_sockets(
    connect: Connect, site: Site, topic: str
) -> None:
    user = site.new_user(f"{topic}-rotated")
    client = connect(user)
    assert client.call("count") == 1
    user.change(create_time=time.time() - 4 * 3600)  # rotated after 3 hours
    page = requests.get(
        f"{site.url}/odoo", cookies={"session_id": user.session_id}, timeout=60
    )
    rotated = page.cookies["session_id"]
    assert rotated != user.session_id
    assert connect(None, session_id=user.session_id).call("count") == 1, "the old id, for a while"
    watched(connect, site, f"{topic}-before")
    user.file.unlink()  # as Odoo does two minutes later
    assert connect(None, session_id=rotated).call("count") == 1
    watched(connect, site, f"{topic}-after")
    assert client.call("count") == 2
    assert not client.reports("disconnect")


def watched(connect: Connect, site: Site, topic: str) -> None:
    """Wait until the server has looked after its sessions once more."""
    user = site.new_user(f"{topic}-sentinel")
    sentinel = connect(user)
    user.logout()
    sentinel.gone()
