"""What travels as JSON, what does not and how that is said, and messages nobody can change."""

from __future__ import annotations

import copy
import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsocketio.errors import NotEncodable, PayloadTooLarge, Unreadable
from pgsocketio.message import (
    MAX_DEPTH,
    MAX_VALUES,
    FrozenDict,
    FrozenList,
    Message,
    dumps,
    encode_values,
    freeze,
    loads,
    thaw,
    to_json,
)

TEXT = st.text(max_size=8).map(lambda text: text.replace("\0", ""))
NUMBER = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
NEPAL = datetime.timezone(datetime.timedelta(hours=5, minutes=45))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime.datetime(2026, 2, 3, 4, 5, 6, 789), '"2026-02-03 04:05:06"'),
        (datetime.datetime(2026, 2, 3, 4, 5, 6, tzinfo=NEPAL), '"2026-02-02 22:20:06"'),
        (datetime.date(2026, 2, 3), '"2026-02-03"'),
        (b"bytes \xc3\xa9", '"bytes é"'),
        ("é\u2028", '"é\u2028"'),
        ((1, "a"), '[1,"a"]'),
        ({"a": [None, True, 1.5]}, '{"a":[null,true,1.5]}'),
        ({1: "int keys are strings"}, '{"1":"int keys are strings"}'),
        (FrozenDict(a=FrozenList([1])), '{"a":[1]}'),
    ],
)
def test_encodes(value: Any, text: str) -> None:
    assert dumps(value) == text


@given(st.dictionaries(TEXT, JSON, max_size=3))
def test_json_values_survive(values: dict[str, Any]) -> None:
    assert json.loads(encode_values(values)) == values


class Colour:
    """Nothing that JSON knows."""


CIRCLE: dict[str, Any] = {}
CIRCLE["again"] = CIRCLE


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"a": {"b": [1, Colour()]}}, "a.b[1]: Colour cannot travel as JSON"),
        ({"a": {1, 2}}, "a: set cannot travel as JSON"),
        ({"a": float("nan")}, "a: "),
        ({"rate": [float("inf")]}, "rate[0]: "),
        ({"name": "half \ud83d"}, "name: a lone surrogate is no character"),
        ({"half \ud83d": 1}, "a lone surrogate is no character"),
        ({"name": "a\0b"}, "name: PostgreSQL's jsonb has no NUL character"),
        ({"a": {"k\0": 1}}, "PostgreSQL's jsonb has no NUL character"),
        ({"text": "\\\0"}, "text: PostgreSQL's jsonb has no NUL character"),
        ({"a": {(1, 2): 3}}, "a.(1, 2): a key is tuple, not a string"),
        ({"file": b"\xff\xfe"}, "file: bytes that are not UTF-8 text; encode them as base64"),
        (CIRCLE, "nested more than 100 deep"),
        ({"a": json.loads("[" * 100 + "]" * 100)}, "nested more than 100 deep"),
        ([1], "the values of a message are an object, not list"),
    ],
)
def test_what_cannot_travel_is_named(values: Any, complaint: str) -> None:
    with pytest.raises(NotEncodable) as caught:
        encode_values(values)
    assert complaint in str(caught.value)


def nested(depth: int, inside: str = "1") -> str:
    """So many lists within each other, as JSON."""
    return "[" * depth + inside + "]" * depth


def test_as_deep_as_may_be() -> None:
    text = nested(MAX_DEPTH)
    assert json.dumps(loads(text)) == text
    assert len(loads("[" + "[]," * 200 + "[]]")) == 201


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (nested(MAX_DEPTH + 1), "nested more than 100 deep"),
        (nested(MAX_DEPTH + 1, ""), "nested more than 100 deep"),
        ('{"a":' * 101 + "1" + "}" * 101, "nested more than 100 deep"),
        (nested(100_000), "recursion"),
        ("1" + "0" * 5_000, "5001 digits"),
        ("1" + "0" * 400 + ".5", "beyond floating point"),
        ("-1e400", "beyond floating point"),
    ],
    ids=lambda text: text[:20],
)
def test_what_postgresql_holds_and_nobody_else_is_unreadable(text: str, complaint: str) -> None:
    with pytest.raises(Unreadable, match=complaint):
        loads(text)


def test_the_letters_of_an_escaped_nul_may_travel() -> None:
    assert json.loads(encode_values({"text": "\\u0000"})) == {"text": "\\u0000"}


def test_a_type_can_be_registered() -> None:
    class Lazy:
        def __str__(self) -> str:
            return "later"

    to_json.register(Lazy, str)
    assert encode_values({"a": Lazy()}) == '{"a":"later"}'


def test_size_is_counted_in_bytes() -> None:
    frame = len('{"a":""}')
    encode_values({"a": "é" * ((MAX_VALUES - frame) // 2)})
    with pytest.raises(PayloadTooLarge) as caught:
        encode_values({"a": "é" * ((MAX_VALUES - frame) // 2 + 1)})
    assert str(MAX_VALUES) in str(caught.value)
    assert "send the id of a record" in str(caught.value)


def message(**values: Any) -> Message:
    return Message(7, "chat", 2, "2026-01-01T00:00:00+00:00", values, xid=9, size=11)


DICT_CHANGES: list[Callable[[Any], Any]] = [
    lambda d: d.__setitem__("a", 1),
    lambda d: d.__delitem__("a"),
    lambda d: d.__ior__({"a": 1}),
    lambda d: d.clear(),
    lambda d: d.pop("a"),
    lambda d: d.popitem(),
    lambda d: d.setdefault("b", 1),
    lambda d: d.update(a=1),
]
LIST_CHANGES: list[Callable[[Any], Any]] = [
    lambda items: items.__setitem__(0, 1),
    lambda items: items.__delitem__(0),
    lambda items: items.__iadd__([1]),
    lambda items: items.__imul__(2),
    lambda items: items.append(1),
    lambda items: items.clear(),
    lambda items: items.extend([1]),
    lambda items: items.insert(0, 1),
    lambda items: items.pop(),
    lambda items: items.remove(3),
    lambda items: items.reverse(),
    lambda items: items.sort(),
]


@pytest.mark.parametrize("change", DICT_CHANGES)
def test_a_message_cannot_be_changed(change: Callable[[Any], Any]) -> None:
    shared = message(a={"a": 3})
    for target in (shared, shared["values"], shared["values"]["a"]):
        before = repr(shared)
        with pytest.raises(TypeError, match="shared by all listeners"):
            change(target)
        assert repr(shared) == before


@pytest.mark.parametrize("change", LIST_CHANGES)
def test_lists_in_a_message_cannot_be_changed(change: Callable[[Any], Any]) -> None:
    shared = message(a=[3, [4]])
    for target in (shared["values"]["a"], shared["values"]["a"][1]):
        with pytest.raises(TypeError, match="shared by all listeners"):
            change(target)
    assert shared["values"] == {"a": [3, [4]]}


@pytest.mark.parametrize("way", [thaw, copy.deepcopy])
def test_a_thawed_copy_is_plain_all_through(way: Callable[[Any], Any]) -> None:
    shared = message(a=[{"b": 1}])
    mine = way(shared)
    mine["values"]["a"][0]["b"] = 2
    mine["values"]["a"].append(3)
    mine["id"] = None
    assert shared["values"] == {"a": [{"b": 1}]}
    assert shared["id"] == 7


@given(JSON)
def test_freeze_and_thaw_change_nothing(value: Any) -> None:
    assert freeze(value) == value
    assert thaw(freeze(value)) == value
    assert dumps(freeze(value)) == dumps(value)


def test_what_a_message_is_made_of_can_change_later() -> None:
    values = {"a": [1]}
    shared = Message(7, "chat", None, "", values)
    values["a"].append(2)
    assert shared["values"] == {"a": [1]}
    assert set(shared) == {"id", "channel", "uid", "date", "values"}
