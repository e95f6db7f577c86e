"""Who a socket belongs to: known from its handshake, fresh in each event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Identity(dict[str, Any]):
    """A known identity in a new event: the user is read when it is asked for, in its session.

    :param known: what was read last.
    :param provider: TurboGears' ``TGAuthMetadata``, None for an identity without user.
    """

    def __init__(self, known: Mapping[str, Any], provider: Any) -> None:
        super().__init__(known)
        self["user"] = None
        self._provider = provider
        self._fresh = provider is None

    def __getitem__(self, key: str) -> Any:
        if key == "user" and not self._fresh:
            self._fresh = True
            user = self._provider.get_user(self, self["repoze.who.userid"])
            super().__setitem__("user", user)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401  not the plain item


def identity_for_event(config: Mapping[str, Any], known: Any) -> Any:
    """The identity of a socket, for one event."""
    if not known:
        return known
    provider = config.get("sa_auth.authmetadata")
    has_user = known.get("repoze.who.userid") is not None
    return Identity(known, provider if has_user else None)


def rights(identity: Any) -> tuple[Any, ...]:
    """What of an identity decides what it may do, to compare."""
    known = identity or {}
    return (
        known.get("repoze.who.userid"),
        sorted(map(str, known.get("groups") or ())),
        sorted(map(str, known.get("permissions") or ())),
    )
