"""Acts on the sockets of every server process of a database, by way of its message log."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

import psycopg2

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.log.publisher import Connections
from pgsocketio.members import Members, Target
from pgsocketio.message import Message, encode_values, thaw
from pgsocketio.position import Stamp
from pgsocketio.quiet_log import QuietLog
from pgsocketio.runtime import Runtime

logger = logging.getLogger("pgsocketio.backplane")

CHANNEL = "web_socketio:acts"

# Whoever may publish at all may publish on this channel too, so an act carries a proof: a keyed
# hash of the transaction that it is published in. Nobody can make one without the log's secret,
# and nobody can use one again: the transaction that it is for is over when others see it.
_SEND = """
    SELECT web_socketio_notify(%s, %s::jsonb || jsonb_build_object('proof',
        split_part(web_socketio_sealed('act:' || pg_current_xact_id()::text), ':', 2)))
"""

_ANSWER = "INSERT INTO web_socketio_answer (command, node, result) VALUES (%s, %s, %s::jsonb)"


class Acts(AbstractAdapter):
    channel = CHANNEL


def send(cursor: Any, act: dict[str, Any]) -> None:
    """Tell every server process of a database what to do; in a transaction of its own.

    Delivery: each process acts once, also after it lost its connection for a while.

    :param cursor: in autocommit, of a role that owns the message log.
    :param act: JSON object with its ``op``, see :class:`DatabaseBackplane`.
    :raises PayloadTooLarge: above 1 MiB.
    """
    cursor.execute(_SEND, [CHANNEL, encode_values(act)])


class DatabaseBackplane:
    """The sockets of a database, in whichever server process they are.

    Delivery: other processes act once, also after they lost their connection for a while.

    :param database: its name.
    :param node: names this server process.
    :param is_signed: tells whether a signature of a text was made with the log's secret.
    :param listeners: tells how many listeners a channel has here.
    :ivar describe: tells an administrator how this process is set up, and how it sees a connection
        (Engine.IO's sid, or None); for JSON.
    :ivar on_kick: called when clients were closed for an administrator.
    :ivar forged: how many acts were none.
    """

    def __init__(
        self,
        database: str,
        node: str,
        members: Members,
        connections: Connections,
        is_signed: Callable[[str, str], bool],
        runtime: Runtime,
        listeners: Callable[[str], int],
    ) -> None:
        self._database, self._node = database, node
        self._members, self._connections = members, connections
        self._is_signed, self._runtime, self._listeners = is_signed, runtime, listeners
        self._log = QuietLog(logger, runtime.monotonic, 60.0)
        self.describe: Callable[[str | None], dict[str, Any]] = lambda _connection: {}
        self.on_kick: Callable[[], Any] = lambda: None
        self.forged = 0

    # -- what this process wants -------------------------------------------------------------

    def emit(
        self, namespace: str, event: str, args: Sequence[Any], room: str | None, skip: str | None
    ) -> None:
        act = {"namespace": namespace, "event": event, "args": list(args), "room": room}
        self._send({"op": "emit", **act, "skip": skip})
        self._members.emit(self._database, namespace, event, args, room, skip)

    def kick(self, target: Target, reason: str) -> None:
        self._send({"op": "kick", "target": target.to_json(), "reason": reason})
        self._members.kick(self._database, target, reason)

    def _send(self, act: dict[str, Any]) -> None:
        with self._connections.cursor(self._database) as cursor:
            send(cursor, {"node": self._node, **act})

    # -- what others want; the hub calls it --------------------------------------------------

    crowd = None

    def missed(self) -> None:
        logger.error("database %r: acts of other server processes were missed", self._database)

    def deliver(self, messages: Sequence[Message], stamp: Stamp) -> None:
        for message in messages:
            act = thaw(message["values"])
            if not self._is_proven(message, act.pop("proof", None)):
                self._refuse(message, act)
            elif act.pop("node", None) != self._node:
                try:
                    self._obey(act)
                except (KeyError, TypeError):
                    logger.exception("database %r: an act is not understood", self._database)

    def _is_proven(self, message: Message, proof: Any) -> bool:
        known = message.xid is not None and isinstance(proof, str)
        return known and self._is_signed(f"act:{message.xid}", proof)

    def _refuse(self, message: Message, act: dict[str, Any]) -> None:
        self.forged += 1
        self._log.line(
            "forged", "database %r: message %s (uid %s) pretends to be an act of a server, %.40r; "
            "it was not obeyed. Who may publish there? See docs/security", self._database,
            message["id"], message["uid"], act.get("op"),
        )  # fmt: skip

    def _obey(self, act: dict[str, Any]) -> None:
        command = act.pop("command", None)
        result = self._do(act.pop("op", None), act)
        if command is not None:  # an administrator waits for the answer
            self._runtime.spawn(self._answer, command, result)

    def _do(self, op: str | None, act: dict[str, Any]) -> dict[str, Any]:
        if op == "emit":
            self._members.emit(self._database, **act)
            return {}
        if op == "kick":
            target = Target.from_json(act["target"])
            closed = self._members.kick(self._database, target, act["reason"])
            if closed:
                self.on_kick()
                text = "database %r: %d clients closed by %s (%s)"
                logger.info(text, self._database, closed, act.get("by"), act["reason"])
            return {"closed": closed}
        if op == "probe":
            return {"listeners": self._listeners(act["channel"])}
        if op == "describe":
            return self.describe(act["connection"])
        logger.warning("database %r: a newer server wants %r", self._database, op)
        return {"unknown": op}

    def _answer(self, command: str, result: dict[str, Any]) -> None:
        try:
            with self._connections.cursor(self._database) as cursor:
                cursor.execute(_ANSWER, [command, self._node, json.dumps(result)])
        except psycopg2.Error as error:
            text = "database %r: a command was not answered: %s"
            logger.warning(text, self._database, " ".join(str(error).split()))
