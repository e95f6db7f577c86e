"""Adapters and routing: who gets what, who is asked how often, and who can hurt whom."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsocketio.adapter import AbstractAdapter, check_adapter, check_index
from pgsocketio.message import Message
from pgsocketio.position import Position, Snapshot, Stamp
from pgsocketio.routes import Routes

from .listeners import All, Collector, Scanned, ToRoom

STAMP = Stamp(0, Position("0" * 16, Snapshot(1, 1)), 0)
_ids = itertools.count(1)


def message(channel: str = "chat", **values: Any) -> Message:
    return Message(next(_ids), channel, 2, "", values, xid=1)


def listen(routes: Routes, adapter: type[AbstractAdapter], *args: Any) -> Collector:
    collector = Collector()
    routes.add(collector, adapter, args)
    return collector


def test_a_channel_is_its_own() -> None:
    routes = Routes()
    chat = listen(routes, All)
    here = message()
    routes.deliver([message("other"), here, message("chat2")], STAMP)
    assert chat.batches == [[here]]
    assert chat.messages[0] is here
    assert chat.stamps == [STAMP]


ROOMS = st.sampled_from([0, 1, 2, 1.0, True, False, None, "", "1", "a"])


@given(st.lists(ROOMS), st.lists(ROOMS, min_size=1))
def test_the_index_chooses_as_asking_would(rooms: list[Any], listened: list[Any]) -> None:
    routes = Routes()
    messages = [message(room=room) for room in rooms]
    indexed = [(room, listen(routes, ToRoom, room)) for room in listened]
    routes.deliver(messages, STAMP)
    for room, collector in indexed:
        expected = [m for m in messages if same(m["values"]["room"], room)]
        assert collector.messages == expected


def same(one: Any, other: Any) -> bool:
    """Equal, but True is not 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def test_true_is_not_one_in_any_argument() -> None:
    routes = Routes()
    seen: list[tuple[Any, ...]] = []

    class Asked(AbstractAdapter):
        channel = "chat"

        def get(self, messages: Sequence[Message], *args: Any) -> Sequence[Message]:
            seen.append(args)
            return messages

    for args in ((1, "a"), (True, "a"), (1, "a")):
        listen(routes, Asked, *args)
    routes.deliver([message()], STAMP)
    assert [tuple(map(repr, args)) for args in seen] == [("1", "'a'"), ("True", "'a'")]


def test_an_index_asks_nobody_else() -> None:
    asked: list[Any] = []

    class Counting(ToRoom):
        def get(self, messages: Sequence[Message], *args: Any) -> Sequence[Message]:
            asked.append((args, len(messages)))
            return messages

    routes = Routes()
    for room in range(1_000):
        listen(routes, Counting, room)
    routes.deliver([message(room=7), message(room=8), message(room=7)], STAMP)
    assert asked == [((7,), 2), ((8,), 1)]


def test_a_message_without_the_index_reaches_who_listens_to_none() -> None:
    routes = Routes()
    room, none = listen(routes, ToRoom, 1), listen(routes, ToRoom, None)
    routes.deliver([message(text="x")], STAMP)
    assert (len(room.messages), len(none.messages)) == (0, 1)


def test_an_indexed_adapter_without_arguments_gets_all() -> None:
    routes = Routes()
    everyone = listen(routes, ToRoom)
    routes.deliver([message(room=1), message(room=2)], STAMP)
    assert len(everyone.messages) == 2


@pytest.mark.parametrize("value", [["a"], {"a": 1}, {"a"}, ("a",), b"a", object()])
def test_what_an_index_cannot_find_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="ToRoom is indexed by 'room': its first argument"):
        check_index(ToRoom, (value,))
    check_index(Scanned, (value,))


def test_a_group_is_asked_once() -> None:
    asked = 0

    class Counting(Scanned):
        def get(self, messages: Sequence[Message], *args: Any) -> Sequence[Message]:
            nonlocal asked
            asked += 1
            return super().get(messages, *args)

    routes = Routes()
    group = [listen(routes, Counting, "a", [1]) for _ in range(3)]  # a list cannot be hashed
    one_list = [2]
    routes.add(Collector(), Counting, ("a", one_list))
    routes.add(Collector(), Counting, ("a", one_list))
    listen(routes, Counting, "b")
    wanted = message(room="a")
    routes.deliver([wanted, message(room="c")], STAMP)
    assert asked == 5  # lists are equal only to themselves: three groups, one, and "b"
    assert all(collector.messages == [wanted] for collector in group)


def test_get_chooses_but_order_is_the_logs() -> None:
    class Backwards(AbstractAdapter):
        channel = "chat"

        def get(self, messages: Sequence[Message], *args: Any) -> Sequence[Message]:
            return [*reversed(messages), messages[0]]

    routes = Routes()
    collector = listen(routes, Backwards)
    messages = [message() for _ in range(3)]
    routes.deliver(messages, STAMP)
    assert collector.messages == messages


def raises(_messages: list[Message]) -> Any:
    raise ValueError("broken")


def changes(messages: list[Message]) -> Any:
    messages[0]["values"]["text"] = "changed"
    return messages


def empties(messages: list[Message]) -> Any:
    chosen = messages[:1]
    messages.clear()
    return chosen


BAD: list[tuple[str, Callable[[list[Message]], Any], int, str]] = [
    ("raises", raises, 0, "failed in get()"),
    ("changes", changes, 0, "failed in get()"),
    ("returns nothing", lambda messages: None, 0, "failed in get()"),
    ("returns a number", lambda messages: 5, 0, "failed in get()"),
    ("returns a copy", lambda messages: [dict(messages[0])], 0, "what it was not given"),
    ("returns a stranger", lambda messages: [*messages, message()], 2, "what it was not given"),
    ("returns text", lambda messages: "chat", 0, "what it was not given"),
    ("empties the list", empties, 1, ""),
    ("yields", lambda messages: iter(messages), 2, ""),
]


@pytest.mark.parametrize(("get", "kept", "logged"), [case[1:] for case in BAD],
                         ids=[case[0] for case in BAD])  # fmt: skip
def test_a_bad_adapter_is_named_and_hurts_no_one_else(
    get: Callable[[list[Message]], Any], kept: int, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Bad(AbstractAdapter):
        channel = "chat"

        def get(self, messages: Sequence[Message], *args: Any) -> Any:
            return get(list(messages)) if get is not empties else get(messages)  # type: ignore

    routes = Routes()
    before, bad, after = listen(routes, All), listen(routes, Bad), listen(routes, Scanned, "a")
    messages = [message(room="a"), message(room="a")]
    with caplog.at_level(logging.ERROR):
        routes.deliver(messages, STAMP)
    assert before.messages == after.messages == messages
    assert bad.messages == messages[:kept]
    assert len(caplog.records) == bool(logged)
    assert logged in caplog.text
    if logged:
        assert f"{Bad.__module__}.{Bad.__qualname__}" in caplog.text


def test_a_listener_that_fails_hurts_no_one_else(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Collector):
        def deliver(self, messages: Sequence[Message], stamp: Stamp) -> None:
            raise ValueError("broken")

    routes = Routes()
    before = listen(routes, All)
    routes.add(Failing(), All, ())
    after = listen(routes, All)
    routes.deliver([message()], STAMP)
    assert len(before.messages) == len(after.messages) == 1
    assert "a listener of All failed" in caplog.text


def test_who_leaves_during_delivery_gets_nothing_more() -> None:
    routes = Routes()
    last = Collector()

    class Kicks(Collector):
        def deliver(self, messages: Sequence[Message], stamp: Stamp) -> None:
            routes.remove(last)
            routes.remove(self)

    routes.add(Kicks(), All, ())
    middle = listen(routes, All)
    routes.add(last, All, ())
    routes.deliver([message()], STAMP)
    assert (len(middle.messages), len(last.messages)) == (1, 0)


def test_who_joins_during_delivery_waits_for_the_next() -> None:
    routes = Routes()
    newcomer = Collector()

    class Invites(Collector):
        def deliver(self, messages: Sequence[Message], stamp: Stamp) -> None:
            routes.add(newcomer, All, ())

    routes.add(Invites(), All, ())
    routes.deliver([message()], STAMP)
    assert newcomer.messages == []


def test_nothing_is_kept_of_who_left() -> None:
    routes = Routes()
    everyone = [listen(routes, kind, room) for kind in (ToRoom, Scanned) for room in (1, 1, [2])]
    assert len(routes) == 6
    assert everyone[0] in routes
    for collector in [*everyone, everyone[0], Collector()]:
        routes.remove(collector)
    assert len(routes) == 0
    assert everyone[0] not in routes
    assert not routes._channels
    routes.deliver([message(room=1)], STAMP)
    assert all(collector.messages == [] for collector in everyone)


def test_long_deliveries_give_way() -> None:
    breaths: list[int] = []
    routes = Routes(lambda: breaths.append(sum(len(c.messages) for c in everyone)), batch=10)
    everyone = [listen(routes, All) for _ in range(25)]
    routes.deliver([message()], STAMP)
    assert breaths == [10, 20]


def test_many_messages_to_one_listener_each_give_way_as_one_to_many() -> None:
    breaths: list[int] = []
    routes = Routes(lambda: breaths.append(sum(len(c.messages) for c in everyone)), batch=10)
    everyone = [listen(routes, ToRoom, room) for room in range(25)]
    routes.deliver([message(room=room) for room in range(25)], STAMP)
    assert breaths == [10, 20]


def test_who_leaves_while_others_breathe_gets_nothing_more() -> None:
    routes = Routes(lambda: routes.remove(everyone[1]), batch=1)
    everyone = [listen(routes, All) for _ in range(3)]
    routes.deliver([message()], STAMP)
    assert [len(collector.messages) for collector in everyone] == [1, 0, 1]


@pytest.mark.parametrize("thing", [AbstractAdapter, All(), "chat", None, int, Collector])
def test_what_is_no_adapter(thing: object) -> None:
    with pytest.raises(TypeError):
        check_adapter(thing)


def test_the_base_class_passes_all_on() -> None:
    messages = [message(a=1)]
    plain = {"id": 1}
    assert All().get(messages, 1, 2) == messages
    assert All().format(plain, 1, 2) is plain
    assert check_adapter(All) is All
