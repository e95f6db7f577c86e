"""``secure_emit``: until the client has acknowledged; and the envelopes of what is emitted."""

from __future__ import annotations

import itertools
import logging
from typing import Any

import pytest

from pgsocketio.errors import Disconnected
from pgsocketio.reader import Reader
from pgsocketio.wire import UNDELIVERED

from .pages import V1, Loop, Make, echo, numbers

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
    assert one.socket.unacknowledged == 1  # the first is not awaited any more
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
        assert most / 2 - 0.02 <= pause <= most + 0.02  # seen at steps of 0.01 s


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
