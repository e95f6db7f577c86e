"""One Odoo, nginx and realtime server for the tests of all examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.site import Site
from tests.support.servers import Nginx, OdooServer, RealtimeServer
from tools.odoo import OdooInstance


@pytest.fixture(scope="package")
def running_site(
    odoo_instance: OdooInstance, clone_odoo_db: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A site with a realtime server, of which nobody may expect that it is the first one."""
    with ExitStack() as stack:
        odoo = stack.enter_context(OdooServer(odoo_instance, clone_odoo_db()))

        def realtime(db: str, *options: str) -> RealtimeServer:
            return stack.enter_context(RealtimeServer(odoo_instance, db, *options))

        def nginx(server_block: str, http_block: str) -> Nginx:
            folder = tmp_path_factory.mktemp("nginx")
            return stack.enter_context(Nginx(folder, server_block, http_block))

        site = Site(odoo, realtime, nginx)
        site.server = site.start_realtime()
        yield site


@pytest.fixture
def site(running_site: Site) -> Site:
    """Takes the place of the fixture that starts servers for each test."""
    return running_site
