"""One Odoo, nginx and realtime server for the tests of all examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.site import Site, running_site
from tools.odoo import OdooInstance


@pytest.fixture(scope="package")
def shared_site(
    odoo_instance: OdooInstance, clone_odoo_db: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A site with a realtime server, of which nobody may expect that it is the first one."""
    with running_site(odoo_instance, clone_odoo_db(), tmp_path_factory.mktemp("nginx")) as site:
        yield site


@pytest.fixture
def site(shared_site: Site) -> Site:
    """Takes the place of the fixture that starts servers for each test."""
    return shared_site
