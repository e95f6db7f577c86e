"""A realtime server for these tests alone, with an addon of its own, and a page on it."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.clients import Client, numbers
from tests.integration.conftest import ADDON, Connect
from tests.integration.operation.watched import Watched
from tests.integration.site import Site
from tools.odoo import OdooInstance, our_addons
from tools.paths import ROOT
from tools.postgres import Postgres

_numbers = itertools.count(1)

Heard = Callable[[int], list[int]]


def copied_addon(folder: Path) -> Path:
    """A copy of the test addon, whose files may be changed."""
    copy = folder / "addons" / ADDON
    shutil.copytree(ROOT / "tests" / "addons" / ADDON, copy)
    return copy


@pytest.fixture(scope="module")
def with_own_addon(
    instance: OdooInstance, postgres: Postgres
) -> Callable[[Path], OdooInstance]:
    """Prepare a folder with a copy of the test addon; sessions are those of ``site``."""

    def prepare(folder: Path) -> OdooInstance:
        own = OdooInstance(instance.odoo, postgres, folder, [*our_addons(), copied_addon(folder)])
        (folder / "data").symlink_to(instance.folder / "data")
        return own

    return prepare


@pytest.fixture(scope="module")
def server(
    with_own_addon: Callable[[Path], OdooInstance], new_db: Callable[[], str], run_dir: Path
) -> Iterator[Watched]:
    folder = run_dir / f"watched-{next(_numbers)}"
    with Watched(with_own_addon(folder), new_db(), folder) as server:
        yield server


@pytest.fixture
def client(connect: Connect, site: Site, server: Watched, topic: str) -> Client:
    """A page that follows a topic of its own, and comes back quickly."""
    user = site.user("demo", server.db)
    client = connect(
        user, server=server, v=1, reconnectionDelay=100, reconnectionDelayMax=300
    )
    client.call("follow", "Topic", topic)
    return client


@pytest.fixture
def heard(client: Client) -> Heard:
    """Wait until the page has so many messages; returns the ``n`` of each."""

    def heard(count: int) -> list[int]:
        def enough() -> list[int] | None:
            found = numbers(client, "batch")
            return found if len(found) >= count else None

        return list(client.wait_until(enough, f"{count} messages"))

    return heard
