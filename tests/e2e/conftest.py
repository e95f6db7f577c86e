"""Users with browsers of their own, and the site that they look at."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.e2e.site import Site, WebClient
from tests.support.servers import Nginx, OdooServer, RealtimeServer
from tools.odoo import OdooInstance
from tools.paths import ROOT


@pytest.fixture(scope="session")
def instance_of_tests(odoo_instance: OdooInstance) -> OdooInstance:
    """Odoo with the tests' addons on its path."""
    instance = copy.copy(odoo_instance)
    instance.conf = odoo_instance.folder / "odoo-test-addons.conf"
    text = odoo_instance.conf.read_text(encoding="utf-8")
    addons = f"addons_path = {ROOT / 'tests' / 'addons'},"
    instance.conf.write_text(text.replace("addons_path = ", addons), encoding="utf-8")
    return instance


@pytest.fixture
def site(
    odoo: OdooServer, realtime: Callable[..., RealtimeServer], nginx: Callable[..., Nginx]
) -> Site:
    """Odoo and nginx, without a realtime server."""
    return Site(odoo, realtime, nginx)


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[[], BrowserContext]]:
    """Make browser contexts: each has cookies of its own, as another browser has."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(browser.new_context())


@pytest.fixture
def login(site: Site, new_context: Callable[[], BrowserContext]) -> Callable[[str], WebClient]:
    """Log a user in, in a browser of her own: ``login("demo")``."""
    return lambda login: WebClient.login(new_context(), site.url, login)
