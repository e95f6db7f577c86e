"""``/live``: who follows a record is told that it changed, when it may read it, and no value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.clients import Client, Rejected
from tests.integration.conftest import Connect
from tests.integration.site import Login, Site
from tests.support.servers import RealtimeServer

MODEL = "test.realtime.live"
CHANNEL = "web_socketio.live"


@pytest.fixture
def admin(site: Site) -> Login:
    return site.user("admin")


@pytest.fixture
def demo(connect: Connect) -> Client:
    return connect("demo", "/live", v=1)


def create(user: Login, **values: Any) -> int:
    return int(user.call(MODEL, "create", [values])[0])


def write(user: Login, number: int, **values: Any) -> None:
    user.call(MODEL, "write", [number], values)


def changes(client: Client, count: int) -> list[dict[str, Any]]:
    """Wait for so many changes; all must be of the model."""
    def enough() -> list[dict[str, Any]] | None:
        events = client.events("changes")
        found = [change for model, told, *_ in events for change in told if model == MODEL]
        return found if len(found) >= count else None

    return client.wait_until(enough, f"{count} changes")


def published(sql: Callable[..., Any], since: int) -> list[dict[str, Any]]:
    query = "SELECT payload FROM web_socketio_log WHERE channel = %s AND id > %s ORDER BY id"
    return [row[0] for row in sql(query, [CHANNEL, since])]


@pytest.fixture
def last(sql: Callable[..., Any]) -> int:
    """The id of the newest message before the test."""
    return int(sql("SELECT coalesce(max(id), 0) FROM web_socketio_log")[0][0])


def test_a_change_is_told_without_values(demo: Client, admin: Login) -> None:
    number, other = create(admin, name="a"), create(admin, name="b")
    assert demo.call("watch", MODEL, [number]) == [number]
    write(admin, other, name="not followed")
    write(admin, number, name="secret")
    (change,) = changes(demo, 1)
    (read,) = admin.call(MODEL, "read", [number], ["write_date"])
    assert change == {
        "changed": [number], "gone": [], "uid": admin.uid(), "page": None,
        "write_date": read["write_date"],
    }


def test_a_deletion_is_told_to_those_who_follow_the_record(demo: Client, admin: Login) -> None:
    number, other = create(admin, name="a"), create(admin, name="b")
    demo.call("watch", MODEL, [number], True)
    admin.call(MODEL, "unlink", [other])
    admin.call(MODEL, "unlink", [number])
    (change,) = changes(demo, 1)
    assert (change["changed"], change["gone"]) == ([], [number])


def test_everything_tells_of_new_records(demo: Client, admin: Login) -> None:
    assert demo.call("watch", MODEL, [], True) == []
    number = create(admin, name="new")
    assert [change["changed"] for change in changes(demo, 1)] == [[number]]


def test_only_what_may_be_read_is_told(demo: Client, admin: Login) -> None:
    secret = create(admin, name="a", user_id=admin.uid())
    assert demo.call("watch", MODEL, [secret], True) == []
    write(admin, secret, name="still secret")
    create(admin, name="secret, too", user_id=admin.uid())
    admin.call(MODEL, "unlink", [secret])
    number = create(admin, name="for all")
    assert [(c["changed"], c["gone"]) for c in changes(demo, 1)] == [([number], [])]


def test_rights_are_those_of_the_moment(demo: Client, admin: Login) -> None:
    number = create(admin, name="a")
    demo.call("watch", MODEL, [number])
    write(admin, number, user_id=admin.uid())
    assert [(c["changed"], c["gone"]) for c in changes(demo, 1)] == [([], [number])]
    write(admin, number, user_id=False)
    assert changes(demo, 2)[1]["changed"] == [number]


def test_what_is_computed_from_a_change_changes_too(demo: Client, admin: Login) -> None:
    parent = create(admin, name="a")
    child = create(admin, name="b", parent_id=parent)
    demo.call("watch", MODEL, [child])
    write(admin, parent, name="other")
    assert [change["changed"] for change in changes(demo, 1)] == [[child]]


def test_a_transaction_publishes_once(
    admin: Login, sql: Callable[..., Any], last: int
) -> None:
    ids = admin.publish(["live_twice", "a"])
    assert [values["changed"] for values in published(sql, last)] == [ids]


def test_a_rolled_back_savepoint_publishes_nothing(
    admin: Login, sql: Callable[..., Any], last: int
) -> None:
    steps = [["live", "before"], ["rolled_back", [["live", "undone"]]],
             ["savepoint", [["live", "inside"]]], ["live", "after"]]
    admin.publish(*steps)
    names = dict(sql("SELECT id, name FROM test_realtime_live"))
    told = [names[number] for values in published(sql, last) for number in values["changed"]]
    assert told == ["before", "inside", "after"]


def test_many_ids_are_published_in_parts(
    admin: Login, sql: Callable[..., Any], last: int
) -> None:
    admin.call(MODEL, "create", [{"name": "x"}] * 1_001)
    assert [len(values["changed"]) for values in published(sql, last)] == [1_000, 1]


def test_a_page_recognises_what_it_did_itself(demo: Client, admin: Login) -> None:
    number = create(admin, name="a")
    demo.call("watch", MODEL, [number])
    admin.call(MODEL, "write", [number], {"name": "b"}, context={"web_socketio_page": "this one"})
    assert [change["page"] for change in changes(demo, 1)] == ["this one"]


def test_what_was_followed_is_replaced_and_ends(demo: Client, admin: Login) -> None:
    first, second, third = (create(admin, name=name) for name in "abc")
    demo.call("watch", MODEL, [first])
    demo.call("watch", MODEL, [second])
    write(admin, first, name="x")
    write(admin, second, name="x")
    assert changes(demo, 1)[0]["changed"] == [second]
    assert demo.call("watch", MODEL, []) == []
    write(admin, second, name="y")
    demo.call("watch", MODEL, [third])
    write(admin, third, name="y")
    assert changes(demo, 2)[1]["changed"] == [third]


def test_what_changed_meanwhile_is_told_to_who_comes_back(
    site: Site, connect: Connect, start: Callable[..., RealtimeServer], admin: Login
) -> None:
    number = create(admin, name="a")
    server = start(site.db)
    first = connect("demo", "/live", v=1, server=server)
    first.call("watch", MODEL, [number])
    position = first.wait_for("web_socketio:position")[-1][0]["p"]
    first.disconnect()
    write(admin, number, name="meanwhile")
    again = connect("demo", "/live", v=1, server=server, auth={"position": position})
    again.call("watch", MODEL, [number])
    assert changes(again, 1)[0]["changed"] == [number]


@pytest.mark.parametrize("model", ["test.realtime.item", "no.such.model"])
def test_a_model_that_is_not_live_says_how_to_make_it_so(demo: Client, model: str) -> None:
    with pytest.raises(Rejected, match=rf"{model} is not live: .*web\.socketio\.live\.mixin"):
        demo.call("watch", model, [1])


def test_a_model_that_may_not_be_read_is_refused(site: Site, connect: Connect) -> None:
    site.new_user("live portal", group="group_portal")
    portal = connect("live portal", "/live", v=1)
    with pytest.raises(Rejected) as refused:
        portal.call("watch", MODEL, [])
        portal.call("watch", MODEL, [], True)
    assert refused.value.name == "AccessError"


@pytest.mark.parametrize(
    "arguments", [(1, []), (MODEL, 1), (MODEL, [True]), (MODEL, ["1"]), (MODEL, list(range(1_001)))]
)
def test_nonsense_and_too_much_are_refused(demo: Client, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(Rejected) as refused:
        demo.call("watch", *arguments)
    assert refused.value.name == "UserError"
