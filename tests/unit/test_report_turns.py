"""The queues of thousands of idle clients are looked at in turns, those of others each time."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from pgsocketio import nodes

CLIENTS = 5


class Client(SimpleNamespace):
    __hash__ = object.__hash__


class Site:
    """Some clients, and what is written about them."""

    def __init__(self) -> None:
        self.clients = [self._client(number) for number in range(CLIENTS)]
        self.members: Any = SimpleNamespace(
            first=lambda _database, _most: dict.fromkeys(self.clients), changes=1
        )
        runtime: Any = SimpleNamespace(monotonic=lambda: 0.0, event=lambda: None)
        self.report = nodes.NodeReport("db", "node", self.members, Any, runtime, dict)  # type: ignore[arg-type]
        self.listed: Any = None
        self.rows: list[dict[str, Any]] = []

    @staticmethod
    def _client(number: int) -> Any:
        connection = SimpleNamespace(unsent=0, address="192.0.2.1")
        return Client(
            sid=str(number), waiting=0, user=None, name="/", client=SimpleNamespace(
                connection=connection), progress=SimpleNamespace(connected_at=0.0),
        )  # fmt: skip

    def execute(self, _statement: str, values: list[Any]) -> None:
        self.rows += json.loads(values[2])
        self.absent = values[3]

    def write(self) -> dict[str, int]:
        """Report once; returns the queues that were written."""
        self.rows = []
        self.listed = self.report._write(self, self.listed, 100)
        return {row["sid"]: row["queue"] for row in self.rows}


def test_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "BATCH", 1)
    site = Site()
    assert len(site.write()) == CLIENTS
    assert site.write() == {}
    site.clients[2].waiting = 1
    written = [site.write() for _ in range(CLIENTS + 1)]
    assert [one for one in written if one] == [{"2": 1}]  # within its turn
    site.clients[2].waiting = 2
    assert site.write() == {"2": 2}  # at once, as it was not idle
    del site.clients[0]
    site.members.changes += 1
    site.write()
    assert {client.sid for client in site.listed} == {"1", "2", "3", "4"}
    assert site.absent == ["0"]
