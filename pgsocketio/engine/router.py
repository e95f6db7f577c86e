"""Engine.IO requests: which are answered how. Source: Engine.IO protocol, revision 4."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from pgsocketio.rates import network_key

from . import upgrade
from .connection import Connection
from .errors import Refused
from .fallback import NotFound
from .handshake import Handshake
from .http import Request
from .http_connection import HttpConnection
from .origin import OriginPolicy, ProxyTrust, Seen
from .packets import OPEN, Prepared
from .polling import PollingTransport
from .websocket import WebSocketTransport

if TYPE_CHECKING:
    from .engine import Engine
    from .settings import EngineSettings

_METHODS = ("GET", "POST")
_NO_CORS = (("Vary", "Origin"),)


class Router:
    """Answers requests to the transport's path, sends others to the fallback.

    Args:
        engine: whose connections these are.
    """

    def __init__(self, engine: Engine) -> None:
        settings = engine.settings
        self._engine = engine
        self._settings = settings
        self._path = settings.path.rstrip("/")
        self._alone = isinstance(engine.fallback, NotFound)
        self.renew(settings)
        self._upgrades = '["websocket"]' if "websocket" in settings.transports else "[]"
        self._announced = (
            f'"pingInterval":{max(1, round(settings.ping_interval * 1000))},'
            f'"pingTimeout":{max(1, round(settings.ping_timeout * 1000))},'
            f'"maxPayload":{settings.max_payload}'
        )

    def renew(self, settings: EngineSettings) -> None:
        """Take up proxies and origins, from the next request on."""
        self.trust = ProxyTrust(settings.proxy_networks())
        self._origins = OriginPolicy(settings.allowed_origins)

    def owns(self, request: Request) -> bool:
        """Tell whether this is for the transport; a page of the fallback may share its path."""
        at_path = request.path.rstrip("/") == self._path
        return at_path and (self._alone or "&EIO=" in f"&{request.query}")

    def on_head(self, http: HttpConnection, request: Request) -> int | None:
        if not self.owns(request):
            return self._engine.fallback.on_head(http, request, self.see(http, request))
        try:
            self._check(http, request)
        except Refused as refused:
            self._refuse(http, refused)
            return None
        return self._settings.max_payload

    def on_request(self, http: HttpConnection, request: Request) -> None:
        if not self.owns(request):
            self._engine.fallback.on_request(http, request, self.see(http, request))
            return
        try:
            self._dispatch(http, request)
        except Refused as refused:
            self._refuse(http, refused)

    def see(self, http: HttpConnection, request: Request) -> Seen:
        """Return the request as the client saw it."""
        return self.trust.see(request.headers, http.stream.peer)

    def _check(self, http: HttpConnection, request: Request) -> None:
        """All that can be refused before the body is read."""
        self._check_origin(http, request)
        if request.method == "OPTIONS":
            return
        query = _query(request)
        transport = query.get("transport", "")
        if transport not in self._settings.transports:
            raise Refused(0)
        if query.get("EIO") != "4":
            raise Refused(5)
        sid = query.get("sid")
        if sid is None:
            if request.method != "GET":
                raise Refused(2)
            if (transport == "websocket") != upgrade.is_upgrade(request):
                raise Refused(3)
        else:
            self._check_sid(http, request, sid, transport)
        if transport == "websocket":
            upgrade.check(request)

    def _check_origin(self, http: HttpConnection, request: Request) -> None:
        decision = self._origins.decide(request.headers, self.see(http, request))
        http.extra_headers = _NO_CORS
        if not decision.allowed:
            self._engine.runtime.log.line(
                "origin", "Refused a request of %s from a foreign origin (%.100r); if it is"
                " yours, allow it (allow_origin), or trust your proxy (trusted_proxy)",
                http.stream.peer[0], request.headers.get("origin"),
            )  # fmt: skip
            raise Refused(4, 403, rule="origin")
        if decision.cors_origin is not None:
            http.extra_headers += (
                ("Access-Control-Allow-Origin", decision.cors_origin),
                ("Access-Control-Allow-Credentials", "true"),
            )

    def _check_sid(
        self, http: HttpConnection, request: Request, sid: str, transport: str
    ) -> None:
        connection = self._find(sid)
        if request.method not in _METHODS:
            raise Refused(2)
        if connection.closed and (request.method != "GET" or transport != "polling"):
            raise Refused(1)
        if transport == "websocket":
            if not upgrade.is_upgrade(request) or not connection.upgradable:
                raise Refused(3, rule="upgrade")
        elif connection.transport != "polling" or upgrade.is_upgrade(request):
            raise Refused(3, rule="poll after upgrade")
        elif request.method == "POST":
            connection.begin_post(http)

    def _find(self, sid: str) -> Connection:
        connection = self._engine.connections.get(sid) or self._engine.closing.get(sid)
        if connection is None:
            raise Refused(1)
        return connection

    def _dispatch(self, http: HttpConnection, request: Request) -> None:
        if request.method == "OPTIONS":
            self._options(http)
            return
        query = _query(request)
        sid = query.get("sid")
        if query["transport"] == "websocket":
            self._websocket(http, request, None if sid is None else self._find(sid))
        elif sid is None:
            self._polling_handshake(http, request)
        elif request.method == "GET":
            self._find(sid).poll(http)
        else:
            self._find(sid).post(bytes(request.body))
            http.respond(200, b"ok")

    def _options(self, http: HttpConnection) -> None:
        headers = [("Allow", "GET, POST, OPTIONS")]
        if http.extra_headers != _NO_CORS:  # a preflight of an allowed origin
            headers += [
                ("Access-Control-Allow-Methods", "GET, POST"),
                ("Access-Control-Allow-Headers", ", ".join(self._settings.cors_headers)),
                ("Access-Control-Max-Age", "600"),
            ]
        http.respond(204, headers=headers)

    def _new_connection(self, http: HttpConnection, request: Request) -> Connection:
        seen = self.see(http, request)
        self._engine.admit(network_key(seen.address))
        sid = secrets.token_urlsafe(15)
        return Connection(self._engine, sid, Handshake(request, seen))

    def _open_packet(self, connection: Connection, upgrades: str) -> str:
        return f'{OPEN}{{"sid":"{connection.sid}","upgrades":{upgrades},{self._announced}}}'

    def _polling_handshake(self, http: HttpConnection, request: Request) -> None:
        connection = self._new_connection(http, request)
        connection.open(PollingTransport(self._engine.runtime, connection))
        http.respond(200, self._open_packet(connection, self._upgrades).encode())
        self._engine.opened(connection)

    def _websocket(self, http: HttpConnection, request: Request, known: Connection | None) -> None:
        answer = upgrade.accept(request)
        if known is not None and not known.upgradable:
            raise Refused(3, rule="upgrade")
        connection = known or self._new_connection(http, request)
        stream, early = http.hand_over()
        websocket = WebSocketTransport(self._engine.runtime, stream, connection)
        if known is None:
            connection.open(websocket)
            answer += Prepared.control(self._open_packet(connection, "[]")).frames
        else:
            connection.start_probe(websocket)
        stream.start(websocket)
        stream.write(answer)
        if known is None:
            self._engine.opened(connection)
        if early:
            websocket.on_data(early)

    def _refuse(self, http: HttpConnection, refused: Refused) -> None:
        self._engine.counters[f"refused:{refused.rule}"] += 1
        body = json.dumps({"code": refused.code, "message": str(refused)}, separators=(",", ":"))
        http.respond(refused.status, body.encode(), "application/json")


def _query(request: Request) -> dict[str, str]:
    pairs = request.query_fields
    query = dict(pairs)
    if len(query) != len(pairs):
        raise Refused(3, rule="repeated query field")
    return query
