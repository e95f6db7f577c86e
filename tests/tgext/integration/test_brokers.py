"""What every broker must do, run with memory, Redis and PostgreSQL; and what each does beside."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.integration.clients import Client, eventually
from tests.tgext.servers import Gearbox, Redis, write_ini
from tools.postgres import Postgres
from tools.processes import free_port
from tools.turbogears import VERSIONS

from ..conftest import APPS, install_log

Settings = dict[str, Any]
Connect = Callable[..., Client]


@pytest.fixture(scope="module", params=["memory", "redis", "postgres", "own"])
def settings(request: pytest.FixtureRequest) -> Settings:
    """Each backend's options."""
    if request.param == "own":
        return {"own_broker": "yes"}
    options: Settings = {"anypubsub.backend": request.param}
    if request.param == "redis":
        options["anypubsub.port"] = request.getfixturevalue("redis").port
    if request.param == "postgres":
        options["anypubsub.dsn"] = request.getfixturevalue("dsn")
    return options


def ready_line(settings: Settings) -> str:
    return "ready for database" if "postgres" in settings.values() else "namespaces at /"


@pytest.fixture(scope="module")
def server(
    version: str, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gearbox]:
    """The application ``channels`` with a backend, on each version of TurboGears."""
    ini = write_ini(tmp_path_factory.mktemp("channels"), "channels", {}, settings)
    with Gearbox(version, ini, APPS, ready=ready_line(settings)) as server:
        yield server


@pytest.fixture
def room(request: pytest.FixtureRequest) -> str:
    """A channel of this test's own."""
    return request.node.name


def subscribed(client: Connect, server: Gearbox, room: str, **options: Any) -> Client:
    socket = client(server, "/channels", **options).connected()
    assert socket.call("subscribe", "room", room) is True
    return socket


def heard(socket: Client) -> list[Any]:
    return [args[0] for args in socket.events("pubblication")]


class TestContract:
    def test_every_subscriber_hears_each_message_once_and_in_order(
        self, client: Connect, server: Gearbox, room: str
    ) -> None:
        sockets = [
            subscribed(client, server, room, transports=transports)
            for transports in (["websocket"], ["polling"], ["websocket"])
        ]
        messages = [{"number": number, "text": "x" * 1_000} for number in range(200)]
        sockets[0].call("say", f"room-{room}", *messages)
        for socket in sockets:
            socket.wait_for("publication", 200)
            numbers = [message["number"] for message in heard(socket)]
            assert numbers == list(range(200)), [n for i, n in enumerate(numbers) if i != n]
            assert [args[0] for args in socket.events("publication")] == messages

    def test_any_json_arrives_as_it_was(self, client: Connect, server: Gearbox, room: str) -> None:
        socket = subscribed(client, server, room)
        values = [{"a": [1, None, True, "é😀"]}, "text", 1.5, [], None, False]
        socket.call("say", f"room-{room}", *values)
        socket.wait_for("publication", len(values))
        assert heard(socket) == values

    def test_a_room_may_have_any_name(self, client: Connect, server: Gearbox, room: str) -> None:
        socket = subscribed(client, server, room)
        names = ["", " ", "é日本😀", "a.b/c", "*", "[a-z]?", "None", "'; --", "x" * 10_000]
        for name in names:
            assert socket.call("subscribe", "room", f"{room}{name}") is True
            socket.call("say", f"room-{room}{name}", name)
        socket.wait_for("publication", len(names))
        assert heard(socket) == names

    def test_what_a_broker_cannot_carry_ends_nothing(
        self, client: Connect, server: Gearbox, room: str
    ) -> None:
        socket = subscribed(client, server, room)
        socket.emit("say", f"room-{room}", {"text": "\x00"})  # PostgreSQL's jsonb has no NUL
        socket.emit("say", f"room-{room}", 1, 2, "last")
        socket.wait_until(lambda: "last" in heard(socket), "the last message")
        told = [error for error, _info in socket.events("error")]
        assert (heard(socket), told) in (
            ([{"text": "\x00"}, 1, 2, "last"], []),
            ([1, 2, "last"], ["internal_error"]),
        )

    def test_controllers_publish(self, client: Connect, server: Gearbox, room: str) -> None:
        socket = subscribed(client, server, room)
        params = {"channel": f"room-{room}", "message": "hello"}
        assert requests.get(f"{server.url}/publish", params, timeout=60).text == "published"
        assert socket.wait_for("pubblication") == [[{"from": "HTTP", "message": "hello"}]]

    def test_other_channels_are_not_heard(
        self, client: Connect, server: Gearbox, room: str
    ) -> None:
        socket = subscribed(client, server, room)
        socket.call("say", f"room-{room}-other", "not this")
        socket.call("say", f"room-{room}", "this")
        socket.wait_for("publication")
        assert heard(socket) == ["this"]

    def test_a_subscription_ends_when_asked_and_with_the_socket(
        self, client: Connect, server: Gearbox, room: str
    ) -> None:
        left, gone, stays = (subscribed(client, server, room) for _ in range(3))
        assert left.call("unsubscribe", "room") is True
        gone.disconnect()
        stays.call("say", f"room-{room}", "now")
        stays.wait_for("publication")
        left.call("say", f"room-{room}-other", "a round trip later")
        assert heard(left) == heard(gone) == []
        assert subscribed(client, server, room).call("say", f"room-{room}", "again") is None
        stays.wait_for("publication", 2)
        assert heard(stays) == ["now", "again"]


@pytest.mark.parametrize("settings", ["redis", "postgres"], indirect=True)
def test_two_processes_share_their_channels(
    settings: Settings, serve: Callable[..., Gearbox], client: Connect, room: str
) -> None:
    servers = [
        serve(VERSIONS[-1], "channels", settings=settings, ready=ready_line(settings))
        for _ in range(2)
    ]
    sockets = [subscribed(client, server, room) for server in servers]
    sockets[0].call("say", f"room-{room}", "from one")
    for socket in sockets:
        socket.wait_for("publication")
    sockets[1].call("say", f"room-{room}", "from the other")
    for socket in sockets:
        socket.wait_for("publication", 2)
        assert heard(socket) == ["from one", "from the other"]


def test_redis_has_one_subscription_per_channel_and_none_after_the_last(
    serve: Callable[..., Gearbox], client: Connect, redis: Redis, room: str
) -> None:
    options = {"anypubsub.backend": "redis", "anypubsub.port": redis.port}
    server = serve(VERSIONS[-1], "channels", settings=options)
    sockets = [subscribed(client, server, room) for _ in range(3)]
    assert redis.subscriptions(f"room-{room}") == 1
    for socket in sockets:
        socket.disconnect()
    assert eventually(lambda: redis.subscriptions(f"room-{room}") == 0)


def test_redis_away_is_told_and_waited_for(
    serve: Callable[..., Gearbox], client: Connect, room: str
) -> None:
    with Redis(free_port()) as redis:
        options = {"anypubsub.backend": "redis", "anypubsub.port": redis.port}
        server = serve(VERSIONS[-1], "channels", settings=options)
        socket = subscribed(client, server, room)
        redis.child.stop()
        assert socket.wait_for("error")[0][0] == "broker_unavailable"
        server.child.wait_for_line(f"the broker of channel 'room-{room}' is away, trying again")
        socket.emit("say", f"room-{room}", "lost")
        assert socket.wait_for("error", 2)[1] == [
            "broker_unavailable", "The message could not be published"
        ]  # fmt: skip
        late = subscribed(client, server, room)
        assert late.wait_for("error")[0][0] == "broker_unavailable"
        redis.start()
        for one in (socket, late):
            assert one.wait_for("broker_available") == [[f"room-{room}"]]
        socket.call("say", f"room-{room}", "back")
        assert socket.wait_for("pubblication") == [["back"]]


def test_a_redis_that_is_slow(
    serve: Callable[..., Gearbox], client: Connect, room: str
) -> None:
    """Who leaves while it is waited for leaves nothing behind; who stays hears everything."""
    with Redis(free_port()) as redis:
        options = {"anypubsub.backend": "redis", "anypubsub.port": redis.port}
        server = serve(VERSIONS[-1], "channels", settings=options)
        left, *stay = (client(server, "/channels").connected() for _ in range(3))
        os.kill(redis.child.pid, signal.SIGSTOP)
        left.emit("subscribe", "room", f"{room}-left")
        asked = [socket.start_call("subscribe", "room", room) for socket in stay]
        left.disconnect()
        os.kill(redis.child.pid, signal.SIGCONT)
        for socket, number in zip(stay, asked):
            assert socket.answer(number) == [True]
            socket.emit("say", f"room-{room}", "hello")
        for socket in stay:
            socket.wait_for("publication", 2)
        assert redis.subscriptions(f"room-{room}") == 1
        assert eventually(lambda: redis.subscriptions(f"room-{room}-left") == 0)


def test_a_redis_that_was_never_there(
    serve: Callable[..., Gearbox], client: Connect, room: str
) -> None:
    options = {"anypubsub.backend": "redis", "anypubsub.port": free_port()}
    server = serve(VERSIONS[-1], "channels", settings=options)
    socket = subscribed(client, server, room)
    assert socket.wait_for("error")[0][0] == "broker_unavailable"


class TestPostgres:
    @pytest.fixture
    def server(self, dsn: str, serve: Callable[..., Gearbox]) -> Gearbox:
        return self.start(serve, dsn)

    def start(self, serve: Callable[..., Gearbox], dsn: str, **options: Any) -> Gearbox:
        settings = {"anypubsub.backend": "postgres", "anypubsub.dsn": dsn}
        return serve(
            VERSIONS[-1], "channels", settings=settings, ready="ready for database", **options
        )

    def test_who_comes_back_gets_what_was_published_meanwhile(
        self, server: Gearbox, client: Connect, room: str
    ) -> None:
        speaker = client(server, "/channels").connected()
        socket = subscribed(client, server, room, v=1)
        speaker.call("say", f"room-{room}", 1, 2)
        socket.wait_for("publication", 2)
        (place, *_rest) = [args[0] for args in socket.events("web_socketio:position")]
        names = {r["envelope"]["s"]: r["envelope"]["ids"] for r in self.enveloped(socket)}
        socket.disconnect()
        speaker.call("say", f"room-{room}", 3, 4)
        seen: dict[str, list[int]] = {}
        for report in self.enveloped(socket):
            seen.setdefault(report["envelope"]["s"], []).extend(report["envelope"]["ids"])
        assert names
        socket.connect_again({"v": 1, "position": place["p"], "seen": seen})
        socket.connected(2)
        assert socket.call("subscribe", "room", room) is True
        socket.wait_for("publication", 4)
        assert heard(socket) == [1, 2, 3, 4]

    @staticmethod
    def enveloped(socket: Client) -> list[dict[str, Any]]:
        """The publications so far, with their envelopes."""
        reports = [r for r in socket.reports("event") if r["name"].startswith("pub")]
        return [{"name": r["name"], "envelope": r["args"][-1]} for r in reports]

    def test_rooms_reach_the_other_process(
        self, server: Gearbox, serve: Callable[..., Gearbox], dsn: str, client: Connect
    ) -> None:
        settings = {"anypubsub.backend": "postgres", "anypubsub.dsn": dsn}
        both = [
            serve(VERSIONS[-1], "events", settings=settings, ready="ready for database")
            for _ in range(2)
        ]
        one, other = (client(one, "/events").connected() for one in both)
        for socket in (one, other):
            socket.call("join", "kitchen")
        one.call("say", "kitchen", "hello")
        assert other.wait_for("said") == [["hello"]]

    def test_a_database_without_the_log_says_what_to_do(
        self, empty_db: str, postgres: Postgres, serve: Callable[..., Gearbox]
    ) -> None:
        settings = {
            "anypubsub.backend": "postgres", "anypubsub.dsn": postgres.dsn(empty_db, tcp=True)
        }  # fmt: skip
        serve(VERSIONS[-1], "channels", settings=settings, ready="is not installed")

    def test_postgres_away_is_waited_for_and_nothing_is_lost(
        self, tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Gearbox],
        client: Connect, room: str, run_dir: Any,
    ) -> None:
        database = Postgres(run_dir / "postgres-away", tcp=True, durable=False, name="test-away")
        try:
            database.create_database("channels")
            server = self.start(serve, install_log(database, "channels"))
            socket = subscribed(client, server, room)
            database.stop()
            server.child.wait_for_line("trying again")
            told = ["broker_unavailable", f"Messages of room-{room} come later"]
            assert socket.wait_for("error") == [told]
            socket.emit("say", f"room-{room}", "lost, and told")
            assert socket.wait_for("error", 2)[1] == [
                "broker_unavailable", "The message could not be published"
            ]  # fmt: skip
            database.start()
            assert socket.wait_for("broker_available") == [[f"room-{room}"]]
            assert eventually(lambda: self.says(socket, room))
            assert socket.wait_for("pubblication")[0] == ["back"]
        finally:
            database.close()

    @staticmethod
    def says(socket: Client, room: str) -> bool:
        socket.emit("say", f"room-{room}", "back")
        socket.call("say", "somewhere")
        return bool(socket.events("pubblication"))
