"""Website and portal pages: nothing connects by itself; visitors are the website's public user."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from playwright.sync_api import BrowserContext, Page, WebSocket

from tests.e2e.site import Site, running_site
from tests.integration.raw import Raw
from tools.odoo import OdooInstance
from tools.postgres import Postgres

VISITORS, PORTAL = "/test_site/visitors", "/test_site/portal"
OPEN = """([name]) => {
    const { SocketIO } = odoo.loader.modules.get("@web_socketio/socketio");
    window.news = [];
    window.socket = new SocketIO(name).on("news", (text) => news.push(text));
    return socket.emit("who am i").catch(({ name, message }) => ({ name, message }));
}"""


@pytest.fixture(scope="module")
def site(
    instance_of_tests: OdooInstance, clone_odoo_db: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """Odoo with website and portal, behind nginx with a realtime server."""
    db = clone_odoo_db()
    instance_of_tests.install(db, ["test_site"], log="test-site")
    with running_site(instance_of_tests, db, tmp_path_factory.mktemp("nginx")) as site:
        yield site


@pytest.fixture
def sql(postgres: Postgres, site: Site) -> Iterator[Callable[..., Any]]:
    """Run a statement in the site's database and return its first row."""
    with closing(psycopg2.connect(postgres.dsn(site.db))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:

            def run(query: str, *parameters: object) -> Any:
                cursor.execute(query, parameters)
                return cursor.fetchone()

            yield run


class Visit:
    """A page of the site, and the connections to the realtime server that it opened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sockets: list[WebSocket] = []
        self.logged: list[str] = []
        page.on("websocket", self._note)
        page.on("console", lambda message: self.logged.append(message.text))

    def _note(self, socket: WebSocket) -> None:
        if "/socket.io/" in socket.url:
            self.sockets.append(socket)

    def open(self, url: str) -> Visit:
        """Open a page and wait until its code has started."""
        self.page.goto(url)
        self.page.wait_for_selector("body[is-ready]", state="attached")
        self.page.wait_for_function("odoo.__WOWL_DEBUG__")
        return self

    def ask(self, namespace: str) -> Any:
        """Connect as a page's own code does, and ask the server who this is."""
        return self.page.evaluate(OPEN, [namespace])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_visitor_is_the_public_user_of_the_website_and_hears_the_news(
    site: Site, sql: Callable[..., Any], new_context: Callable[[], BrowserContext], host: str
) -> None:
    visit = Visit(new_context().new_page()).open(site.url.replace("127.0.0.1", host))
    assert visit.page.evaluate("window.testSite") == {
        "runs": 1, "names": ["SocketIO", "longpolling_socket"], "connected": False,
    }
    assert not visit.sockets, "nothing connects before code asks for it"

    domain = "http://localhost" if host == "localhost" else ""
    (public,) = sql("SELECT user_id FROM website WHERE coalesce(domain, '') = %s", domain)
    assert visit.ask(VISITORS) == {"uid": public, "public": True}
    assert len(visit.sockets) == 1
    values = json.dumps({"text": f"hello {host}"})
    sql("SELECT web_socketio_notify('test_site.news', %s::jsonb)", values)
    visit.page.wait_for_function("window.news.length")
    assert visit.page.evaluate("window.news") == [f"hello {host}"]


def test_two_websites_have_public_users_of_their_own(sql: Callable[..., Any]) -> None:
    assert sql("SELECT count(DISTINCT user_id) FROM website") == (2,)


def test_a_visitor_is_refused_where_a_login_is_needed(
    site: Site, new_context: Callable[[], BrowserContext]
) -> None:
    visit = Visit(new_context().new_page()).open(site.url)
    refused = visit.ask(PORTAL)
    assert refused["name"] == "ConnectionError"
    status = visit.page.evaluate("odoo.__WOWL_DEBUG__.root.env.services.socketio.status()")
    assert status["state"] == "refused"
    assert status["namespaces"][PORTAL] == {"ready": False, "refused": refused["message"]}
    assert f"web_socketio: {PORTAL} was refused: {refused['message']}" in visit.logged


def test_a_portal_user_is_known_on_a_portal_page(
    site: Site, sql: Callable[..., Any], new_context: Callable[[], BrowserContext]
) -> None:
    visit = Visit(new_context().new_page()).open(f"{site.url}/web/login?redirect=/my")
    visit.page.locator("input[name=login]").fill("portal")
    visit.page.locator("input[name=password]").fill("portal")
    visit.page.locator("button[type=submit]", has_text="Log in").click()
    visit.page.wait_for_url(f"{site.url}/my**")
    visit.open(f"{site.url}/my/account")
    assert not visit.sockets, "nothing connects before code asks for it"
    (portal,) = sql("SELECT id FROM res_users WHERE login = 'portal'")
    assert visit.ask(PORTAL) == {"uid": portal, "public": False}
    sql("SELECT web_socketio_notify('test_site.news', %s::jsonb)", json.dumps({"text": "hello"}))
    visit.page.wait_for_function("window.news.length")
    assert visit.page.evaluate("window.news") == ["hello"]


@pytest.mark.parametrize("host", ["a..b", f"{64 * 'x'}.test"])
def test_a_host_that_no_website_can_have_is_the_default_websites(
    site: Site, sql: Callable[..., Any], host: str
) -> None:
    (public,) = sql("SELECT user_id FROM website WHERE coalesce(domain, '') = ''")
    client = Raw(site.server, Host=host)
    client.connect({}, VISITORS)
    assert client.call("who am i", namespace=VISITORS) == [{"uid": public, "public": True}]
