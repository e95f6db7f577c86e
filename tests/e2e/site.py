"""A site as in production, one origin with nginx in front of both servers, and a user's page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Route,
    TimeoutError,
    expect,
)

from tests.support.servers import Nginx, OdooServer, RealtimeServer
from tools.odoo import OdooInstance
from tools.processes import free_port

MAP = "map $http_upgrade $connection_upgrade { default upgrade; '' close; }"
PROXY = """
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    location / {{ proxy_pass {odoo}; }}
    location /socket.io/ {{ {extra} proxy_pass http://127.0.0.1:{port}; proxy_read_timeout 90s; }}
"""
NO_WEBSOCKET = "if ($http_upgrade) { return 426; }"
ROUTED = 60.0  # seconds from a request until it is ours to answer, however slow the machine is
SOCKETIO = "odoo.__WOWL_DEBUG__?.root.env.services.socketio"


class Site:
    """One Odoo behind nginx; its realtime server can be started, stopped and started again.

    :ivar server: that runs now, where several tests share it
    """

    server: RealtimeServer

    def __init__(
        self, odoo: OdooServer, realtime: Callable[..., RealtimeServer],
        nginx: Callable[..., Nginx], *, port: int | None = None, extra: str = "",
    ) -> None:
        """Start nginx.

        :param port: of a realtime server that serves several sites
        :param extra: what nginx does with a request to it besides
        """
        self.db = odoo.db
        self._realtime = realtime
        self._port = port or free_port()
        self.url = nginx(PROXY.format(odoo=odoo.url, port=self._port, extra=extra), MAP).url

    def start_realtime(self, db: str | None = None) -> RealtimeServer:
        """Start the realtime server, for this site's database or for those named."""
        return self._realtime(db or self.db, "-p", str(self._port))


@contextmanager
def running_site(instance: OdooInstance, db: str, folder: Path) -> Iterator[Site]:
    """A site with a realtime server, for several tests.

    :param folder: of nginx, empty
    """
    with ExitStack() as stack:
        odoo = stack.enter_context(OdooServer(instance, db))

        def realtime(db: str, *options: str) -> RealtimeServer:
            return stack.enter_context(RealtimeServer(instance, db, *options))

        def nginx(server_block: str, http_block: str) -> Nginx:
            return stack.enter_context(Nginx(folder, server_block, http_block))

        site = Site(odoo, realtime, nginx)
        site.server = site.start_realtime()
        yield site


class WebClient:
    """A page of Odoo's web client with a user logged in."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    @classmethod
    def login(cls, context: BrowserContext, url: str, login: str) -> WebClient:
        """Log a user in, whose password is the login, through Odoo's login page."""
        client = cls(context.new_page(), url)
        client.page.goto(f"{url}/web/login")
        client.page.get_by_label("Email").fill(login)
        client.page.get_by_label("Password").fill(login)
        client.page.get_by_role("button", name="Log in").click()
        expect(client.page.locator(".o_main_navbar")).to_be_visible()
        return client

    def open(self) -> WebClient:
        """Open (or reload) the web client."""
        self.page.goto(f"{self.url}/odoo")
        expect(self.page.locator(".o_main_navbar")).to_be_visible()
        return self

    @contextmanager
    def before_it_knows(self, model: str, method: str) -> Iterator[None]:
        """Open the web client, which calls a method; the block runs before it gets the answer."""
        url = f"**/call_kw/{model}/{method}"
        calls: list[Route] = []
        self.page.route(url, lambda route: calls.append(route))
        with self.page.expect_request(url):
            self.open()
        deadline = time.monotonic() + ROUTED
        while not calls and time.monotonic() < deadline:
            self.page.wait_for_timeout(20)  # ms, in which Playwright may call the handler
        answer = calls[0].fetch()
        yield
        calls[0].fulfill(response=answer)

    @property
    def dialogs(self) -> Locator:
        """Whatever dialog is open."""
        return self.page.locator(".modal")

    @property
    def toasts(self) -> Locator:
        """The notifications on the screen."""
        return self.page.locator(".o_notification")

    def toast(self, text: str) -> Locator:
        """The notifications with that text."""
        return self.toasts.filter(has_text=text)

    def wait_until_connected(self, namespace: str = "/longpolling") -> WebClient:
        """Wait until the server knows this page's session on a namespace."""
        try:
            self.page.wait_for_function(
                f"namespace => {SOCKETIO}?.status().namespaces[namespace]?.ready", arg=namespace
            )
        except TimeoutError as error:
            status = self.page.evaluate(f"{SOCKETIO}?.status()")
            raise AssertionError(f"not connected: {status}, {self.errors[-5:]}") from error
        return self

    def wait_until_away(self) -> WebClient:
        """Wait until the page has noticed that there is no server."""
        self.page.wait_for_function(f"{SOCKETIO}?.status().state === 'reconnecting'")
        return self

    def call(self, model: str, method: str, *args: Any) -> Any:
        """Call a model's method over Odoo's own RPC."""
        return self.page.evaluate(
            "([model, method, args]) =>"
            " odoo.__WOWL_DEBUG__.root.env.services.orm.call(model, method, args)",
            [model, method, args],
        )

    def do_action(self, action: Any, **options: Any) -> None:
        """Open an action: its xml id, or a description."""
        self.page.evaluate(
            "([action, options]) =>"
            " odoo.__WOWL_DEBUG__.root.env.services.action.doAction(action, options)",
            [action, options],
        )

    def open_record(self, model: str, id: int) -> None:
        """Open the form of a record."""
        views = [[False, "form"]]
        self.do_action(
            {"type": "ir.actions.act_window", "res_model": model, "res_id": id, "views": views},
            clearBreadcrumbs=True,
        )

    def emit(self, namespace: str, event: str, *args: Any) -> Any:
        """Emit as an addon does; return ``{answer}`` or ``{name, message}`` of what was thrown."""
        return self.page.evaluate(
            """async ([namespace, event, args]) => {
                const { SocketIO } = odoo.loader.modules.get("@web_socketio/socketio");
                try {
                    return { answer: await new SocketIO(namespace).emit(event, ...args) };
                } catch ({ name, message }) {
                    return { name, message };
                }
            }""",
            [namespace, event, args],
        )

    def notify(self, login: str, message: str, **values: Any) -> None:
        """Send a notification with the example addon's wizard, without its form."""
        to_id = self.call("res.users", "search", [["login", "=", login]])[0]
        values = {"to_id": to_id, "title": "Hello", "message": message, **values}
        (wizard,) = self.call("web.notification", "create", [values])
        self.call("web.notification", "action_send", [wizard])
