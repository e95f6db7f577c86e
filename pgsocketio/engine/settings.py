"""Every limit and default of the transport, in one frozen dataclass."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from .origin import parse_origin

TRANSPORTS: Final = ("polling", "websocket")


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Settings of an :class:`~pgsocketio.engine.Engine`; sizes in bytes, times in seconds.

    Raises:
        ValueError: a value cannot work; the message names the field.
    """

    path: str = "/socket.io/"
    """URL path of the transport; with and without the final slash are both answered."""
    transports: tuple[str, ...] = TRANSPORTS
    """Transports that may be used, a subset of ('polling', 'websocket')."""
    ping_interval: float = 25.0
    """Seconds between the last pong (or the opening) and the next ping."""
    ping_timeout: float = 20.0
    """Seconds a client has to answer a ping."""
    upgrade_timeout: float = 10.0
    """Seconds a probing WebSocket has to finish its upgrade."""
    close_timeout: float = 2.0
    """Seconds to flush the queue and to wait for the peer's part of a close."""

    max_payload: int = 1_000_000
    """Bytes of one incoming WebSocket message or POST body (announced as maxPayload)."""
    max_packets_per_payload: int = 1_000
    """Packets in one incoming POST body."""
    max_packets_per_poll: int = 16
    """Packets in one poll response; python-engineio's clients refuse more than 16."""
    max_unsent: int = 1_000_000
    """Bytes queued for one client before it is dropped as a slow client."""

    max_connections: int = 20_000
    """Open Engine.IO connections."""
    max_connections_per_address: int = 2_000
    """Open Engine.IO connections of one client address (IPv6: of one /64)."""
    max_sockets: int = 40_000
    """Open TCP connections."""
    max_sockets_per_address: int = 4_000
    """Open TCP connections of one peer address that is not a trusted proxy."""
    handshakes_per_second: float = 100.0
    """Sustained handshakes per second of one client address."""
    handshake_burst: int = 500
    """Handshakes that one client address may make at once."""

    max_header_size: int = 16_384
    """Bytes of a request head."""
    max_header_count: int = 100
    """Header fields of a request."""
    header_timeout: float = 10.0
    """Seconds from the first byte (or from connecting) to the end of a request head."""
    body_timeout: float = 30.0
    """Seconds to receive a request body (a long one: more), and to take a response."""
    keep_alive_timeout: float = 75.0
    """Seconds a connection may idle between two requests."""
    max_fallback_body: int = 16_000_000
    """Bytes of a request body for the fallback application."""
    max_fallback_requests: int = 100
    """Requests that the fallback application answers at the same time."""

    trusted_proxies: tuple[str, ...] = ()
    """Networks (CIDR) whose X-Forwarded-* headers are believed."""
    allowed_origins: tuple[str, ...] = ()
    """Origins (scheme://host[:port]) that may connect beside the server's own."""
    cors_headers: tuple[str, ...] = ("Content-Type",)
    """Request headers that allowed origins may send (Access-Control-Allow-Headers)."""

    def __post_init__(self) -> None:
        if not self.path.startswith("/") or any(c in self.path for c in "?# %"):
            raise ValueError(f"path must start with '/' and be a plain URL path: {self.path!r}")
        if not self.transports or set(self.transports) - set(TRANSPORTS):
            raise ValueError(f"transports must be a subset of {TRANSPORTS}: {self.transports}")
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than 0")
        for origin in self.allowed_origins:
            if parse_origin(origin) is None:
                raise ValueError(
                    f"allow_origin: {origin!r} is not an origin, "
                    "write scheme://host[:port] (a wildcard is not supported)"
                )
        self.proxy_networks()

    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return trusted_proxies as networks; ValueError if one is not a network."""
        try:
            return tuple(ip_network(proxy) for proxy in self.trusted_proxies)
        except ValueError as error:
            raise ValueError(f"trusted_proxy: {error}") from error


_POSITIVE: Final = (
    "ping_interval", "ping_timeout", "upgrade_timeout", "close_timeout", "max_payload",
    "max_packets_per_payload", "max_packets_per_poll", "max_unsent", "max_connections",
    "max_connections_per_address", "max_sockets", "max_sockets_per_address",
    "handshakes_per_second", "handshake_burst", "max_header_size", "max_header_count",
    "header_timeout", "body_timeout", "keep_alive_timeout", "max_fallback_body",
    "max_fallback_requests",
)  # fmt: skip
