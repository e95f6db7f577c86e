"""Which arguments a method takes: worked out once, as that takes longer than most methods."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from .errors import Invalid

_NONE: Mapping[str, Any] = {}


class Shape:
    """The parameters of a method, without ``self``.

    :ivar names: of the parameters, in order.
    """

    __slots__ = ("_least", "_most", "_signature", "names")

    def __init__(self, signature: inspect.Signature) -> None:
        parameters = signature.parameters.values()
        self.names = tuple(signature.parameters)
        self._signature = signature
        plain = all(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)
        self._most = len(self.names) if plain else -1  # -1: only the signature knows
        self._least = sum(p.default is p.empty for p in parameters)

    def check(self, args: Sequence[Any], named: Mapping[str, Any] = _NONE) -> None:
        """Make sure that the method can be called so.

        :raises Invalid: saying what is missing or too much.
        """
        if not named and self._least <= len(args) <= self._most:
            return
        try:
            self._signature.bind(*args, **named)
        except TypeError as error:
            raise Invalid(str(error)) from error

    def name(self, args: Sequence[Any]) -> dict[str, Any]:
        """The arguments by name; some may be missing.

        :raises Invalid: when there are too many.
        """
        if len(args) <= self._most:
            return dict(zip(self.names, args))
        try:
            return dict(self._signature.bind_partial(*args).arguments)
        except TypeError as error:
            raise Invalid(str(error)) from error


def shape_of(method: Callable[..., Any]) -> Shape:
    """The shape of a bound method, or of any other callable."""
    function = getattr(method, "__func__", None)
    return Shape(inspect.signature(method)) if function is None else _shape_of(function)


@lru_cache(maxsize=4096)
def _shape_of(function: Callable[..., Any]) -> Shape:
    signature = inspect.signature(function)
    return Shape(signature.replace(parameters=list(signature.parameters.values())[1:]))
