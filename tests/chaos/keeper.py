"""Where a client stands: docs/protocol.md, "Events of the server to a client that declared v"."""

from __future__ import annotations

import json
from typing import Any


class Keeper:
    """Position and seen ids of one client on one namespace.

    :param stored: what an earlier page of the client left in its storage.
    """

    def __init__(self, stored: str | None = None) -> None:
        self.position: str | None = None
        self._connection = 0
        self._known: dict[str, dict[int, tuple[int, int]]] = {}
        if stored is not None:
            content = json.loads(stored)
            self.position = content.get("position")
            for name, ids in content.get("seen", {}).items():
                self._known[name] = dict.fromkeys(ids, (0, 0))
        self.first = self.position

    @property
    def auth(self) -> dict[str, Any]:
        """What CONNECT carries."""
        if self.position is None:
            return {}
        return {
            "position": self.position,
            "seen": {name: list(ids) for name, ids in self._known.items()},
        }

    def stored(self) -> str:
        """What a reload finds."""
        return json.dumps(self.auth)

    def ready(self, recovered: bool | None) -> None:
        """The session is valid on a new connection."""
        self._connection += 1
        if recovered is not True:
            self.position = None
            self._known.clear()

    def has_seen(self, envelope: dict[str, Any]) -> bool:
        known = self._known.get(envelope["s"], {})
        return bool(envelope["ids"]) and all(number in known for number in envelope["ids"])

    def remember(self, envelope: dict[str, Any]) -> None:
        """The handlers of an event returned."""
        known = self._known.setdefault(envelope["s"], {})
        for number in envelope["ids"] or ():
            known[number] = (self._connection, envelope["g"])

    def arrived(self, position: str, generation: int) -> None:
        """A position came, and the handlers of all earlier events are done."""
        self.position = position
        here = self._connection
        for name, known in list(self._known.items()):
            kept = {i: at for i, at in known.items() if at[0] == here and at[1] >= generation}
            self._known[name] = kept
            if not kept:
                del self._known[name]
