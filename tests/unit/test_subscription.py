"""Declarative subscriptions: events without a job, acknowledged ones with their repetitions."""

from __future__ import annotations

from typing import Any

import pytest

from pgsocketio import packet as sio
from pgsocketio.adapter import AbstractAdapter
from pgsocketio.feed import VOLATILE_BOUND
from pgsocketio.namespace import BaseNamespace
from pgsocketio.packet import Packet
from pgsocketio.settings import ServerSettings
from pgsocketio.subscription import Subscription
from pgsocketio.testing import NamespaceDriver
from pgsocketio.wire import POSITION, READY, RECOVERED, UNDELIVERED

from .listeners import All, ToRoom


class Number(AbstractAdapter):
    channel = "chat"
    formatted = 0

    def format(self, message: dict[str, Any], *args: Any) -> Any:
        type(self).formatted += 1
        return 100 // message["values"]["n"]


class Page(BaseNamespace):
    subscriptions = [Subscription("say", All)]


class Shown(BaseNamespace):
    subscriptions = [Subscription("say", Number)]


class Sure(BaseNamespace):
    subscriptions = [Subscription("say", Number, acknowledged=True)]


class Room(BaseNamespace):
    def on_enter(self, room: str) -> None:
        self.subscribe("say", ToRoom, room)

    def on_exit(self, room: str) -> None:
        self.unsubscribe("say", ToRoom, room)


V1 = {"v": 1}


def publish(client: NamespaceDriver, *numbers: int) -> None:
    for number in numbers:
        client.database.publish("chat", n=number)


def said(client: NamespaceDriver) -> list[Packet]:
    return [packet for packet in client.packets() if packet.data[0] == "say"]


def test_each_message_is_an_event() -> None:
    with NamespaceDriver(Page) as client:
        publish(client, 1, 2)
        events = client.take()
        assert [name for name, _args in events] == ["say", "say"]
        assert [args[0]["values"] for _name, args in events] == [{"n": 1}, {"n": 2}]
        assert len(events[0][1]) == 1


def test_a_versioned_client_gets_envelopes() -> None:
    with NamespaceDriver(Page, V1) as client:
        publish(client, 1, 2)
        envelopes = [packet.data[-1] for packet in said(client)]
        assert [envelope["ids"] for envelope in envelopes] == [[1], [2]]
        assert len({envelope["s"] for envelope in envelopes}) == 1


def test_it_is_shown_once_for_all_and_in_one_packet() -> None:
    Number.formatted = 0
    with NamespaceDriver(Shown) as first:
        others = [NamespaceDriver(Shown, beside=first) for _ in range(4)]
        publish(first, 5)
        for client in (first, *others):
            assert client.take() == [("say", [20])]
        assert Number.formatted == 1


def test_what_cannot_be_shown_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    with NamespaceDriver(Shown) as client:
        publish(client, 1, 0, 2)
        assert client.take() == [("say", [100]), ("say", [50])]
        assert "Number failed in format(); message 2" in caplog.text


def test_subscribing_and_leaving() -> None:
    with NamespaceDriver(Room) as client:
        client.emit("enter", "a")
        client.emit("enter", "a")  # twice is once
        client.emit("enter", "b")
        for room in "abc":
            client.database.publish("chat", room=room)
        assert [args[0]["values"]["room"] for _name, args in client.take()] == ["a", "b"]
        client.emit("exit", "a")
        client.emit("exit", "never")
        for room in "abc":
            client.database.publish("chat", room=room)
        assert [args[0]["values"]["room"] for _name, args in client.take()] == ["b"]
        client.drop()
        assert len(client.database.hub.routes) == 0


def test_subscriptions_are_bounded() -> None:
    with NamespaceDriver(Room, settings=ServerSettings(max_subscriptions=70)) as client:
        for number in range(70):
            client.emit("enter", str(number))
        [answer] = client.call("enter", "one more")
        assert "70 subscriptions at most" in answer["error"]["message"]
        client.emit("exit", "7")
        assert client.call("enter", "one more") == [None]


def test_acknowledged_subscriptions_are_bounded_by_their_numbers() -> None:
    class SureRoom(BaseNamespace):
        def on_enter(self, room: str, acknowledged: bool) -> None:
            self.subscribe("say", ToRoom, room, acknowledged=acknowledged)

    with NamespaceDriver(SureRoom) as client:
        client.emit("enter", "plain", False)
        for number in range(sio.SLOTS - 1):
            client.emit("enter", str(number), True)
        [answer] = client.call("enter", "one more", True)
        assert "63 acknowledged subscriptions at most" in answer["error"]["message"]
        assert client.call("enter", "one more", False) == [None]


def test_who_returns_gets_what_it_missed_once() -> None:
    with NamespaceDriver(Page, V1) as client:
        position = str(client.database.position())
        publish(client, 1, 2)
        name = said(client)[0].data[-1]["s"]
        client.drop()
        publish(client, 3)
        auth = {"v": 1, "position": position, "seen": {name: [1]}}
        back = NamespaceDriver(Page, auth, beside=client)
        assert [packet.data[1]["values"]["n"] for packet in said(back)] == [2, 3]
        publish(client, 4)
        assert [packet.data[1]["values"]["n"] for packet in said(back)] == [4]


def test_a_slow_client_gets_no_volatile_messages() -> None:
    with NamespaceDriver(Page) as client:
        connection = client._client.connection
        for unsent in (VOLATILE_BOUND, VOLATILE_BOUND + 1):
            connection.unsent = unsent
            client.database.publish_volatile("chat", n=unsent)
            publish(client, unsent)
        assert [args[0]["id"] for _name, args in client.take()] == [None, 1, 2]


def test_what_is_trimmed_is_said() -> None:
    with NamespaceDriver(Page, V1) as client:
        position = str(client.database.position())
        client.database.publish("chat", room="a")
        back = NamespaceDriver(Room, {"v": 1, "position": position}, beside=client)
        client.database.read()
        client.database.trim()  # after it was let in, before it listens
        back.take()
        back.emit("enter", "a")
        assert back.take() == [(RECOVERED, [{"recovered": False}, None])]
        late = NamespaceDriver(Room, {"v": 1, "position": position}, beside=client)
        assert late.take()[0] == (READY, [{"recovered": False}, None])


def test_it_is_said_once_for_all_that_one_read_finds_trimmed() -> None:
    with NamespaceDriver(Page, V1) as client:
        position = str(client.database.position())
        client.database.publish("chat", room="a")
        back = NamespaceDriver(Room, {"v": 1, "position": position}, beside=client)
        client.database.read()
        client.database.trim()
        client.database.by_hand = True
        back.take()
        for room in "abc":
            back.emit("enter", room)
        client.database.read()
        assert back.take() == [(RECOVERED, [{"recovered": False}, None])]
        back.emit("enter", "d")  # from the same place: what it missed may be more
        client.database.read()
        assert back.take() == [(RECOVERED, [{"recovered": False}, None])]


def test_a_subscription_needs_an_adapter() -> None:
    with pytest.raises(TypeError):
        Subscription("say", Page)  # type: ignore[arg-type]


# -- acknowledged --------------------------------------------------------------------------------


def values(packets: list[Packet]) -> list[Any]:
    return [packet.data[1] for packet in packets]


def test_an_acknowledged_batch_makes_room_for_the_next() -> None:
    with NamespaceDriver(Sure) as client:
        publish(client, 1, 2, 4)
        [first] = said(client)
        client.acknowledge(first)
        rest = said(client)
        assert values([first, *rest]) == [100, 50, 25]
        client.acknowledge(rest[0])
        publish(client, 5)
        assert said(client) == []
        client.acknowledge(rest[1])
        [last] = said(client)
        client.acknowledge(last)
        assert client.namespace.socket._acks == {}


def test_only_what_is_missing_goes_out_again() -> None:
    with NamespaceDriver(Sure) as client:
        publish(client, 10)
        [packet] = said(client)
        publish(client, 1, 2, 4)
        client.acknowledge(packet)
        one, two, four = said(client)
        client.acknowledge(two)
        client.advance(9)
        assert said(client) == []
        client.advance(3)
        again = said(client)
        assert values(again) == [100, 25]
        assert [packet.id for packet in again] == [one.id, four.id]
        for packet in again:
            client.acknowledge(packet)
        publish(client, 5)
        assert values(said(client)) == [20]


def test_a_message_that_is_never_acknowledged_is_given_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with NamespaceDriver(Sure, settings=ServerSettings(max_attempts=3)) as client:
        publish(client, 1)
        client.settle()
        publish(client, 2)
        client.advance(60)
        events = client.take()
        assert events[:3] == [("say", [100])] * 3
        assert events[3] == (UNDELIVERED, [{"event": "say", "ids": [1]}])
        assert events[4] == ("say", [50])
        assert "not acknowledged 3 times; given up: messages [1]" in caplog.text
        assert client.server.counters["undelivered"] >= 1


def test_a_position_waits_for_acknowledgements() -> None:
    with NamespaceDriver(Sure, V1) as client:
        client.take()
        publish(client, 1)
        client.database.read()
        [packet] = said(client)
        client.server.tell_positions()
        told = dict(client.take())
        before = told.get(POSITION)
        if before is not None:
            held = before[0]["p"]
            assert held != str(client.database.hub.stamp.position)
        client.acknowledge(packet)
        client.server.tell_positions()
        [(name, [position, _envelope])] = client.take()
        assert name == POSITION
        assert position["p"] == str(client.database.hub.stamp.position)


def test_nothing_goes_out_again_to_who_left() -> None:
    with NamespaceDriver(Sure) as client:
        publish(client, 1)
        client.settle()
        client.drop()
        client.advance(100)
        assert len(client.database.hub.routes) == 0
        assert client.server.counters["undelivered"] == 0
