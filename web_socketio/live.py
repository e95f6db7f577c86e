"""``/live``: pages follow records; told is that one changed, and only to those who may read it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from odoo.api import Environment
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from pgsocketio.message import Message

from . import compat
from .namespace import OpenERPNameSpace
from .session import AbstractAdapter
from .web_socketio import SocketIO

if TYPE_CHECKING:
    from pgsocketio.runtime import Job

_lt = LazyTranslate(__name__)
_logger = logging.getLogger(__name__)

CHANNEL = "web_socketio.live"
MIXIN = "web.socketio.live.mixin"
PAGE_KEY = "web_socketio_page"
"""Key of the context by which a page recognises the changes that it made itself."""
MAX_MODELS = 50
"""Models that one client may follow."""
MAX_IDS = 1_000
"""Records of one model that one client may follow one by one."""
MAX_ID = 2**31 - 1
"""The largest id that PostgreSQL's ``integer`` holds."""


class Watch:
    """What one client follows of one model.

    :ivar ids: records that it follows.
    :ivar everything: whether it follows what else it may read, too.
    :ivar known: those of ``ids`` that it could read when it was last told of them.
    :ivar job: that tells it.
    """

    def __init__(self, model: str) -> None:
        self.model = model
        self.ids: frozenset[int] = frozenset()
        self.everything = False
        self.known: frozenset[int] = frozenset()
        self.job: Job | None = None

    def __repr__(self) -> str:
        return "watch"  # names the listener: the same whatever it follows, also after a restart

    def wants(self, values: dict[str, Any]) -> bool:
        """Whether a message is about what the client follows, may it be read or not."""
        if self.everything and values["changed"]:
            return True
        return not self.ids.isdisjoint(values["changed"] + values["deleted"])


class LiveAdapter(AbstractAdapter):
    """The changes of one model that concern one watch."""

    channel = CHANNEL
    index = "model"

    def get(self, messages: Sequence[Message], model: str, watch: Watch) -> Sequence[Message]:
        return [message for message in messages if watch.wants(message["values"])]


class LiveNameSpace(OpenERPNameSpace):
    """The records that one page follows."""

    auth = "portal"

    def initialize(self) -> None:
        self._watches: dict[str, Watch] = {}

    def on_watch(self, model: Any, ids: Any, everything: Any = False) -> list[int]:
        """Follow records of a live model from now on, instead of those followed before.

        :param model: its name.
        :param ids: of the records, at most 1,000.
        :param everything: follow whatever else of the model the user may read, too.
        :returns: the ids of those that the user may read.
        :raises UserError: for a model that is not live, and beyond the bounds.
        :raises AccessError: for a model that the user may not read.
        """
        _check(model, ids)
        if not ids and not everything:
            self._end(model)
            return []
        known = self.session.run(lambda env: readable(env, model, ids))
        watch = self._watches.get(model) or self._begin(model)
        watch.ids, watch.everything, watch.known = frozenset(ids), bool(everything), known
        return sorted(known)

    def _begin(self, model: str) -> Watch:
        if len(self._watches) >= MAX_MODELS:
            raise UserError(_lt("A page follows %s models at most.", MAX_MODELS))
        watch = self._watches[model] = Watch(model)
        watch.job = self.spawn(self._follow, watch)
        return watch

    def _end(self, model: str) -> None:
        watch = self._watches.pop(model, None)
        if watch is not None and watch.job is not None:
            watch.job.kill()

    def _follow(self, watch: Watch) -> None:
        while True:
            messages = self.listen(watch.model, watch, adapterClass=LiveAdapter)
            try:
                changes = self._changes(watch, messages)
            except Exception:
                _logger.exception("%s: cannot tell what %r may read", watch.model, self.session)
                self.validate(False)  # they come again, each time a little later
                continue
            if changes:
                self.emit("changes", watch.model, changes)

    def _changes(self, watch: Watch, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the client may know of messages, with its rights of now."""
        wanted = {number for message in messages for number in message["values"]["changed"]}
        if not watch.everything:
            wanted &= watch.ids
        try:
            may_read = self.session.run(lambda env: readable(env, watch.model, wanted))
        except UserError:  # no right to the model any more, or it is not live any more
            may_read = frozenset()
        changes = [_change(message, watch, may_read) for message in messages]
        gone = {number for change in changes for number in change["gone"]}
        watch.known = (watch.known | may_read & watch.ids) - gone
        return [change for change in changes if change["changed"] or change["gone"]]


def _check(model: Any, ids: Any) -> None:
    if not isinstance(model, str) or not isinstance(ids, list):
        raise UserError(_lt("What to follow is the name of a model and a list of ids."))
    if len(ids) > MAX_IDS or not all(type(i) is int and 0 < i <= MAX_ID for i in ids):
        raise UserError(_lt("A page follows %s records of a model at most, by their ids.", MAX_IDS))


def _change(message: dict[str, Any], watch: Watch, may_read: frozenset[int]) -> dict[str, Any]:
    values = message["values"]
    gone = {*values["deleted"], *values["changed"]} - may_read
    return {
        "changed": [number for number in values["changed"] if number in may_read],
        "gone": sorted(gone & watch.known),
        "uid": message["uid"],
        "page": values["page"],
        "write_date": values["write_date"],
    }


def readable(env: Environment, model: str, ids: Iterable[int]) -> frozenset[int]:
    """Those records that the environment's user may read.

    :raises UserError: for a model that is not live.
    :raises AccessError: for a model that the user may not read at all.
    """
    if model not in env or not isinstance(env[model], env.registry[MIXIN]):
        raise UserError(_lt("%(model)s is not live: let its class inherit %(mixin)s, too.",
                            model=model, mixin=MIXIN))
    env[model].check_access("read")
    return compat.readable_ids(env[model].browse(ids))


SocketIO.add_namespace("/live", LiveNameSpace)
