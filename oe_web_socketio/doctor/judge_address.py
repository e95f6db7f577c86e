"""What the answers at the public address mean. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from pgsocketio.engine.origin import parse_origin

from . import paste
from .facts import Address, Installation, Opened
from .finding import Finding, error, ok, warning

FORGED = "192.0.2.1"
"""The address (RFC 5737) that doctor pretends to have in X-Forwarded-For."""
_LOCAL = ("localhost", "127.0.0.1", "::1")
_AWAY = (502, 503, 504)


def where(address: Address) -> Iterator[Finding]:
    """The address itself."""
    page, url = urlsplit(address.page), urlsplit(address.url)
    text = f"pages at {address.page} ({address.source}), realtime at {address.url}{address.path}/"
    if page.hostname != url.hostname:
        yield error(
            "address.url", f"{text}: another host, to which Odoo's cookie does not follow",
            f"Let a proxy serve {address.path}/ on {page.hostname}, and empty 'URL of the Realtime "
            "Server' in Odoo's settings.", paste.route(),
        )  # fmt: skip
    elif page.scheme == "https" and url.scheme == "http":
        advice = "Put it behind the proxy that has the certificate, too."
        yield error("address.url", f"{text}: browsers refuse http in a page of https", advice,
                    paste.route())  # fmt: skip
    elif page.scheme == "http" and page.hostname not in _LOCAL:
        yield warning(
            "address.url", f"{text}: without TLS anybody on the way reads passwords and messages",
            "Get a certificate for the proxy. If there is one: log in as administrator at "
            "https://…, so that Odoo learns the address (web.base.url), or give it with --url.",
        )
    elif page.hostname in _LOCAL and address.source != "--url":
        yield warning(
            "address.url", f"{text}: that is this machine only",
            "Give the address that users type with --url, or log in there as administrator, so "
            "that Odoo learns it (web.base.url).",
        )
    else:
        yield ok("address.url", text)


def proxy_mode(install: Installation, proxied: bool) -> Finding:
    """Odoo's part of trusting a proxy.

    :param proxied: whether there is one.
    """
    conf = f"[options] of {install.conf}, and restart Odoo."
    if proxied and not install.proxy_mode:
        return error(
            "address.proxy_mode",
            "a proxy is in front, but Odoo's proxy_mode is off: it takes the proxy's address for "
            "every user's, and http for the scheme", f"Set proxy_mode = True in {conf}",
        )  # fmt: skip
    if install.proxy_mode and not proxied:
        return warning(
            "address.proxy_mode",
            "proxy_mode is on without a proxy: users may pretend to have any address",
            f"Remove proxy_mode from {conf}",
        )
    mode = "on, and a proxy is in front" if proxied else "off, and no proxy is in front"
    return ok("address.proxy_mode", f"Odoo's proxy_mode is {mode}")


def odoo(address: Address, answer: Opened, known: bool) -> Finding:
    """Odoo at the public address.

    :param known: whether it knew the session that doctor made.
    """
    if answer.failed:
        return error(
            "address.odoo", f"no Odoo at {address.page}: {answer.failed}",
            f"Is that the address ({address.source})? Give another with --url. Does the proxy "
            "reach Odoo?",
        )  # fmt: skip
    if not known:
        return error(
            "address.odoo",
            f"the Odoo at {address.page} does not know a session that was written where this "
            "command's conf file says",
            "Run doctor with the conf file that Odoo runs with (-c), as Odoo's user; several Odoo "
            "servers need one data_dir, and the same database.",
        )  # fmt: skip
    return ok("address.odoo", "Odoo answers, and knows the session that doctor made")


def loaded(version: str | None, install: Installation) -> Finding:
    """Whether Odoo's processes run the code that is installed.

    :param version: of oe.web.socketio, as Odoo tells its pages.
    """
    check, own = "address.odoo_version", install.versions["oe.web.socketio"]
    if version == own:
        return ok(check, f"Odoo has loaded oe.web.socketio {version}, which is what is installed")
    text = f"Odoo has loaded {version or 'no addon web_socketio'}, installed is {own}"
    return warning(check, text, "Restart Odoo, all of its servers.")


def opened(transport: str, address: Address, got: Opened, servers: Sequence[str]) -> Finding:
    """A handshake.

    :param servers: addresses at which servers listen.
    """
    check, url = f"address.{transport}", f"{address.url}{address.path}/"
    if got.failed is None:
        return ok(check, f"{transport} opens at {url}")
    known = f" It listens at {', '.join(servers)}." if servers else ""
    route = paste.route(*servers[:1])
    if got.status in _AWAY:
        return error(
            check, f"{transport}: the proxy reaches no realtime server ({got.failed})",
            f"Does the server run, and does the proxy pass {address.path}/ on to its port?{known}",
            route,
        )
    if got.status == 400 and transport == "websocket":
        return error(
            check, "websocket: the request arrives, but without its Upgrade header; clients fall "
            "back to polling", "Let the proxy pass Upgrade and Connection on, over HTTP/1.1.",
            paste.UPGRADE,
        )  # fmt: skip
    if got.status == 429:
        return error(check, f"{transport}: too many handshakes ({got.failed})",
                     "Wait a minute; see --handshakes-per-second.")  # fmt: skip
    if got.status is not None:
        return error(
            check, f"{transport}: what answers at {url} is not the realtime server ({got.failed})",
            f"Let the proxy pass {address.path}/ on to the realtime server.{known}", route,
        )
    return error(check, f"{transport}: {got.failed}",
                 f"Is {address.url} the right address, and reachable from here?")  # fmt: skip


def seen(address: Address, client: Mapping[str, Any], trusted: Sequence[str]) -> Iterator[Finding]:
    """How the server sees doctor's connection.

    :param trusted: networks of proxies that it believes.
    """
    check, forwarded, peer = "address.forwarded", client["forwarded"], client["address"]
    sees = parse_origin(f"{client['scheme']}://{forwarded.get('host') or client['host']}")
    wanted = parse_origin(address.page)
    given = {name for name, value in forwarded.items() if value != FORGED}
    missing = [f"X-Forwarded-{n.title()}" for n in ("for", "host", "proto") if n not in given]
    shown = f"{client['scheme']}://{forwarded.get('host') or client['host']}"
    if sees == wanted and not forwarded and not _is_trusted(peer, trusted):
        yield ok(check, f"no proxy in front: the server sees {shown} by itself")
    elif not forwarded and not _is_trusted(peer, trusted):
        yield error(
            check,
            f"the server sees {shown} and does not believe {peer}, so that pages of {address.page} "
            "are foreign to it and refused (403)",
            f"If {peer} is your proxy, start the server with --trusted-proxy {peer} (trusted_proxy "
            "in [web_socketio]); the proxy has to send these:", paste.HEADERS,
        )  # fmt: skip
    elif missing == ["X-Forwarded-For"] and forwarded.get("for") == FORGED:
        text = "the proxy passes on an X-Forwarded-For that a client invented"
        yield error(check, text, "Let it be set, not passed on:", paste.HEADERS)
    elif missing:
        text = f"the proxy does not send {', '.join(missing)}"
        effect = "" if sees == wanted else f": the server sees {shown}, not {address.page}"
        advice = "Let it send them, to Odoo too:"
        yield (warning if sees == wanted else error)(check, text + effect, advice, paste.HEADERS)
    elif sees != wanted:
        text = f"the proxy says that browsers see {shown}, but they see {address.page}"
        advice = "Let it send the host with its port, and the scheme:"
        yield error(check, text, advice, paste.HEADERS)
    else:
        yield ok(check, f"X-Forwarded-For, -Host and -Proto arrive: the server sees {shown}")
    if not client["cookie"]:
        yield error("address.cookie", "the session's cookie does not arrive at the server",
                    "Does the proxy remove Cookie from requests?")  # fmt: skip


def _is_trusted(peer: str, trusted: Sequence[str]) -> bool:
    return any(ip_address(peer) in ip_network(network) for network in trusted)


def origins(address: Address, own: Opened, foreign: Opened) -> Iterator[Finding]:
    """Which pages may connect."""
    if own.failed is None:
        yield ok("address.origin", f"pages of {address.page} may connect")
    elif own.status == 403:
        text = f"pages of {address.page} are refused: to the server they come from another origin"
        advice = "See X-Forwarded above; Host and scheme have to be those that browsers see:"
        yield error("address.origin", text, advice, paste.HEADERS)
    else:
        yield error("address.origin", f"pages of {address.page} cannot connect: {own.failed}",
                    "Is there a rule for Origin in the proxy?")  # fmt: skip
    if foreign.status != 403:
        text = "a page of a foreign origin is not refused"
        advice = "Let the proxy pass Origin on as it comes; it answers: " + str(foreign.failed)
        yield error("address.foreign", text, advice)
    else:
        yield ok("address.foreign", "pages of other origins are refused")


def joined(transport: str, reason: str | None) -> Finding:
    """Whether the server takes an Odoo session over a transport.

    :param reason: why not; None: it does.
    """
    check = "address.session"
    if reason is None:
        return ok(check, f"the server takes an Odoo session over {transport}")
    if reason != "session expired":
        text = f"the server lets nobody in over {transport}: {reason}"
        return error(check, text, "Its log says why: journalctl -u oe_web_socketio")
    return error(
        check, f"the server does not know Odoo's session over {transport}",
        "It has to read the folder in which Odoo writes sessions: the same conf file or data_dir, "
        "on the same or a shared disk, as the same user; and Odoo's db filter has to allow the "
        "database for this host.",
    )


def sticky(tries: int, failures: int, servers: int) -> Finding:
    """Whether polls of a client reach one server."""
    if failures:
        text = f"{failures} of {tries} polling clients lost their server: there are {servers}"
        advice = "Let the proxy keep a client at one server; WebSocket does not need it:"
        return error("address.sticky", text, advice, paste.STICKY)
    return ok("address.sticky", f"polling stays at one of {servers} servers")


def idle(transport: str, interval: float, failed: Opened, after: float) -> Finding:
    """Whether a silent connection lives until the server's ping.

    :param interval: seconds between pings.
    :param after: seconds until it came, or until the connection was lost.
    """
    check = f"address.idle_{transport}"
    if failed.failed is None:
        return ok(check, f"{transport} survives {after:.0f} s of silence; pings come every "
                         f"{interval:g} s")  # fmt: skip
    if after > interval + 1:
        text = f"{transport}: the server's ping after {interval:g} s is held back"
        return error(check, text, "Let the proxy buffer nothing there:", paste.BUFFERING)
    return error(
        check, f"{transport}: an idle connection is cut after {after:.0f} s ({failed.failed}), "
        f"before the server's ping after {interval:g} s",
        "Let the proxy wait longer than the ping interval:", paste.TIMEOUT,
    )  # fmt: skip
