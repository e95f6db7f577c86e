"""Asks at the public address what a browser would."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from . import judge_address as judge
from .facts import Address, Installation, Opened, Server
from .finding import Finding, warning
from .judge_database import clock
from .link import Polling, Transport, WebSocket
from .web import Failed, Web

NAMESPACE = "/live"
"""Where every installation has one for users."""
_TRANSPORTS: tuple[type[Transport], ...] = (Polling, WebSocket)
_SPARE = 5.0  # seconds that a ping may be late
_TRIES = 6  # clients, to learn whether polling stays at one server
_SEEN_FROM = {"X-Forwarded-For": judge.FORGED, "User-Agent": "oe_web_socketio doctor"}


def resolve(page: str, source: str, info: Mapping[str, Any]) -> Address:
    """Where things are, as the page's JavaScript finds it.

    :param info: url and path of the realtime server, as Odoo tells pages.
    """
    parts = urlsplit(page)
    setting = str(info["url"] or "").lstrip(":")
    if setting.isdigit():
        url = f"{parts.scheme}://{parts.hostname}:{setting}"
    else:
        url = setting if "//" in setting else page
    there = urlsplit(url)
    return Address(
        page=f"{parts.scheme}://{parts.netloc}", source=source,
        url=f"{there.scheme}://{there.netloc}", path=info["path"],
    )  # fmt: skip


class Examination:
    """What is asked at an address, in order; each step yields what it found.

    :param session: id of a session of Odoo.
    :param servers: asks the servers to describe themselves, and a connection by its sid; None: that
        cannot be asked.
    :param cafile: certificates to trust beside the system's.
    """

    def __init__(
        self, address: Address, install: Installation, session: str, odoo_port: int,
        servers: Callable[[str | None], list[Server] | None], cafile: str | None = None,
    ) -> None:
        self._address, self._install, self._session = address, install, session
        self._odoo_port, self._servers = odoo_port, servers
        self._page, self._web = Web(address.page, cafile), Web(address.url, cafile)
        self._headers = {"Cookie": f"session_id={session}", **_SEEN_FROM}
        self._open: list[Transport] = []
        self._alive: list[Server] = []

    def run(self, wait: bool) -> Iterator[Finding]:
        """Ask it all.

        :param wait: for the server's ping, too, which takes the ping interval.
        """
        yield from judge.where(self._address)
        yield judge.proxy_mode(self._install, self._page.secure or
                               self._page.port != self._odoo_port)  # fmt: skip
        yield from self._ask_odoo()
        yield from self._ask_transports()
        if self._open:
            yield from self._ask_seen()
            yield from self._ask_origins()
            yield from self._ask_sticky()
            yield from self._ask_sessions()
            yield from self._ask_idle() if wait else []

    def _ask_odoo(self) -> Iterator[Finding]:
        headers = {**self._headers, "Content-Type": "application/json"}
        got, known, ahead, version = Opened(), False, None, None
        try:
            began = time.time()
            answer = self._page.request("POST", "/web/session/get_session_info", headers, "{}")
            if "date" in answer.headers:
                date = parsedate_to_datetime(answer.headers["date"]).timestamp()
                ahead = date + 0.5 - (began + time.time()) / 2  # it has whole seconds
            if answer.status != 200:
                raise Failed(f"HTTP status {answer.status}")
            result = json.loads(answer.body).get("result") or {}
            known = bool(result.get("uid"))
            version = result.get("web_socketio", {}).get("version")
        except Failed as failed:
            got = Opened(str(failed))
        except (ValueError, AttributeError):
            got = Opened("what answers is not Odoo")
        yield judge.odoo(self._address, got, known)
        if known:
            yield judge.loaded(version, self._install)
        if ahead is not None:
            yield clock("address.clock", "the clock of the web server (HTTP Date)", ahead)

    def _try(self, kind: type[Transport], **headers: str) -> Opened:
        """Open a transport; it is kept in ``_open`` for the next steps."""
        try:
            opened = kind(self._web, self._address.path, {**self._headers, **headers})
        except Failed as failed:
            return Opened(str(failed), failed.status, failed.body)
        self._open.append(opened)
        return Opened()

    def _ask_transports(self) -> Iterator[Finding]:
        self._alive = [server for server in self._servers(None) or () if server.alive]
        listening = [server.address for server in self._alive if server.address]
        for kind in _TRANSPORTS:
            yield judge.opened(kind.name, self._address, self._try(kind), listening)

    def _ask_seen(self) -> Iterator[Finding]:
        servers = self._servers(self._open[0].sid)
        for server in servers or ():
            client = server.about.get("client")
            if client is not None:
                yield from judge.seen(self._address, client, server.about["trusted_proxies"])
                return
        if servers is None:
            return
        yield warning(
            "address.forwarded", "no server of this database knows the connection that was opened "
            "at the public address", "Does the proxy pass on to a server of another database, or "
            "is the server older than this command?",
        )  # fmt: skip

    def _ask_origins(self) -> Iterator[Finding]:
        kind = type(self._open[0])
        own = self._try(kind, Origin=self._address.page)
        foreign = self._try(kind, Origin="https://doctor.invalid")
        yield from judge.origins(self._address, own, foreign)

    def _join(self, transport: Transport) -> str | None:
        try:
            return transport.join(NAMESPACE, {"session_id": self._session})
        except Failed as failed:
            return str(failed)

    def _ask_sessions(self) -> Iterator[Finding]:
        for kind in _TRANSPORTS:
            found = next((each for each in self._open if isinstance(each, kind)), None)
            if found is not None:
                yield judge.joined(kind.name, self._join(found))

    def _ask_sticky(self) -> Iterator[Finding]:
        """Needs more than one server, and polling."""
        if len(self._alive) > 1 and any(isinstance(each, Polling) for each in self._open):
            lost = sum(self._loses() for _client in range(_TRIES))
            yield judge.sticky(_TRIES, lost, len(self._alive))

    def _loses(self) -> bool:
        """Whether the requests of a polling client do not all reach its server."""
        try:
            client = Polling(self._web, self._address.path, self._headers)
            self._open.append(client)
            client.join(NAMESPACE, {"session_id": self._session})
        except Failed:
            return True
        return False

    def _ask_idle(self) -> Iterator[Finding]:
        """Both transports at once: they wait for as long."""
        self.close()
        kinds = {type(transport) for transport in self._open}
        self._open.clear()
        with ThreadPoolExecutor() as pool:
            yield from pool.map(self._idle, [kind for kind in _TRANSPORTS if kind in kinds])

    def _idle(self, kind: type[Transport]) -> Finding:
        got, interval, began = Opened(), 0.0, time.monotonic()
        try:
            transport = kind(self._web, self._address.path, self._headers)
            self._open.append(transport)
            interval = transport.ping_interval
            transport.join(NAMESPACE, {"session_id": self._session})
            began = time.monotonic()
            transport.wait_for("2", interval + _SPARE)
        except Failed as failed:
            got = Opened(str(failed), failed.status)
        return judge.idle(kind.name, interval, got, time.monotonic() - began)

    def close(self) -> None:
        """Leave all that is open."""
        for transport in self._open:
            try:
                transport.close()
            except Failed:
                continue  # it is gone already
