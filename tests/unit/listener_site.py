"""A listener on a PostgreSQL in memory, and somebody who listens."""

from __future__ import annotations

from typing import Any

from pgsocketio.listener import Listener, ListenerSettings
from pgsocketio.testing import MemoryDatabase, ThreadRuntime

from .fake_postgres import FakePostgres
from .listeners import All, Collector


class Site:
    """A listener that runs, and somebody who listens."""

    def __init__(self, runtime: ThreadRuntime, **settings: Any) -> None:
        self.runtime = runtime
        self.database = MemoryDatabase()
        self.postgres = FakePostgres(self.database, runtime.monotonic)
        self.lives = self.foreign = 0
        self.listener = Listener(
            "mydb", self.postgres.connect, runtime, self.database.hub, "node",
            ListenerSettings(**settings), self._ready, self._foreign_log,
        )  # fmt: skip
        self.collector = Collector()
        self.database.hub.subscribe(self.collector, All)
        runtime.spawn(self.listener.run)

    def _ready(self) -> None:
        self.lives += 1

    def _foreign_log(self) -> None:
        self.foreign += 1

    def take(self) -> list[Any]:
        self.runtime.settle()
        return self.collector.take()

    @property
    def ear(self) -> Any:
        """The connection that listens now."""
        return self.postgres.listening[-1]
