"""As much of PostgreSQL as the listener asks for, with faults that a real one has too rarely."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import psycopg2

from pgsocketio.message import Message
from pgsocketio.position import Snapshot
from pgsocketio.testing import MemoryDatabase
from pgsocketio.testing.database import EPOCH

SECRET = b"secret of this database"


def sealed(message: Message, secret: bytes = SECRET) -> str:
    """The payload of a NOTIFY that carries a message."""
    keys = {"i": "id", "c": "channel", "u": "uid", "d": "date", "p": "values"}
    body = {short: message[long] for short, long in keys.items()}
    body |= {"x": message.xid and str(message.xid), "n": f"nonce {message['values']}"}
    text = json.dumps(body)
    return f"1:{hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()}:{text}"


class FakeCursor:
    """Knows the statements of the listener by a word in them."""

    def __init__(self, connection: FakeConnection) -> None:
        self._connection = connection
        self._rows: list[tuple[Any, ...]] = []

    def __enter__(self) -> FakeCursor:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def execute(self, statement: str, args: Any = ()) -> None:
        server = self._connection.check()
        if statement.startswith("LISTEN"):
            server.listening.append(self._connection)
        elif "polled_until" in statement and "INSERT" in statement:
            server.promise(*args)
        elif "pg_notify" in statement:
            server.notify(args[1])
        else:
            self._rows = server.answer(statement, args)

    def fetchone(self) -> Any:
        return self._rows[0] if self._rows else None

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._rows


class FakeConnection:
    """One connection: ``cut`` it, or make it ``deaf``."""

    def __init__(self, server: FakePostgres) -> None:
        self._server = server
        self._end, self.far_end = socket.socketpair()
        self.pending: list[str] = []
        self.notifies: list[Any] = []
        self.autocommit = False
        self.deaf = self.closed = False

    def check(self) -> FakePostgres:
        if self.closed or not self._server.up:
            raise psycopg2.OperationalError("server closed the connection unexpectedly")
        return self._server

    def cursor(self) -> FakeCursor:
        return FakeCursor(self)

    def fileno(self) -> int:
        return self._end.fileno()

    def poll(self) -> None:
        self.check()
        if not self._end.recv(65_536):
            raise psycopg2.OperationalError("server closed the connection unexpectedly")
        self.notifies += [SimpleNamespace(payload=payload) for payload in self.pending]
        self.pending.clear()

    def hear(self, payload: str) -> None:
        if not self.closed:
            self.pending.append(payload)
            self.far_end.send(b"x")

    def cut(self) -> None:
        """The server's end is gone."""
        self.deaf = True
        self.far_end.close()

    def close(self) -> None:
        self.closed = True
        self._end.close()
        self.far_end.close()


class FakePostgres:
    """The server, on a log in memory.

    :param clock: PostgreSQL's, seconds.
    :ivar polled_until: what servers have promised publishers, by that clock.
    :ivar up: False: nobody can connect, and every statement fails.
    :ivar version: of the objects in the database, 0: none.
    :ivar reads: how often the log was read.
    :ivar queue: how full the queue of NOTIFY is.
    :ivar break_after: pages until a read of the log breaks off, None: never.
    :ivar before_page: called before each page but the first of a read.
    """

    def __init__(
        self, database: MemoryDatabase, clock: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.database, self._clock = database, clock
        self.polled_until: float | None = None
        self.up = True
        self.version = 1
        self.epoch = EPOCH
        self.trimmed = 0
        self.reads = 0
        self.queue = 0.0
        self.break_after: int | None = None
        self.before_page: Callable[[], Any] = lambda: None
        self.listening: list[FakeConnection] = []
        self.attempts = 0

    def connect(self, _purpose: str) -> FakeConnection:
        self.attempts += 1
        if not self.up:
            raise psycopg2.OperationalError("connection refused")
        return FakeConnection(self)

    def notify(self, payload: str) -> None:
        for connection in self.listening:
            if not connection.deaf:
                connection.hear(payload)

    def publish(self, *numbers: int, inline: bool = True) -> None:
        """One transaction; without ``inline`` its NOTIFY is a hint."""
        for message in self.commit(*numbers):
            self.notify(sealed(message) if inline else "1:")

    def commit(self, *numbers: int) -> list[Message]:
        """One transaction of which nobody is notified."""
        transaction = self.database.transaction()
        messages = [transaction.publish("chat", n=number) for number in numbers]
        transaction.commit(inline=False)
        return messages

    def promise(self, seconds: float, _channel: str) -> None:
        self.polled_until = self._clock() + seconds
        self.notify("1:")

    def answer(self, statement: str, args: Any) -> list[tuple[Any, ...]]:
        if "FROM web_socketio_log" in statement:
            return self._read(args)
        if "web_socketio_position()" in statement:
            position = str(self.database.position()).replace(EPOCH, self.epoch)
            polled = self.polled_until and self.polled_until - self._clock()
            return [(position, self.trimmed, 1_767_225_600.0, self.queue, polled)]
        answers: dict[str, Sequence[Any]] = {
            "to_regclass": (self.version > 0,),
            "'version'": (self.version,),
            "'secret'": (SECRET.hex(),),
            "current_database": ("mydb",),
            "web_socketio_renew": (False,),
            "web_socketio_epoch": (self.epoch,),
            "SET ": (None,),
        }
        return [tuple(row) for word, row in answers.items() if word in statement]

    def _read(self, args: Any) -> list[tuple[Any, ...]]:
        after, limit = args["after"], args["limit"]
        self.reads += after == 0
        if after:
            self.before_page()
        if self.break_after == 0:
            self.break_after = None
            raise psycopg2.OperationalError("terminating connection")
        if self.break_after is not None:
            self.break_after -= 1
        snapshot = str(self.database.position().snapshot)
        upto = Snapshot.parse(args["upto"] or snapshot)
        unseen = self.database.rows(Snapshot.parse(args["since"]))
        without = set(json.loads(args["without"].replace("{", "[").replace("}", "]")))
        unseen = [row for row in unseen if row["id"] not in without]
        rows = [r for r in unseen if r["id"] > after and upto.sees(r.xid or 0)][:limit]
        found = [
            (snapshot, row["id"], str(row.xid), row["date"], row["channel"], row["uid"],
             json.dumps(row["values"]), row.size, row.size)
            for row in rows
        ]  # fmt: skip
        return found or [(snapshot, *[None] * 8)]
