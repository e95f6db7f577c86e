"""What ends or locks a session while its socket is open, beside logout and password."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
import requests

from tests.chaos.proxy import Proxy
from tests.integration.clients import PATIENCE, Client, Rejected
from tests.integration.conftest import QUICK, Connect
from tests.integration.passwords import press
from tests.integration.site import Login, RemoteError, Site
from tests.support.servers import RealtimeServer
from tools.odoo import OdooInstance
from tools.paths import ROOT, VENV_PYTHON
from tools.postgres import Postgres

LOOKS = """
import json, sys, types
import odoo.init
from odoo.tools import config
config.parse_config(["-c", {conf!r}, "--no-http"], setup_logging=False)
from odoo.modules import module
module.initialize_sys_path()
from oe_web_socketio.watch import SessionWatch
now, looks = [0.0], []
def sleep(seconds):
    now[0] += seconds
    if now[0] > 100:
        print(json.dumps(looks))
        sys.exit()
server = types.SimpleNamespace(
    databases={{"a": None}}, runtime=types.SimpleNamespace(sleep=sleep))
watch = SessionWatch(server)
watch.look = lambda database, files: looks.append((now[0], files))
watch.run()
"""
Publish = Callable[..., int]


def why(client: Client) -> str:
    """Wait until it is disconnected; return the reason that it was told."""
    assert client.gone() == "io server disconnect"
    return str(client.events("web_socketio:closed")[-1][0]["reason"])


def group(admin: Login, name: str) -> int:
    return int(admin.call("ir.model.data", "check_object_reference", "base", name)[1])


def test_looks_come_in_time_for_the_promised_five_seconds(instance: OdooInstance) -> None:
    """A look itself takes milliseconds; on a slow machine, half a second may pass with it."""
    result = subprocess.run(
        [str(VENV_PYTHON), "-c", LOOKS.format(conf=str(instance.conf))], cwd=ROOT, text=True,
        capture_output=True, timeout=PATIENCE, check=False,
        env={"PATH": "/usr/bin:/bin", **instance.odoo.env},
    )
    assert result.returncode == 0, result.stderr
    at = [time for time, files in json.loads(result.stdout.splitlines()[-1]) if files]
    assert max(later - earlier for earlier, later in pairwise([0.0, *at])) <= 4.5


def test_a_revoked_device_is_disconnected(connect: Connect, site: Site, topic: str) -> None:
    here = site.new_user(topic)
    there = site.new_login(topic)
    for login in (here, there):
        login.call("res.users", "read", [login.uid()], ["name"])  # Odoo notices a device by this
    stays, client = connect(here, v=1), connect(there, v=1)
    press(here, "res.users", "action_revoke_all_devices", [here.uid()])
    assert why(client) == "session expired"
    assert stays.call("count") == 1


def test_a_session_that_odoo_collects_as_expired_is_disconnected(
    connect: Connect, site: Site, topic: str
) -> None:
    user, admin = site.new_user(topic), site.user("admin")
    client = connect(user, v=1)
    old = time.time() - 8 * 86_400
    os.utime(user.file, (old, old))
    client.call("count")  # is no activity that would keep the session
    admin.call("ir.cron", "method_direct_trigger", [admin.call(
        "ir.model.data", "check_object_reference", "base", "autovacuum_job")[1]])
    assert not user.file.exists()
    assert why(client) == "session expired"


def test_sockets_leave_session_files_alone(connect: Connect, site: Site, topic: str) -> None:
    """So they count as no activity, neither for Odoo's time-outs nor for ``auth_timeout``."""
    user = site.new_user(topic)
    before = (user.file.read_bytes(), user.file.stat())
    client = connect(user, v=1)
    client.call("transaction", [topic])
    client.disconnect()
    connect(user).call("count")
    assert (user.file.read_bytes(), user.file.stat()) == before


def test_who_is_no_employee_any_more_leaves_what_is_for_employees(
    connect: Connect, site: Site, topic: str
) -> None:
    user, admin = site.new_user(topic), site.user("admin")
    client, other = connect(user, v=1), connect(user, "/portal")
    portal = group(admin, "group_portal")
    admin.call("res.users", "write", [user.uid()], {"group_ids": [(6, 0, [portal])]})
    assert why(client) == "access denied"
    assert other.call("whoami") == user.uid()


def test_groups_companies_and_language_change_at_the_next_call(
    connect: Connect, site: Site, topic: str
) -> None:
    admin = site.user("admin")
    user = site.new_user(topic)
    uid = user.uid()
    company = admin.call("res.company", "create", {"name": topic})
    own = admin.call("res.users", "read", [uid], ["company_ids"])[0]["company_ids"]
    admin.call("res.users", "write", [uid], {"company_ids": [(4, company)]})
    client = connect(user)
    assert client.call("allowed company ids", [*own, company]) == [*own, company]
    assert client.call("session")["context"]["lang"] == "en_US"
    assert client.call("model", "res.users", "has_group", [uid, "base.group_system"]) is False

    admin.call("res.users", "write", [uid], {
        "lang": "fr_FR", "company_ids": [(3, company)],
        "group_ids": [(4, group(admin, "group_system"))],
    })  # fmt: skip
    context = client.call("session")["context"]
    assert context["lang"] == "fr_FR"
    assert context["allowed_company_ids"] == own
    assert client.call("model", "res.users", "has_group", [uid, "base.group_system"]) is True


def test_a_database_that_is_dropped_takes_its_sockets_along(
    connect: Connect, start: Callable[..., RealtimeServer], site: Site, postgres: Postgres,
    new_db: Callable[[], str],
) -> None:
    doomed = new_db()
    server = start(f"{site.db},{doomed}", *QUICK)
    client = connect(site.user("demo", doomed), server=server, v=1)
    visitor = connect(None, "/public", server=server, v=1, auth={"db": doomed})
    stays = connect("demo", server=server)
    postgres.drop_database(doomed)
    assert {why(client), why(visitor)} == {"the database is gone"}
    assert stays.call("count") == 1


def test_a_socket_does_not_outlive_its_session_while_the_server_hears_nothing(
    connect: Connect, start: Callable[..., RealtimeServer], site: Site, postgres: Postgres,
    topic: str,
) -> None:
    """Without LISTEN nothing is delivered, but handlers answer."""
    user = site.new_user(topic)
    with Proxy(postgres.port) as proxy:
        dsn = f"{postgres.dsn(site.db, tcp=True)} port={proxy.port}"
        server = start(site.db, *QUICK, "--listen-dsn", dsn)
        client = connect(user, server=server, v=1)
        proxy.refuse()
        server.child.wait_for_line(f"{site.db}'.*trying again")
        assert client.call("count") == 1
        user.logout()
        assert why(client) == "session expired"


# -- auth_timeout: Odoo's lock screen --------------------------------------------------------------


@pytest.fixture(scope="module")
def lock_db(new_db: Callable[[], str], instance: OdooInstance, site: Site) -> str:
    """A database in which a session locks after a quarter of an hour without activity."""
    db = new_db()
    instance.install(db, ["auth_timeout"], log="test-install-auth-timeout")
    admin = site.user("admin", db)
    values = {"lock_timeout_inactivity": 15}
    admin.call("res.groups", "write", [group(admin, "group_user")], values)
    return db


def is_locked(login: Login) -> bool:
    """Whether Odoo itself asks for the password again."""
    try:
        login.call("res.users", "read", [login.uid()], ["name"])
    except RemoteError as error:
        assert "CheckIdentity" in error.name
        return True
    return False


def unlock(login: Login) -> None:
    """Give the password to Odoo's lock screen."""
    requests.post(
        f"{login.site.url}/auth-timeout/session/check-identity",
        json={"params": {"type": "password", "password": login.login}},
        cookies={"session_id": login.session_id}, timeout=60,
    ).raise_for_status()


@pytest.mark.parametrize("v", [None, 1], ids=["plain", "v1"])
def test_a_locked_session_receives_nothing_until_it_is_unlocked(
    connect: Connect, start: Callable[..., RealtimeServer], site: Site, lock_db: str, topic: str,
    publish: Publish, v: int | None,
) -> None:
    server = start(lock_db, *QUICK, "--auth-timeout", "3")
    user, sentinel = site.new_user(topic, lock_db), site.new_user(f"{topic}-sentinel", lock_db)
    locked, awake = connect(user, server=server, v=v), connect(sentinel, server=server)
    for client in (locked, awake):
        client.call("follow", "Topic", topic)
    publish(topic=topic, n=1, db=lock_db)
    locked.wait_for("batch")

    user.change(**{"identity-check-next": time.time() + 1})  # as Odoo does for who is idle
    locked.connected(count=2)
    assert locked.reports("disconnect")[0]["reason"] == "transport close", "so it comes back"
    assert is_locked(user)
    told = len(locked.told)
    publish(topic=topic, n=2, db=lock_db)
    awake.wait_for("batch", 2)
    with pytest.raises(Rejected) as rejected:
        locked.call("count")
    assert rejected.value.name == "method_access_denied"
    stranger = connect(None, server=server)
    assert stranger.gone() == "io server disconnect", "it had its time to authenticate"
    assert len(locked.told) == told
    assert len(locked.reports("disconnect")) == 1, "one that is locked has all the time"
    fresh = connect(user, server=server, v=v)
    if v is not None:
        assert locked.events("web_socketio:closed")[0][0] == {"reason": "session locked"}
        assert fresh.events("web_socketio:ready") == []

    unlock(user)
    assert not is_locked(user)
    locked.wait_for("welcome", 2)
    for client in (locked, fresh):
        client.wait_for("welcome")
        client.call("follow", "Topic", topic)
    publish(topic=topic, n=3, db=lock_db)
    fresh.wait_for("batch")
    locked.wait_for("batch", 2)


def test_a_session_older_than_its_group_allows_is_locked(
    connect: Connect, start: Callable[..., RealtimeServer], site: Site, lock_db: str, topic: str
) -> None:
    server = start(lock_db, *QUICK)
    admin = site.user("admin", lock_db)
    user = site.new_user(topic, lock_db)
    client = connect(user, server=server, v=1)
    client.wait_for("welcome")
    lock = {"name": topic, "lock_timeout": 60, "user_ids": [(4, user.uid())]}
    admin.call("res.groups", "create", lock)
    assert client.call("count") == 1
    user.change(create_time=time.time() - 3600 + 1)
    assert client.wait_for("web_socketio:closed")[0][0] == {"reason": "session locked"}
    client.connected(count=2)
    with pytest.raises(Rejected):
        client.call("count")
