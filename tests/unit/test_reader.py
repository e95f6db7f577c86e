"""``listen``, ``validate`` and ``secure_emit``: the loop of 2013, with its guarantees."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.errors import Disconnected, HandlerError
from pgsocketio.namespace import BaseNamespace
from pgsocketio.packet import Packet
from pgsocketio.reader import Reader
from pgsocketio.testing import NamespaceDriver
from pgsocketio.wire import UNDELIVERED

from .listeners import All, ToRoom


class Numbered(AbstractAdapter):
    """Shows the number only, and cannot show 13."""

    channel = "chat"

    def format(self, message: dict[str, Any], *args: Any) -> Any:
        if message["values"]["n"] == 13:
            raise ValueError("superstition")
        message["values"]["n"] *= 10
        return [*args, message["values"]["n"]]


class Quiet(BaseNamespace):
    """Nothing; the tests start its jobs."""


Loop = Callable[[Reader], None]


class Page:
    """A client whose namespace runs one job that listens."""

    def __init__(
        self, loop: Loop, adapter: type[AbstractAdapter] = All, **options: Any
    ) -> None:
        self.client = NamespaceDriver(Quiet, **options)
        self.ended: list[BaseException | None] = []
        namespace = self.client.namespace
        self.socket = namespace.socket

        def job() -> None:
            try:
                loop(namespace.socket.jobs.reader(adapter))
            except BaseException as error:
                self.ended.append(error)
                raise
            self.ended.append(None)

        self.job = namespace.spawn(job)
        self.client.settle()
        self.client.take()

    def publish(self, *numbers: int) -> None:
        for number in numbers:
            self.client.database.publish("chat", n=number)

    def packets(self) -> list[Packet]:
        return self.client.packets()


@pytest.fixture
def page() -> Iterator[Callable[..., Page]]:
    """Makes pages, and ends them."""
    made: list[Page] = []

    def make(loop: Loop, adapter: type[AbstractAdapter] = All, **options: Any) -> Page:
        made.append(Page(loop, adapter, **options))
        return made[-1]

    yield make
    for one in made:
        one.client.close()


V1 = {"auth": {"v": 1}}
Make = Callable[..., Page]


def echo(reader: Reader) -> None:
    """The handler of 2013."""
    while True:
        messages = reader.listen()
        reader.secure_emit("say", [message["values"]["n"] for message in messages])


def numbers(packets: list[Packet]) -> list[Any]:
    return [packet.data[1] for packet in packets if packet.data[0] == "say"]


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


# -- secure_emit -------------------------------------------------------------------------------


def test_it_is_done_when_the_client_acknowledged(page: Make) -> None:
    done: list[bool] = []

    def loop(reader: Reader) -> None:
        reader.listen()
        done.append(reader.secure_emit("say", 1))
        reader.listen()

    one = page(loop)
    one.publish(1)
    [packet] = one.packets()
    assert packet.id is not None
    assert done == []
    one.client.acknowledge(packet)
    assert done == [True]


def test_without_an_acknowledgement_the_messages_go_out_again_in_order(page: Make) -> None:
    one = page(echo)
    one.publish(1, 2)
    assert numbers(one.packets()) == [[1, 2]]
    one.publish(3)
    one.client.advance(9.9)
    assert one.packets() == []
    one.client.advance(2)
    [packet] = one.packets()
    assert packet.data[1] == [1, 2]
    one.client.acknowledge(packet)
    assert numbers(one.packets()) == [[3]]


def test_a_late_acknowledgement_counts_for_nothing(page: Make) -> None:
    one = page(echo)
    one.publish(1)
    [first] = one.packets()
    one.client.advance(11)
    [second] = one.packets()
    one.client.acknowledge(first)
    one.publish(2)
    assert one.packets() == []
    one.client.acknowledge(second)
    assert numbers(one.packets()) == [[2]]


def test_after_five_attempts_the_line_moves_on(
    page: Make, caplog: pytest.LogCaptureFixture
) -> None:
    one = page(echo)
    one.publish(1, 2)
    one.client.settle()
    one.publish(3)
    one.client.advance(70)
    sent = [(packet.data[0], packet.data[1]) for packet in one.packets()]
    assert sent[:5] == [("say", [1, 2])] * 5
    assert sent[5] == (UNDELIVERED, {"event": "say", "ids": [1, 2]})
    assert sent[6] == ("say", [3])
    assert one.client.server.counters["undelivered"] == 1
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "'say' was not acknowledged 5 times; given up: messages [1, 2]" in record.getMessage()
    assert record.getMessage().startswith("Quiet.job")


def test_each_attempt_waits_longer(page: Make) -> None:
    one = page(echo)
    times = []
    one.publish(1)
    for _ in range(6_000):
        if numbers(one.packets()):
            times.append(one.socket.runtime.monotonic())
        one.client.advance(0.01)
    pauses = [later - earlier - 10 for earlier, later in itertools.pairwise(times)]
    assert len(times) == 5
    for attempt, pause in enumerate(pauses, 1):
        most = 0.125 * 2**attempt
        assert most / 2 <= pause <= most + 0.02


def test_one_event_of_a_batch_that_fails_again_and_again(page: Make) -> None:
    """Two events a batch: that the second is acknowledged must not hide that the first is not."""

    def loop(reader: Reader) -> None:
        while True:
            reader.listen()
            reader.secure_emit("first")
            reader.secure_emit("second")

    one = page(loop, **V1)
    one.publish(1)
    rounds = []
    for _ in range(200):
        for packet in one.packets():
            if packet.data[0] == "second":
                one.client.acknowledge(packet)
            rounds.append((packet.data[0], packet.data[-1]))
        one.client.advance(1)
    names = [name for name, _envelope in rounds]
    assert names.count("first") == 5
    assert UNDELIVERED in names
    envelopes = [envelope for name, envelope in rounds if name == "second"][:4]
    assert all(envelope["ids"] == [1] for envelope in envelopes)
    assert len({envelope["s"] for envelope in envelopes}) == 1


def test_a_client_that_leaves_meanwhile_ends_the_wait(page: Make) -> None:
    done: list[bool] = []

    def loop(reader: Reader) -> None:
        reader.listen()
        done.append(reader.secure_emit("say", 1))
        reader.listen()

    one = page(loop)
    one.publish(1)
    one.client.settle()
    one.client.drop()
    assert done == [False]
    assert isinstance(one.ended[0], Disconnected)


def test_secure_emit_without_messages(page: Make) -> None:
    done: list[bool] = []

    def loop(reader: Reader) -> None:
        reader.listen(timeout=1)
        done.append(reader.secure_emit("say"))
        done.append(reader.secure_emit("say"))

    one = page(loop)
    one.client.advance(1)
    one.client.acknowledge(one.packets()[0])
    one.client.advance(10)
    assert done == [True, False]


# -- envelopes ---------------------------------------------------------------------------------


def envelopes(page: Make, loop: Loop, count: int = 3) -> list[Any]:
    one = page(loop, **V1)
    one.publish(*range(count))
    return [packet.data[-1] for packet in one.packets() if packet.data[0] == "say"]


def test_the_envelope_names_the_messages_of_the_batch(page: Make) -> None:
    [envelope] = envelopes(page, lambda reader: (reader.listen(), reader.secure_emit("say")))
    assert envelope["ids"] == [1, 2, 3]
    assert envelope["g"] >= 0


def test_the_envelope_names_the_very_messages_that_are_sent(page: Make) -> None:
    def loop(reader: Reader) -> None:
        socket = one_socket(reader)
        messages = reader.listen()
        for message in messages:
            socket.emit("say", [message], envelope=reader.envelope("say", [message]))
        socket.emit("say", [messages[1:]], envelope=reader.envelope("say", [messages[1:]]))
        socket.emit("say", [5], envelope=reader.envelope("say", [5]))
        socket.emit("say", [messages], envelope=reader.envelope("say", [messages]))

    got = envelopes(page, loop)
    assert [envelope["ids"] for envelope in got] == [
        [1], [2], [3], [2, 3], [1, 2, 3], [1, 2, 3],
    ]  # fmt: skip
    assert len({envelope["s"] for envelope in got}) == len(got)


def one_socket(reader: Reader) -> Any:
    return reader._socket


def test_events_outside_of_a_batch_carry_null(page: Make) -> None:
    def loop(reader: Reader) -> None:
        one_socket(reader).emit("say", [], envelope=reader.envelope("say", []))
        reader.listen()
        reader.listen(timeout=1)
        one_socket(reader).emit("say", [], envelope=reader.envelope("say", []))

    one = page(loop, **V1)
    one.publish(1)
    one.client.advance(2)
    assert [packet.data[-1] for packet in one.packets()] == [None]  # the first came before


def test_a_plain_client_gets_no_envelope(page: Make) -> None:
    one = page(echo)
    one.publish(1)
    assert [packet.data for packet in one.packets()] == [["say", [1]]]


def test_the_same_handler_has_the_same_subscription_after_a_restart(page: Make) -> None:
    def loop(reader: Reader) -> None:
        reader.listen()
        reader.secure_emit("say")

    names = {envelopes(page, loop)[0]["s"] for _restart in range(2)}
    assert len(names) == 1


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
        one.socket.new_reader(Quiet, "name")
    assert not isinstance(one.ended[0], HandlerError)
