"""Origin policy and proxies, as pure functions."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsocketio.engine import OriginPolicy
from pgsocketio.engine.origin import Decision, ProxyTrust, Seen, parse_origin

POLICY = OriginPolicy(["https://app.example.com", "http://dev.example.com:8080"])
PEER = ("10.0.0.1", 1234)
PROXY = ProxyTrust([ip_network("10.0.0.0/24"), ip_network("2001:db8::/32")])


def seen(scheme: str = "https", host: str = "shop.example.com") -> Seen:
    return Seen(scheme, host, "192.0.2.1", 0, trusted=False)


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("https://shop.example.com", "shop.example.com", True),
        ("https://shop.example.com:443", "shop.example.com", True),
        ("https://shop.example.com", "shop.example.com:443", True),
        ("https://SHOP.example.com", "shop.example.COM", True),
        ("https://shop.example.com", "shop.example.com:8443", False),
        ("http://shop.example.com", "shop.example.com", False),
        ("https://shop.example.com.evil.com", "shop.example.com", False),
        ("https://evil.com/shop.example.com", "shop.example.com", False),
        ("https://evil.com/?https://shop.example.com", "shop.example.com", False),
        ("https://shop.example.com@evil.com", "shop.example.com", False),
        ("https://evil.com@shop.example.com", "shop.example.com", False),
        ("https://shop.example.com/", "shop.example.com", False),
        ("null", "shop.example.com", False),
        ("", "shop.example.com", False),
        ("*", "shop.example.com", False),
        ("https://shop.example.com:bad", "shop.example.com", False),
        ("https://[::1", "shop.example.com", False),
        ("ftp://shop.example.com", "shop.example.com", False),
        ("https://[2001:db8::1]", "[2001:db8::1]", True),
        ("https://app.example.com", "shop.example.com", True),
        ("https://app.example.com:444", "shop.example.com", False),
        ("http://dev.example.com:8080", "shop.example.com", True),
        ("http://dev.example.com", "shop.example.com", False),
    ],
)
def test_origin(origin: str, host: str, allowed: bool) -> None:
    assert POLICY.decide({"origin": origin}, seen(host=host)).allowed is allowed


def test_only_allowed_foreign_origins_are_named() -> None:
    allowed = "https://app.example.com"
    assert POLICY.decide({"origin": allowed}, seen()) == Decision(True, allowed)
    assert POLICY.decide({"origin": "https://shop.example.com"}, seen()) == Decision(True, None)


def test_origin_decides_alone() -> None:
    headers = {"origin": "https://shop.example.com", "sec-fetch-site": "cross-site"}
    assert POLICY.decide(headers, seen()).allowed


@given(st.text())
def test_any_origin_is_decided(origin: str) -> None:
    decision = POLICY.decide({"origin": origin}, seen())
    assert not decision.allowed or parse_origin(origin) is not None


def test_own_origin_needs_a_host() -> None:
    assert not POLICY.decide({"origin": "https://shop.example.com"}, seen(host="")).allowed


def test_untrusted_peer() -> None:
    headers = {"host": "a", "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.9"}
    assert PROXY.see(headers, ("10.0.1.1", 5)) == Seen("http", "a", "10.0.1.1", 5, False)
    assert ProxyTrust().see(headers, PEER) == Seen("http", "a", *PEER, False)


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("192.0.2.9", "192.0.2.9"),
        ("6.6.6.6, 192.0.2.9", "192.0.2.9"),
        ("192.0.2.9, 10.0.0.7", "192.0.2.9"),
        ("6.6.6.6, 192.0.2.9, 10.0.0.7, 10.0.0.8", "192.0.2.9"),
        ("2001:db9::1, 2001:db8::5", "2001:db9::1"),
        ("10.0.0.7", "10.0.0.1"),
        ("unknown", "10.0.0.1"),
        ("192.0.2.9, <script>", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_client_behind_proxies(forwarded: str, address: str) -> None:
    assert PROXY.see({"x-forwarded-for": forwarded}, PEER).address == address


def test_forwarded_scheme_and_host() -> None:
    headers = {"host": "inner", "x-forwarded-proto": "http, HTTPS", "x-forwarded-host": "x, outer"}
    result = PROXY.see(headers, PEER)
    assert (result.scheme, result.host, result.trusted) == ("https", "outer", True)
    assert PROXY.see({"host": "a", "x-forwarded-proto": "gopher"}, PEER).scheme == "http"
