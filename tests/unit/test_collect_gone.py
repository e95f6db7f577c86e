"""Memory of connections that are gone, while Python's own collector is put off."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from pgsocketio.lifecycle import collect_gone


class Own:
    """Refers to itself, as what a connection is made of does."""

    def __init__(self) -> None:
        self.own = self


class Stop(Exception):
    """Ends the loop of a test."""


@pytest.fixture(autouse=True)
def put_off() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def freed(turns: list[tuple[int, int]]) -> list[bool]:
    """Whether what was there before each turn is freed after it.

    :param turns: connections that were opened so far, and those that are there still.
    """
    engine: Any = SimpleNamespace(counters=Counter(), connections={})
    left, answers = iter(turns), []
    probe: weakref.ref[Own] | None = None

    def sleep(_seconds: float) -> None:
        nonlocal probe
        if probe is not None:
            answers.append(probe() is None)
        probe = weakref.ref(Own())
        opened, there = next(left, (-1, 0))
        if opened < 0:
            raise Stop
        engine.counters["opened"], engine.connections = opened, dict.fromkeys(range(there))

    with pytest.raises(Stop):
        collect_gone(engine, sleep)
    return answers


def test_it_is_freed_when_many_are_gone() -> None:
    assert freed([(9_999, 0), (10_000, 0), (19_999, 0), (20_000, 0)]) == [False, True, False, True]


def test_as_many_have_to_be_gone_as_are_there() -> None:
    assert freed([(30_000, 20_000), (39_999, 20_000), (40_000, 20_000)]) == [False, False, True]
