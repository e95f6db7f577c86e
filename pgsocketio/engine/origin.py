"""Who may open a transport from a browser, and how the client saw the server. Pure.

Sources: RFC 6454 (origins), Fetch standard (CORS), Fetch Metadata (Sec-Fetch-Site).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
Network = IPv4Network | IPv6Network
Origin = tuple[str, str, int]


class Seen(NamedTuple):
    """A request as the client sees it, trusted proxies taken away.

    ``host`` is the value of Host; ``address`` and ``port`` are the client's.
    """

    scheme: str
    host: str
    address: str
    port: int
    trusted: bool


class Decision(NamedTuple):
    """Whether a request may use the transport, and the origin to name in CORS headers."""

    allowed: bool
    cors_origin: str | None = None


@lru_cache(256)
def parse_origin(text: str) -> Origin | None:
    """Return (scheme, host, port) of an Origin or URL, None when it is not http(s) or malformed."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.username is not None:
        return None
    return parts.scheme, parts.hostname.rstrip("."), port or DEFAULT_PORTS[parts.scheme]


class ProxyTrust:
    """Believes X-Forwarded-* from trusted networks only.

    Args:
        networks: addresses of proxies.
    """

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._networks = tuple(networks)

    def trusts(self, address: str) -> bool:
        """Tell whether this peer address is a trusted proxy."""
        if not self._networks:
            return False
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)

    def see(self, headers: Mapping[str, str], peer: tuple[str, int]) -> Seen:
        """Resolve scheme, host and client address of a request.

        Args:
            headers: lower-case names; repeated fields joined by commas.
            peer: address and port of the TCP connection.
        """
        host = headers.get("host", "")
        if not self.trusts(peer[0]):
            return Seen("http", host, peer[0], peer[1], False)
        scheme = _last(headers.get("x-forwarded-proto", "")).lower()
        address = self._client(headers.get("x-forwarded-for", ""))
        return Seen(
            scheme if scheme in DEFAULT_PORTS else "http",
            _last(headers.get("x-forwarded-host", "")) or host,
            address or peer[0],
            0 if address else peer[1],
            True,
        )

    def _client(self, forwarded_for: str) -> str | None:
        """The rightmost address that is no proxy of ours: all left of it may be invented."""
        for hop in reversed(forwarded_for.split(",")):
            try:
                address = str(ip_address(hop.strip()))
            except ValueError:
                return None
            if not self.trusts(address):
                return address
        return None


class OriginPolicy:
    """Same origin by default, plus a list of allowed origins.

    Args:
        allowed: origins such as 'https://app.example.com'.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(filter(None, map(parse_origin, allowed)))

    def decide(self, headers: Mapping[str, str], seen: Seen) -> Decision:
        """Decide on any request, whatever its method.

        With Origin, that alone decides. Without, the request may be a same-origin GET or no
        browser at all: it passes unless Sec-Fetch-Site or Referer says that it is foreign.
        """
        origin = headers.get("origin")
        if origin is not None:
            parsed = parse_origin(origin)
            if parsed is None or origin.count("/") != 2:
                return Decision(False)
            if parsed in self._allowed:
                return Decision(True, origin)
            return Decision(parsed == self._own(seen))
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return Decision(False)
        referer = headers.get("referer")
        if referer is None:
            return Decision(True)
        parsed = parse_origin(referer)
        allowed = parsed is not None and (parsed == self._own(seen) or parsed in self._allowed)
        return Decision(allowed)

    @staticmethod
    def _own(seen: Seen) -> Origin | None:
        return parse_origin(f"{seen.scheme}://{seen.host}")


def _last(value: str) -> str:
    return value.rpartition(",")[2].strip()
