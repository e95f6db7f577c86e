"""What was committed against what arrived in the clients' handlers."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg2

LEDGER = """
    CREATE TABLE ledger (
        n bigint PRIMARY KEY, round int NOT NULL, channel text NOT NULL, recipient int NOT NULL,
        durable boolean NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A committed message."""

    n: int
    round: int
    channel: str
    recipient: int
    durable: bool


@dataclass
class Received:
    """What one listener of one client got."""

    handled: Counter[int] = field(default_factory=Counter)
    state: set[int] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    order: dict[int, int] = field(default_factory=dict)


class Tally:
    """Counts for every client and each of its listeners (``"/plain news"``).

    :ivar patience: seconds until what did not arrive counts as lost.
    """

    LISTENERS = ("/plain news", "/plain mail", "/acknowledged mail", "/loop news")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received: dict[tuple[str, str], Received] = {}
        self._users: dict[str, int] = {}
        self._sent: dict[int, Sent] = {}
        self.told: list[str] = []
        self.patience = 40.0
        self.absent: str | None = None
        self.disorder: list[str] = []

    def add(self, client: str, user: int) -> None:
        """From now on this client gets everything that is addressed to it."""
        self._users[client] = user
        for listener in self.LISTENERS:
            self._received[client, listener] = Received()

    def handle(self, client: str, listener: str, messages: list[dict[str, Any]]) -> None:
        """A handler took messages."""
        with self._lock:
            for message in messages:
                self._received[client, listener].handled[message["values"]["n"]] += 1

    def see(self, client: str, listener: str, messages: list[dict[str, Any]]) -> None:
        """Messages reached a client, whether or not its handler takes them; check the order."""
        with self._lock:
            received = self._received[client, listener]
            for message in messages:
                self._check_order(f"{client} {listener}", received, message)

    def _check_order(self, who: str, received: Received, message: dict[str, Any]) -> None:
        values = message["values"]
        if values["n"] in received.seen:
            return  # sent again
        received.seen.add(values["n"])
        transaction, index = values["transaction"], values["index"]
        latest = received.order.get(transaction, -1)
        if latest > index and message["id"] is not None:  # a volatile one may come late
            self.disorder.append(f"{who}: transaction {transaction}: {index} after {latest}")
        received.order[transaction] = max(index, latest)

    def read_again(self, client: str, namespace: str) -> None:
        """A client was told that it cannot be caught up, and read the state anew."""
        with self._lock:
            self.told.append(f"{client} {namespace}")
            for listener in self.LISTENERS:
                if listener.startswith(f"{namespace} "):
                    self._received[client, listener].state.update(self._sent)

    def read_ledger(self, dsn: str) -> None:
        """Take in what is committed."""
        connection = psycopg2.connect(dsn)
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT n, round, channel, recipient, durable FROM ledger")
            rows = [Sent(*row) for row in cursor.fetchall()]
        connection.close()
        with self._lock:
            self._sent.update((sent.n, sent) for sent in rows)

    def forget(self) -> None:
        """Begin anew, with the same clients; what comes late was never committed then."""
        with self._lock:
            self._sent.clear()
            self._received = {key: Received() for key in self._received}

    # -- results -----------------------------------------------------------------------------

    def count(self) -> int:
        """How many messages the handlers took."""
        with self._lock:
            return sum(received.handled.total() for received in self._received.values())

    def sent(self, round: int) -> int:
        with self._lock:
            return sum(sent.round == round for sent in self._sent.values())

    def missing(self, round: int) -> list[str]:
        """What was committed in a round and did not arrive."""
        with self._lock:
            found = []
            for (client, listener), received in self._received.items():
                if client == self.absent:
                    continue
                channel = listener.partition(" ")[2]
                recipients = (0, self._users[client])
                found += [
                    f"{client} {listener}: {sent.n}"
                    for sent in self._sent.values()
                    if sent.durable and sent.round == round and sent.channel == channel
                    and sent.recipient in recipients
                    and not received.handled[sent.n] and sent.n not in received.state
                ]  # fmt: skip
            return found

    def doubled(self, round: int) -> list[str]:
        """What arrived more than once."""
        return self._wrong(lambda n, count: n in self._sent and count > 1, round)

    def phantoms(self) -> list[str]:
        """What arrived and was never committed."""
        return self._wrong(lambda n, _count: n not in self._sent, None)

    def _wrong(self, is_wrong: Any, round: int | None) -> list[str]:
        with self._lock:
            return [
                f"{client} {listener}: {n}"
                for (client, listener), received in self._received.items()
                for n, count in received.handled.items()
                if is_wrong(n, count) and (round is None or self._sent[n].round == round)
            ]

    def wait_complete(self, round: int) -> list[str]:
        """Wait until all of a round arrived; returns what did not."""
        deadline = time.monotonic() + self.patience
        while (missing := self.missing(round)) and time.monotonic() < deadline:
            time.sleep(0.1)
        return missing

    def wait_for(self, n: int, patience: float | None = None) -> bool:
        """Wait until everybody has one message for everybody."""
        deadline = time.monotonic() + (patience or self.patience)
        while time.monotonic() < deadline:
            with self._lock:
                heads = [r for (_, listener), r in self._received.items() if "news" in listener]
                if all(received.handled[n] or n in received.state for received in heads):
                    return True
            time.sleep(0.02)
        return False
