"""model() and environment() of a namespace: Odoo's ORM as the session's user."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.clients import Client, Rejected
from tests.integration.conftest import QUICK, Connect, Gate
from tests.integration.site import Site
from tests.support.servers import RealtimeServer
from tools.odoo import OdooInstance

ITEM = "test.realtime.item"


def orm(client: Client, method: str, *args: Any, **kwargs: Any) -> Any:
    """Call a method of the test model in a handler."""
    return client.call("model", ITEM, method, args, kwargs)


@pytest.mark.parametrize("vals, kind", [({"name": "one"}, int), ([{"name": "one"}] * 2, list)])
def test_create_returns_an_id_or_ids(connect: Connect, vals: Any, kind: type) -> None:
    client = connect("demo")
    created = orm(client, "create", vals)
    assert isinstance(created, kind)
    read = orm(client, "read", created, ["name"])
    assert [record["name"] for record in read] == ["one"] * len(read)


def test_an_id_or_ids_come_first_and_recordsets_come_back_as_ids(connect: Connect) -> None:
    client = connect("demo")
    ids = orm(client, "create", [{"name": "a"}, {"name": "b"}])
    assert orm(client, "rename", ids, "c") == ids
    assert orm(client, "rename", ids[0], "d", suffix="!") == [ids[0]]
    assert [record["name"] for record in orm(client, "read", ids, ["name"])] == ["d!", "c"]


def test_methods_of_the_model_take_no_ids(connect: Connect, topic: str) -> None:
    client = connect("demo")
    created = orm(client, "create", {"name": topic})
    assert orm(client, "search", [("name", "=", topic)]) == [created]
    assert orm(client, "search_count", [("name", "=", topic)]) == 1
    assert orm(client, "search_read", [("name", "=", topic)], ["name"]) == [
        {"id": created, "name": topic}
    ]


def test_private_methods_may_be_called_by_server_code(connect: Connect) -> None:
    client = connect("demo")
    created = orm(client, "create", {"name": "x"})
    assert orm(client, "_private", created) == "private to x"


def test_the_user_the_language_and_the_timezone_come_from_the_session(
    connect: Connect, site: Site
) -> None:
    here = orm(connect("francoise"), "where_am_i")
    assert here["uid"] == site.user("francoise").uid()
    assert (here["lang"], here["tz"], here["su"]) == ("fr_FR", "Europe/Paris", False)


def test_context_is_merged_into_the_users(connect: Connect) -> None:
    here = orm(connect("francoise"), "where_am_i", context={"colour": "blue"})
    assert (here["colour"], here["lang"]) == ("blue", "fr_FR")


def test_each_call_is_committed(connect: Connect, site: Site, topic: str) -> None:
    created = orm(connect("demo"), "create", {"name": topic})
    assert site.user("other").call(ITEM, "search", [["name", "=", topic]]) == [created]


def test_the_users_rights_count(connect: Connect) -> None:
    with pytest.raises(Rejected) as rejected:
        connect("demo").call("model", "test.realtime.secret", "search", [[]])
    assert rejected.value.name == "AccessError"
    assert connect("admin").call("model", "test.realtime.secret", "search", [[]]) == []


def test_an_environment_is_one_transaction(connect: Connect, site: Site, topic: str) -> None:
    client, listener = connect("demo"), connect("other")
    listener.call("follow", "Topic", "transaction")
    with pytest.raises(Rejected):
        client.call("transaction", [f"{topic} lost"], True)
    ids = client.call("transaction", [topic, topic])
    assert site.user("other").call(ITEM, "search", [["name", "like", topic]], order="id") == ids
    assert listener.wait_for("batch") == [[[{"topic": "transaction", "names": [topic, topic]}]]]


def test_session_tells_who_it_is(connect: Connect, site: Site) -> None:
    told = connect("francoise").call("session")
    user = site.user("francoise")
    assert (told["uid"], told["db"], told["login"]) == (user.uid(), user.db, "francoise")
    assert told["context"]["lang"] == "fr_FR"


# -- companies -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def companies(site: Site) -> list[int]:
    """The ids of Main, Second and Third; the user ``second`` may use the first two."""
    ids = site.user("admin").call("res.company", "search", [], order="id")
    assert isinstance(ids, list)
    return ids


@pytest.mark.parametrize("chosen, kept", [
    ([1, 0], [1, 0]), ([1], [1]), ([2], []), ([1, 2], [1]), ([], []), (None, []),
])  # fmt: skip
def test_selected_companies_are_kept_where_the_user_may_use_them(
    connect: Connect, companies: list[int], chosen: list[int] | None, kept: list[int]
) -> None:
    wanted = chosen if chosen is None else [companies[index] for index in chosen]
    client = connect("second", auth={"allowed_company_ids": wanted})
    here = orm(client, "where_am_i")
    if kept:
        assert here["companies"] == [companies[index] for index in kept]
        assert here["company"] == companies[kept[0]]
    else:  # Odoo's default: all that the user has, working in the user's own
        assert set(here["companies"]) == set(companies[:2])
        assert here["company"] == companies[0]


def test_companies_can_be_changed_while_connected(
    connect: Connect, companies: list[int]
) -> None:
    client = connect("second")
    main, second, third = companies[:3]
    assert client.call("allowed company ids", [second, third, "x", True, None]) == [second]
    assert orm(client, "where_am_i")["companies"] == [second]
    assert orm(client, "read", orm(client, "create", {"name": "x"}), ["company_id"])[0][
        "company_id"
    ][0] == second
    assert client.call("allowed company ids", "nonsense") == []
    assert orm(client, "where_am_i")["company"] == main


def test_a_client_cannot_choose_its_user_language_or_timezone(
    connect: Connect, site: Site
) -> None:
    client = connect("francoise", auth={"uid": 2, "lang": "en_US", "tz": "UTC", "su": True})
    here = orm(client, "where_am_i")
    assert (here["uid"], here["lang"]) == (site.user("francoise").uid(), "fr_FR")
    assert (here["tz"], here["su"]) == ("Europe/Paris", False)


# -- cursors and conflicts -----------------------------------------------------------------------


def test_a_conflict_of_two_transactions_is_tried_again(connect: Connect) -> None:
    clients = [connect("demo"), connect("other")]
    item = orm(clients[0], "create", {"name": "counter"})
    calls = [(c, c.start_call("model", ITEM, "add_one", [item])) for c in clients]
    assert sorted(c.answer(number)[0] for c, number in calls) == [1, 2]
    assert orm(clients[0], "read", item, ["count"])[0]["count"] == 2


def test_handlers_wait_for_a_free_cursor(
    connect: Connect, start: Callable[..., RealtimeServer], db: str, gate: Callable[..., Gate]
) -> None:
    server = start(db, *QUICK, "--max-cursor", "1", "--cursor-timeout", "60")
    clients = [connect("demo", server=server) for _ in range(4)]
    started = time.monotonic()
    calls = [(c, c.start_call("model", ITEM, "wait", [0.4])) for c in clients]
    assert all(c.answer(number) == [True] for c, number in calls)
    assert time.monotonic() - started >= 1.6, "one after the other"
    clients[0].call("cursor timeout", 0.3)
    with gate() as closed:
        busy = clients[0].start_call("model", ITEM, "pass_gate", [closed.key])
        assert closed.somebody_waits(), "the only cursor is in use"
        with pytest.raises(Rejected, match=r"all 1 database cursors .*--max-cursor") as rejected:
            clients[1].call("model", ITEM, "search", [[]])
    assert rejected.value.name == "Busy"
    assert clients[0].answer(busy) == [True]
    assert clients[1].call("model", ITEM, "search_count", [[]]) >= 0


def test_handlers_that_have_a_cursor_get_another_one(
    connect: Connect, start: Callable[..., RealtimeServer], db: str, instance: OdooInstance,
    tmp_path: Path,
) -> None:
    """They do not wait for each other; and the bound of Odoo's pool, which refuses, is above."""
    conf = tmp_path / "odoo.conf"
    conf.write_text(instance.conf.read_text(encoding="utf-8") + "db_maxconn = 1\n")
    server = start(db, *QUICK, "-c", conf, "--max-cursor", "2", "--cursor-timeout", "30")
    clients = [connect("demo", server=server) for _ in range(4)]
    calls = [(c, c.start_call("cursor in cursor")) for c in clients]
    assert [c.answer(number) for c, number in calls] == [[True]] * 4
