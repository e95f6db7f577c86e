"""What an administrator does to the server processes of a database, from anywhere else."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pgsocketio import backplane
from pgsocketio.errors import SchemaMismatch
from pgsocketio.log import schema
from pgsocketio.members import Target

_ALIVE = """
    SELECT node, host, pid FROM web_socketio_node
    WHERE heartbeat > clock_timestamp() - web_socketio_silence() ORDER BY host, pid
"""
_ANSWERS = "SELECT node, result FROM web_socketio_answer WHERE command = %s"
_DONE = "DELETE FROM web_socketio_answer WHERE command = %s"
_SOCKETS = """
    SELECT s.sid, s."user", s.namespace, s.address, s.since, s.queue, s.unsent, s.node,
           n.host, n.pid
    FROM web_socketio_socket s JOIN web_socketio_node n USING (node)
    WHERE n.heartbeat > clock_timestamp() - web_socketio_silence() ORDER BY s.since, s.sid
"""
_COUNT = """
    SELECT coalesce(sum(sockets), 0) FROM web_socketio_node
    WHERE heartbeat > clock_timestamp() - web_socketio_silence()
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one server process answered to a command.

    :ivar node: names the process.
    :ivar where: host and process id, such as ``web1:4711``.
    :ivar result: None when it did not answer in time.
    :ivar seconds: until it answered.
    """

    node: str
    where: str
    result: dict[str, Any] | None
    seconds: float | None = None


def need_nodes(cursor: Any) -> None:
    """Make sure that the database knows of server processes.

    :raises SchemaMismatch: where the message log is missing or too old.
    """
    if schema.check(cursor) < 2:
        raise SchemaMismatch(
            "the message log has version 1, which knows no list of servers and clients: "
            f"{schema.cure(cursor)}"
        )


def command(
    cursor: Any,
    op: str,
    by: str,
    timeout: float = 5.0,
    sleep: Callable[[float], Any] = time.sleep,
    **act: Any,
) -> list[Answer]:
    """Tell every server process of a database to do something, and wait for their answers.

    Delivery: each process acts once; one that is cut off acts when it is back, which nobody waits
    for here.

    :param cursor: in autocommit, of a role that owns the message log.
    :param by: who wants it; servers log it.
    :param timeout: seconds to wait.
    :returns: an answer per process that was alive.
    :raises SchemaMismatch: where the message log is missing or too old.
    """
    need_nodes(cursor)
    cursor.execute(_ALIVE)
    alive = {node: f"{host}:{pid}" for node, host, pid in cursor.fetchall()}
    name = secrets.token_hex(8)
    backplane.send(cursor, {"op": op, "command": name, "by": by, **act})
    sent = time.monotonic()
    answers: dict[str, dict[str, Any]] = {}
    times: dict[str, float] = {}
    while alive.keys() - answers.keys() and time.monotonic() < sent + timeout:
        sleep(0.05)
        cursor.execute(_ANSWERS, [name])
        answers = dict(cursor.fetchall())
        times = dict.fromkeys(answers, time.monotonic() - sent) | times
    cursor.execute(_DONE, [name])
    return [
        Answer(node, where, answers.get(node), times.get(node)) for node, where in alive.items()
    ]


def kick(
    cursor: Any, target: Target, reason: str, by: str, timeout: float = 5.0
) -> list[Answer]:
    """Close clients, in whichever server process they are.

    :param reason: what versioned clients are told.
    :returns: with ``closed``, how many there were, in each answer; see :func:`command`.
    """
    return command(cursor, "kick", by, timeout, target=target.to_json(), reason=reason)


def probe(cursor: Any, channel: str, by: str, timeout: float = 5.0) -> list[Answer]:
    """Ask every server process how many listen on a channel.

    A process that answers has read all that was published before.

    :returns: with ``listeners`` in each answer; see :func:`command`.
    """
    return command(cursor, "probe", by, timeout, channel=channel)


def describe(
    cursor: Any, by: str, connection: str | None = None, timeout: float = 5.0
) -> list[Answer]:
    """Ask every server process how it is set up.

    :param connection: sid of a connection (Engine.IO's), to learn how the server sees it.
    :returns: see :func:`command`; which keys there are is for the server to say.
    """
    return command(cursor, "describe", by, timeout, connection=connection)


def sockets(cursor: Any) -> tuple[list[dict[str, Any]], int]:
    """The clients of all living server processes, as of a few seconds ago.

    :returns: those that are listed, and how many there are in all.
    """
    need_nodes(cursor)
    cursor.execute(_SOCKETS)
    names = [column[0] for column in cursor.description]
    listed = [dict(zip(names, row)) for row in cursor.fetchall()]
    cursor.execute(_COUNT)
    return listed, int(cursor.fetchone()[0])
