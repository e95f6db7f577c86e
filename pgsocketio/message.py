"""What travels: JSON values, and the message as an adapter sees it."""

from __future__ import annotations

import datetime
import json
import math
import re
from functools import singledispatch
from itertools import chain
from typing import Any, NoReturn

from pgsocketio.errors import NotEncodable, PayloadTooLarge, Unreadable

MAX_VALUES = 1_048_576
"""Most bytes of a message's values, encoded as JSON (1 MiB)."""
MAX_DEPTH = 100
"""Most lists and objects of a message's values within each other."""

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # not the text backslash, u, 0, 0, 0, 0


@singledispatch
def to_json(value: object) -> Any:
    """Turn a value that JSON does not know into one that it does.

    A framework registers its own types (lazy strings, for instance) with ``to_json.register``.

    :raises NotEncodable: for a type nobody registered.
    """
    raise NotEncodable(f"{type(value).__name__} cannot travel as JSON")


@to_json.register
def _datetime(value: datetime.datetime) -> str:
    """As Odoo's RPC writes it: UTC, to the second; naive values are UTC already."""
    if value.tzinfo is not None:
        value = value.astimezone(datetime.timezone.utc)
    return value.strftime("%Y-%m-%d %H:%M:%S")


@to_json.register
def _date(value: datetime.date) -> str:
    return value.isoformat()


@to_json.register
def _bytes(value: bytes) -> str:
    """Text as bytes (Odoo's binary fields are base64 already)."""
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise NotEncodable("bytes that are not UTF-8 text; encode them as base64") from error


_encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=to_json
)


def dumps(value: Any) -> str:
    """Encode as compact JSON.

    :returns: JSON text, not escaped to ASCII.
    :raises NotEncodable: naming the key of the first value that cannot travel.
    """
    try:
        text = _encoder.encode(value)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        _explain(value, error)
    return text


def encode_values(values: dict[str, Any]) -> str:
    """Encode the values of a message for PostgreSQL's jsonb.

    :param values: a dict with string keys.
    :raises NotEncodable: naming the key; also for the character NUL, which jsonb refuses.
    :raises PayloadTooLarge: above :data:`MAX_VALUES` bytes.
    """
    if not isinstance(values, dict):
        raise NotEncodable(f"the values of a message are an object, not {type(values).__name__}")
    text = dumps(values)
    if _NUL.search(text):
        _explain(values, NotEncodable("PostgreSQL's jsonb has no NUL character"))
    if may_be_deeper(text, MAX_DEPTH) and is_deeper(json.loads(text), MAX_DEPTH):
        raise NotEncodable(f"the values are nested more than {MAX_DEPTH} deep")
    size = len(text.encode())
    if size > MAX_VALUES:
        raise PayloadTooLarge(
            f"the values take {size} bytes, more than {MAX_VALUES}: "
            "send the id of a record and let the client read it"
        )
    return text


def loads(text: str) -> Any:
    """Decode JSON that PostgreSQL wrote, which knows no largest number and no depth.

    :raises Unreadable: saying what Python or JavaScript cannot hold.
    """
    try:
        value = json.loads(text, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    if may_be_deeper(text, MAX_DEPTH) and is_deeper(value, MAX_DEPTH):
        raise Unreadable(f"nested more than {MAX_DEPTH} deep")
    return value


def may_be_deeper(text: str, most: int) -> bool:
    """Tell quickly whether :func:`is_deeper` may be true of what a JSON text holds."""
    return text.count("[") + text.count("{") > most


def is_deeper(value: Any, most: int) -> bool:
    """Tell whether a JSON value has more than so many lists and objects within each other."""
    level = [value]
    for _ in range(most + 1):
        level = [item for item in level if isinstance(item, (dict, list))]
        if not level:
            return False
        children = (item.values() if isinstance(item, dict) else item for item in level)
        level = list(chain.from_iterable(children))
    return True


def _finite(text: str) -> float:
    if math.isinf(number := float(text)):
        raise ValueError("a number is beyond floating point")
    return number


def _explain(value: Any, cause: Exception) -> NoReturn:
    """Walk to the value that made encoding fail, and name its key."""
    path, reason = _culprit(value, "", 0) or ("", str(cause))
    where = f"{path}: " if path else ""
    raise NotEncodable(f"{where}{reason}") from cause


def _culprit(value: Any, path: str, depth: int) -> tuple[str, str] | None:
    if depth > MAX_DEPTH:
        return path, f"nested more than {MAX_DEPTH} deep"
    if isinstance(value, dict):
        for key, item in value.items():
            name = f"{path}.{key}" if path else str(key)
            if not isinstance(key, (str, int)):
                return name, f"a key is {type(key).__name__}, not a string"
            found = _leaf(key, name) or _culprit(item, name, depth + 1)
            if found:
                return found
        return None
    if isinstance(value, (list, tuple)):
        found_items = (_culprit(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(value))
        return next(filter(None, found_items), None)
    return _leaf(value, path)


def _leaf(value: Any, path: str) -> tuple[str, str] | None:
    try:
        text = _encoder.encode(value)
        text.encode()
    except UnicodeEncodeError:
        return path, "a lone surrogate is no character"
    except (TypeError, ValueError) as error:
        return path, str(error)
    return (path, "PostgreSQL's jsonb has no NUL character") if _NUL.search(text) else None


def _refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
    raise TypeError("messages are shared by all listeners: change a copy, thaw(message)")


class FrozenDict(dict[str, Any]):
    """A dict that all listeners share, so nobody may change it."""

    __slots__ = ()
    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __deepcopy__(self, _memo: Any) -> dict[str, Any]:
        return thaw(self)  # type: ignore[no-any-return]


class FrozenList(list[Any]):
    """A list that all listeners share, so nobody may change it."""

    __slots__ = ()
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __deepcopy__(self, _memo: Any) -> list[Any]:
        return thaw(self)  # type: ignore[no-any-return]


def freeze(value: Any) -> Any:
    """A frozen copy of a JSON value."""
    if isinstance(value, dict):
        return FrozenDict((key, freeze(item)) for key, item in value.items())
    if isinstance(value, list):
        return FrozenList(freeze(item) for item in value)
    return value


def thaw(value: Any) -> Any:
    """A plain copy of a JSON value, for whoever wants to change it."""
    if isinstance(value, dict):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list):
        return [thaw(item) for item in value]
    return value


class Message(FrozenDict):
    """One message, the same object for every listener.

    It is a dict with the keys ``id``, ``channel``, ``uid``, ``date`` and ``values``.

    ``id``: int, None for a volatile one; ``uid``: int, or None where SQL published without a user;
    ``date``: UTC, ISO 8601, of PostgreSQL's clock; ``values``: a JSON object.

    :ivar xid: the publishing transaction (xid8), None for a volatile message.
    :ivar size: bytes of the encoded values.
    :ivar droppable: whether it may be left out for a client that reads too slowly.
    :ivar forms: what was made of it once for all listeners that receive the same.
    """

    __slots__ = ("droppable", "forms", "size", "xid")

    def __init__(
        self,
        id: int | None,
        channel: str,
        uid: int | None,
        date: str,
        values: dict[str, Any],
        *,
        xid: int | None = None,
        size: int = 0,
        droppable: bool | None = None,
    ) -> None:
        super().__init__(id=id, channel=channel, uid=uid, date=date, values=freeze(values))
        self.forms: dict[Any, Any] = {}
        self.droppable = id is None if droppable is None else droppable
        self.xid = xid
        self.size = size
