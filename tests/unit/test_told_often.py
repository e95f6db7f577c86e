"""Who gets many messages is told its position within a second: its list of seen ids stays short."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pgsocketio.namespace import BaseNamespace
from pgsocketio.progress import keep_telling
from pgsocketio.settings import ServerSettings
from pgsocketio.subscription import Subscription
from pgsocketio.testing import NamespaceDriver
from pgsocketio.wire import POSITION

from .listeners import All

SETTINGS = ServerSettings(position_interval=25, position_burst=3)


class Page(BaseNamespace):
    subscriptions = [Subscription("say", All)]


@pytest.fixture
def page() -> Iterator[NamespaceDriver]:
    with NamespaceDriver(Page, {"v": 1}, settings=SETTINGS) as driver:
        driver.runtime.spawn(keep_telling, driver.server)
        driver.take()
        yield driver


def _told(page: NamespaceDriver, seconds: float) -> int:
    """How many positions come in some time."""
    page.database.read()
    page.advance(seconds)
    return sum(event == POSITION for event, _args in page.take())


def _publish(page: NamespaceDriver, count: int) -> None:
    for number in range(count):
        page.database.publish("chat", n=number)


def test_many_messages(page: NamespaceDriver) -> None:
    _publish(page, 3)
    assert _told(page, 1.0) == 1
    _publish(page, 3)
    assert _told(page, 1.0) == 1


def test_few_messages_wait_for_the_interval(page: NamespaceDriver) -> None:
    _publish(page, 2)
    assert _told(page, 20) == 0
    assert _told(page, 6) == 1


def test_who_gets_nothing_is_told_once_per_interval(page: NamespaceDriver) -> None:
    for _ in range(50):
        page.database.publish("for others")
        page.database.read()
        page.advance(1)
    assert sum(event == POSITION for event, _args in page.take()) == 2
