"""Messages are formatted and encoded once for all that are shown the same."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.message import Message
from pgsocketio.reader import Reader
from pgsocketio.shown import is_unchanged, show

from .pages import V1, Make


class Counting(AbstractAdapter):
    channel = "chat"
    formatted = 0

    def format(self, message: dict[str, Any], *args: Any) -> Any:
        type(self).formatted += 1
        return {"n": message["values"]["n"], "more": [1, 2.0, None], "args": args}


@pytest.fixture(autouse=True)
def _from_zero() -> None:
    Counting.formatted = 0


def message(**values: Any) -> Message:
    return Message(1, "chat", 2, "2026-01-01T00:00:00Z", values, xid=5)


def test_equal_listeners_are_shown_equal_things_of_their_own() -> None:
    one = message(n=1)
    shown = [show(Counting(), [one], ("a",), "key")[0][0] for _ in range(5)]
    assert Counting.formatted == 1
    assert shown == [{"n": 1, "more": [1, 2.0, None], "args": ("a",)}] * 5
    shown[0]["more"].append("mine")
    assert all(len(other["more"]) == 3 for other in shown[1:])
    assert len(show(Counting(), [one], ("a",), "key")[0][0]["more"]) == 3


def test_others_are_formatted_for_themselves() -> None:
    one = message(n=1)
    for key in ("a", "b"):
        assert show(Counting(), [one], (key,), key)[0][0]["args"] == (key,)
    assert Counting.formatted == 2


def test_what_is_more_than_json_is_formatted_for_each() -> None:
    class Dated(AbstractAdapter):
        channel = "chat"

        def format(self, message: dict[str, Any], *args: Any) -> Any:
            return {"day": datetime.date(2026, 1, 1)}

    one = message(n=1)
    first, second = (show(Dated(), [one], (), "key")[0][0] for _ in range(2))
    assert first == second
    assert first is not second
    assert not is_unchanged(first, one, "key")


@pytest.mark.parametrize("change", [{"n": True}, {"n": 1.0}, {"n": 2}, {"m": 1}])
def test_a_change_is_seen_whatever_it_is(change: dict[str, Any]) -> None:
    one = message(n=1)
    [[value], _] = show(Counting(), [one], (), "key")
    assert is_unchanged(value, one, "key")
    value.update(change)
    assert not is_unchanged(value, one, "key")


def test_each_client_is_sent_what_its_handler_made_of_it(page: Make) -> None:
    def as_it_is(reader: Reader) -> None:
        for value in reader.listen():
            reader.emit("say", (value,))

    def changed(reader: Reader) -> None:
        for value in reader.listen():
            value["n"] = True
            reader.emit("say", (value,))

    first = page(as_it_is, Counting, **V1)
    others = [page(loop, Counting, beside=first.client, **V1) for loop in (changed, as_it_is)]
    first.publish(1)
    first.client.settle()
    sent = [[p.data for p in each.packets() if p.data[0] == "say"][0] for each in (first, *others)]
    assert Counting.formatted == 1
    assert [data[1]["n"] for data in sent] == [1, True, 1]
    assert sent[1][1]["n"] is True
    assert sent[0] == sent[2]
    assert sent[0][2]["ids"] == [1]
