"""Users with browsers of their own, and the site that they look at."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.site import Site, WebClient
from tests.support.servers import Nginx, OdooServer, RealtimeServer


@pytest.fixture
def site(
    odoo: OdooServer, realtime: Callable[..., RealtimeServer], nginx: Callable[..., Nginx]
) -> Site:
    """Odoo and nginx, without a realtime server."""
    return Site(odoo, realtime, nginx)


@pytest.fixture
def login(site: Site, new_context: Callable[[], BrowserContext]) -> Callable[[str], WebClient]:
    """Log a user in, in a browser of her own: ``login("demo")``."""
    return lambda login: WebClient.login(new_context(), site.url, login)
