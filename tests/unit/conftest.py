"""Unit tests of the core: no services, no waiting. They run on every Python from 3.10 to 3.13."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.testing import MemoryDatabase, ThreadRuntime

from .listeners import All
from .pages import Loop, Page

settings.register_profile(
    "unit",
    deadline=None,
    max_examples=60,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unit")


@pytest.fixture
def runtime() -> Iterator[ThreadRuntime]:
    """Jobs on threads, one at a time, and time that passes by itself when all wait."""
    with ThreadRuntime() as made:
        yield made


@pytest.fixture
def database() -> MemoryDatabase:
    """One that is live."""
    made = MemoryDatabase()
    made.read()
    return made


@pytest.fixture
def page() -> Iterator[Callable[..., Page]]:
    """Makes clients whose namespace runs one job, and ends them."""
    made: list[Page] = []

    def make(loop: Loop, adapter: type[AbstractAdapter] = All, **options: Any) -> Page:
        made.append(Page(loop, adapter, **options))
        return made[-1]

    yield make
    for one in made:
        one.client.close()
