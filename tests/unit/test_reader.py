"""``listen`` and ``validate``: the loop of 2013."""

from __future__ import annotations

from typing import Any

import pytest

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.errors import Disconnected, HandlerError
from pgsocketio.namespace import BaseNamespace
from pgsocketio.reader import Reader
from pgsocketio.testing import NamespaceDriver

from .listeners import All, ToRoom
from .pages import V1, Make, Page, Quiet, echo


class Numbered(AbstractAdapter):
    """Shows the number only, and cannot show 13."""

    channel = "chat"

    def format(self, message: dict[str, Any], *args: Any) -> Any:
        if message["values"]["n"] == 13:
            raise ValueError("superstition")
        message["values"]["n"] *= 10
        return [*args, message["values"]["n"]]


# -- listen ------------------------------------------------------------------------------------


def test_listen_waits_and_returns_what_came_in_order(page: Make) -> None:
    got: list[Any] = []

    def loop(reader: Reader) -> None:
        while True:
            got.append([message["values"]["n"] for message in reader.listen()])

    one = page(loop)
    assert got == []
    one.publish(1, 2)
    one.client.settle()
    one.publish(3)
    one.client.settle()
    assert got == [[1, 2], [3]]


def test_messages_are_shown_by_the_adapter(page: Make) -> None:
    got: list[Any] = []
    one = page(lambda reader: got.append(reader.listen("a", 2)), Numbered)
    one.publish(1, 2)
    one.client.settle()
    assert got == [[["a", 2, 10], ["a", 2, 20]]]


def test_what_listen_returns_may_be_changed(page: Make) -> None:
    def loop(reader: Reader) -> None:
        for message in reader.listen():
            message["values"]["n"] = "changed"

    one, other = page(loop), []
    beside = NamespaceDriver(Quiet, beside=one.client)
    beside.namespace.spawn(
        lambda: other.append(beside.namespace.socket.jobs.reader(All).listen())
    )
    one.client.settle()
    one.publish(1)
    one.client.settle()
    assert other[0][0]["values"] == {"n": 1}


def test_what_cannot_be_shown_is_left_out(
    page: Make, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[Any] = []

    def loop(reader: Reader) -> None:
        while True:
            got.append(reader.listen())

    one = page(loop, Numbered)
    one.publish(1, 13, 2)
    one.client.settle()
    one.publish(13)
    one.client.settle()
    one.publish(3)
    one.client.settle()
    assert got == [[[10], [20]], [[30]]]
    assert "Numbered failed in format(); message 2 is left out" in caplog.text


def test_listen_with_a_time_out(page: Make) -> None:
    got: list[Any] = []

    def loop(reader: Reader) -> None:
        got.append((reader.listen(timeout=5), one_clock()))
        got.append((len(reader.listen(timeout=5)), one_clock()))

    def one_clock() -> float:
        return float(clock[0].socket.runtime.monotonic())

    clock: list[Page] = []
    clock.append(page(lambda reader: reader.listen(timeout=0.5)))
    one = page(loop)
    clock[0] = one
    one.client.advance(5)
    assert got == [([], 5.0)]
    one.publish(1)
    one.client.settle()
    assert got[1] == (1, 5.0)


def test_an_indexed_listener_gets_its_own(page: Make) -> None:
    got: list[Any] = []
    one = page(lambda reader: got.extend(reader.listen("b")), ToRoom)
    for room in "abc":
        one.client.database.publish("chat", room=room)
    one.client.settle()
    assert [message["values"]["room"] for message in got] == ["b"]


def test_an_argument_that_no_message_can_equal_is_an_error_not_silence(page: Make) -> None:
    one = page(lambda reader: reader.listen(["a", "b"]), ToRoom)
    [error] = one.ended
    assert isinstance(error, TypeError)
    assert "indexed by 'room'" in str(error)
    assert len(one.client.database.hub.routes) == 0


def test_other_arguments_begin_where_the_last_ended(page: Make) -> None:
    got: list[Any] = []

    def loop(reader: Reader) -> None:
        for room in ("a", "b", "a"):
            messages = reader.listen(room)
            got.append([message["values"]["n"] for message in messages])

    one = page(loop, ToRoom)
    for number, room in enumerate("abba"):
        one.client.database.publish("chat", room=room, n=number)
    one.client.settle()
    assert got == [[0, 3], [1, 2]]  # and of "a" nothing twice
    one.client.database.publish("chat", room="a", n=4)
    one.client.settle()
    assert got[2] == [4]


@pytest.mark.parametrize("way", ["drop", "disconnect"])
def test_listen_ends_with_the_client(page: Make, way: str) -> None:
    def stubborn(reader: Reader) -> None:
        while True:
            try:
                reader.listen()
            except Exception:
                continue

    one = page(stubborn)
    getattr(one.client, way)()
    assert isinstance(one.ended[0], Disconnected)


def test_listening_ends_with_the_job(page: Make) -> None:
    one = page(lambda reader: reader.listen(timeout=1))
    routes = one.client.database.hub.routes
    assert len(routes) == 1
    one.client.advance(1)
    assert one.ended == [None]
    assert len(routes) == 0


def test_there_is_nothing_to_listen_to_before_the_client_is_let_in() -> None:
    class Locked(BaseNamespace):
        def get_scope(self) -> None:
            return None

        def on_listen(self) -> None:
            self.socket.jobs.reader(All).listen()

    with NamespaceDriver(Locked) as client:
        [answer] = client.call("listen")
        assert answer["error"]["message"].startswith("no database to listen to")


# -- validate ----------------------------------------------------------------------------------


def test_what_is_not_valid_comes_again_but_not_at_once(page: Make) -> None:
    got: list[Any] = []
    answers = iter([False, False, True, True])

    def loop(reader: Reader) -> None:
        for ok in answers:
            got.append([message["values"]["n"] for message in reader.listen()])
            reader.validate(ok)

    one = page(loop)
    one.publish(1, 2)
    one.client.settle()
    one.publish(3)
    one.client.settle()
    assert got == [[1, 2]]
    one.client.advance(5)
    assert got == [[1, 2], [1, 2], [1, 2], [3]]


def test_validate_without_messages_does_nothing(page: Make) -> None:
    def loop(reader: Reader) -> None:
        reader.validate()
        reader.validate(False)
        assert reader.listen(timeout=1) == []
        reader.validate(False)
        assert reader.listen(timeout=1) == []

    one = page(loop)
    one.client.advance(5)
    assert one.ended == [None]


# -- where it starts ---------------------------------------------------------------------------


def test_a_client_that_returns_gets_what_it_missed(page: Make) -> None:
    first = page(echo, **V1)
    database = first.client.database
    position = str(database.position())
    first.publish(1, 2, 3)
    [packet] = first.packets()
    key = packet.data[-1]["s"]
    first.client.drop()
    first.publish(4)

    back = NamespaceDriver(
        Quiet, {"v": 1, "position": position, "seen": {key: [1]}}, beside=first.client
    )
    got: list[Any] = []

    def job() -> None:
        reader = back.namespace.socket.jobs.reader(All)
        got.extend(message["values"]["n"] for message in reader.listen())

    back.namespace.spawn(job)
    back.settle()
    assert got == [2, 3, 4]


def test_a_class_that_is_no_adapter_is_refused_at_once(page: Make) -> None:
    one = page(lambda reader: None)
    with pytest.raises(TypeError):
        one.socket.listeners.new_reader(Quiet, "name")
    assert not isinstance(one.ended[0], HandlerError)
