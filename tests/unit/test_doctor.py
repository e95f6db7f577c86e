"""What doctor makes of facts, and how it shows it; the facts are gathered in tests/integration."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from oe_web_socketio.doctor import finding, judge_address, judge_database, paste
from oe_web_socketio.doctor.facts import (
    Address,
    Database,
    Installation,
    Listening,
    Opened,
    Server,
)
from oe_web_socketio.doctor.finding import Finding, Level, Text, error, ok, warning
from pgsocketio.log import schema
from tools.paths import ROOT

INSTALLATION = Installation(
    versions={"oe.web.socketio": "0.1.0", "Odoo": "19.0"}, packages={}, addon="/x/web_socketio",
    own_addon="/x/web_socketio", conf="/etc/odoo/odoo.conf", proxy_mode=True, sessions="/s",
)  # fmt: skip
DATABASE = Database(
    name="mydb", server="18.0", role="odoo", standby=False, schema=schema.VERSION,
    state="installed", version="19.0.0.1.0", code="19.0.0.1.0", may_publish=True, anybody=False,
    queue=0.0, ahead=0.1,
)  # fmt: skip
SERVER = Server(
    where="web1:7", address="http://127.0.0.1:8068", version="0.1.0", state="ready", alive=True,
    seconds=0.1, about={"sessions": "/s"},
)  # fmt: skip
PAGE = "https://erp.example.com"
ADDRESS = Address(PAGE, "--url", PAGE, "/socket.io")
FORWARDED = {"for": "198.51.100.7", "host": "erp.example.com", "proto": "https"}
CLIENT = {"scheme": "https", "host": "erp.example.com", "address": "198.51.100.7", "cookie": True,
          "forwarded": FORWARDED}  # fmt: skip


def levels(findings: Iterable[Finding]) -> dict[str, str]:
    """The worst level of each check that is not fine."""
    found = sorted(findings, key=lambda each: each.level)
    return {f.check: f.level.name.lower() for f in found if f.level != Level.OK}


def test_what_is_well_is_well() -> None:
    assert levels(judge_database.installation(INSTALLATION)) == {}
    assert levels(judge_database.database(DATABASE)) == {}
    assert levels(judge_database.servers([SERVER], INSTALLATION, "mydb")) == {}
    assert levels(judge_address.where(ADDRESS)) == {}
    assert levels(judge_address.seen(ADDRESS, CLIENT, ["127.0.0.1"])) == {}


@pytest.mark.parametrize("change, expected", [
    ({"versions": {**INSTALLATION.versions, "Odoo": "18.0"}}, {"installation.versions": "error"}),
    ({"addon": "/elsewhere"}, {"installation.addon": "error"}),
    ({"packages": {"gevent-websocket": "0.10.1"}}, {"installation.packages": "warning"}),
])  # fmt: skip
def test_installation(change: dict[str, Any], expected: dict[str, str]) -> None:
    assert levels(judge_database.installation(replace(INSTALLATION, **change))) == expected


@pytest.mark.parametrize("change, expected", [
    ({"standby": True}, {"database.server": "error"}),
    ({"state": None}, {"database.addon": "error"}),
    ({"state": "to upgrade"}, {"database.addon": "error"}),
    ({"version": "19.0.0.0.9"}, {"database.addon": "warning"}),
    ({"schema": schema.VERSION - 1}, {"database.schema": "warning"}),
    ({"schema": schema.VERSION + 2}, {"database.schema": "error"}),
    ({"schema": 0}, {"database.schema": "error"}),
    ({"may_publish": False}, {"database.publishing": "error"}),
    ({"anybody": True}, {"database.publishing": "warning"}),
    ({"queue": 0.2}, {"database.queue": "warning"}),
    ({"queue": 0.6}, {"database.queue": "error"}),
    ({"ahead": -5.0}, {"database.clock": "warning"}),
    ({"ahead": 90.0}, {"database.clock": "error"}),
])  # fmt: skip
def test_database(change: dict[str, Any], expected: dict[str, str]) -> None:
    assert levels(judge_database.database(replace(DATABASE, **change))) == expected


@pytest.mark.parametrize("facts, level, text", [
    (Listening(0.01), Level.OK, "after 10 ms"),
    (Listening(0.01, pooler=True), Level.WARNING, "in session mode"),
    (Listening(None, pooler=True), Level.ERROR, "transaction pooler"),
    (Listening(None), Level.ERROR, "not heard"),
    (Listening(error="refused"), Level.ERROR, "refused"),
])  # fmt: skip
def test_listening(facts: Listening, level: Level, text: str) -> None:
    found = judge_database.listening(facts)
    assert found.level == level
    assert text in found.text
    assert (level == Level.OK) == (not found.advice)


@pytest.mark.parametrize("change, expected", [
    ({"alive": False}, {"server.running": "error"}),
    ({"state": "restart", "restart": ("x.py changed",)}, {"server.running": "warning"}),
    ({"state": "draining"}, {"server.running": "error"}),
    ({"state": "away", "error": "no LISTEN"}, {"server.running": "error"}),
    ({"version": "0.0.9"}, {"server.version": "warning"}),
    ({"seconds": 4.0}, {"server.delivery": "error"}),
    ({"seconds": None, "about": {}}, {"server.delivery": "error"}),
    ({"about": {"sessions": "/elsewhere"}}, {"server.sessions": "error"}),
    ({"about": {"sessions": "/elsewhere"}, "here": False}, {}),
])  # fmt: skip
def test_servers(change: dict[str, Any], expected: dict[str, str]) -> None:
    changed = [replace(SERVER, **change)]
    assert levels(judge_database.servers(changed, INSTALLATION, "mydb")) == expected


@pytest.mark.parametrize("change, level", [
    ({"url": "https://realtime.example.com"}, "error"),
    ({"url": "http://erp.example.com:8068"}, "error"),
    ({"page": "http://erp.example.com", "url": "http://erp.example.com"}, "warning"),
    ({"page": "http://localhost:8069", "url": "http://localhost:8068", "source": "x"}, "warning"),
])  # fmt: skip
def test_addresses(change: dict[str, str], level: str) -> None:
    assert levels(judge_address.where(replace(ADDRESS, **change))) == {"address.url": level}


@pytest.mark.parametrize("change, trusted, expected", [
    ({"forwarded": {}, "address": "10.0.0.9", "scheme": "http"}, [], "--trusted-proxy 10.0.0.9"),
    ({"forwarded": {}, "address": "10.0.0.9", "scheme": "http"}, ["10.0.0.0/8"], "send them"),
    ({"forwarded": {**FORWARDED, "host": "odoo:8068"}}, ["::1"], "host with its port"),
    ({"forwarded": {**FORWARDED, "for": judge_address.FORGED}}, ["::1"], "set, not passed on"),
    ({"cookie": False}, ["::1"], "remove Cookie"),
])  # fmt: skip
def test_forwarded(change: dict[str, Any], trusted: list[str], expected: str) -> None:
    found = [f for f in judge_address.seen(ADDRESS, {**CLIENT, **change}, trusted) if f.level]
    assert len(found) == 1
    assert expected in found[0].advice


def test_odoo() -> None:
    assert judge_address.odoo(ADDRESS, Opened(), True).level == Level.OK
    assert "data_dir" in judge_address.odoo(ADDRESS, Opened(), False).advice
    assert "--url" in judge_address.odoo(ADDRESS, Opened("HTTP status 404", 404), False).advice
    found = [judge_address.loaded(version, INSTALLATION) for version in ("0.1.0", "0.0.9", None)]
    assert [each.level for each in found] == [Level.OK, Level.WARNING, Level.WARNING]


def test_a_server_without_a_proxy_sees_for_itself() -> None:
    page = "http://localhost:8068"
    client = {**CLIENT, "scheme": "http", "host": "localhost:8068", "forwarded": {}}
    assert levels(judge_address.seen(Address(page, "--url", page, "/"), client, [])) == {}
    client["forwarded"] = {}
    assert levels([judge_address.proxy_mode(INSTALLATION, False)]) == {
        "address.proxy_mode": "warning"
    }  # fmt: skip


@pytest.mark.parametrize("transport, got, text", [
    ("polling", Opened("HTTP status 502", 502), "reaches no realtime server"),
    ("polling", Opened("HTTP status 404", 404), "is not the realtime server"),
    ("websocket", Opened("HTTP status 400", 400), "without its Upgrade header"),
    ("polling", Opened("HTTP status 429", 429), "too many handshakes"),
    ("websocket", Opened("no connection to x"), "no connection to x"),
])  # fmt: skip
def test_handshakes(transport: str, got: Opened, text: str) -> None:
    found = judge_address.opened(transport, ADDRESS, got, ["http://127.0.0.1:8068"])
    assert found.level == Level.ERROR
    assert text in found.text


def test_origins_sessions_and_silence() -> None:
    refused, fine = Opened("HTTP status 403", 403), Opened()
    assert levels(judge_address.origins(ADDRESS, fine, refused)) == {}
    assert levels(judge_address.origins(ADDRESS, refused, fine)) == {
        "address.origin": "error", "address.foreign": "error"
    }  # fmt: skip
    assert judge_address.joined("polling", None).level == Level.OK
    assert "data_dir" in judge_address.joined("polling", "session expired").advice
    assert "its log" in judge_address.joined("polling", "access denied").advice.lower()
    assert judge_address.sticky(6, 0, 2).level == Level.OK
    assert judge_address.sticky(6, 3, 2).paste == paste.STICKY
    cut = Opened("HTTP status 504", 504)
    assert judge_address.idle("polling", 25, fine, 25.0).level == Level.OK
    assert judge_address.idle("polling", 25, cut, 10.0).paste == paste.TIMEOUT
    assert judge_address.idle("polling", 25, cut, 30.0).paste == paste.BUFFERING


def test_what_is_to_be_pasted_is_in_the_documented_files() -> None:
    files = [*ROOT.glob("docs/conf/*.conf"), ROOT / "README.md"]
    lines = [line for path in files for line in path.read_text("utf-8").splitlines()]
    documented = {" ".join(line.partition("#")[0].split()) for line in lines}
    texts = [getattr(paste, n) for n in ("UPGRADE", "HEADERS", "TIMEOUT", "BUFFERING", "STICKY")]
    for some in (*texts, paste.route()):
        for text in some.values():
            for line in text.splitlines():
                assert " ".join(line.split()) in documented, line


SOME = [
    ok("database.server", "PostgreSQL 18"),
    warning("database.clock", "PostgreSQL's clock is 5 s ahead of this machine's", "Set it."),
    error("address.websocket", "without its Upgrade header " * 5, "Do. " * 40, {"nginx": "a;\nb;"}),
]


def test_shown_for_a_person() -> None:
    text = Text(70, colour=False)
    lines = [line for each in SOME for line in text.lines(each)]
    assert lines[:5] == [
        "Database",
        "  ok       PostgreSQL 18",
        "  warning  PostgreSQL's clock is 5 s ahead of this machine's",
        "           → Set it.",
        "",
    ]
    assert lines[5:7] == [
        "Address",
        "  error    without its Upgrade header without its Upgrade header",
    ]
    assert lines[-3:] == ["             nginx:", "                 a;", "                 b;"]
    assert max(map(len, lines)) <= 70
    assert "\x1b[31merror" in "".join(Text(70, colour=True).lines(SOME[2]))


def test_shown_for_a_program() -> None:
    shown = json.loads(finding.as_json(SOME))
    assert (shown["status"], len(shown["findings"])) == (2, 3)
    assert shown["findings"][2]["level"] == "error"
    assert shown["findings"][2]["paste"] == {"nginx": "a;\nb;"}


def test_status_and_summary() -> None:
    assert [finding.status(SOME[:n]) for n in (1, 2, 3)] == [0, 1, 2]
    assert finding.summary(SOME) == "1 error, 1 warning; 1 checks are fine."
    assert finding.summary(SOME[:1]) == "All is well: 1 checks."
