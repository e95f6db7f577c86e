"""What a hostile client may bring is refused in order: no handler's error, no forged log line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.integration.raw import Raw
from tests.integration.site import Site
from tests.support.servers import RealtimeServer
from tools.odoo import OdooInstance

FORGED = "x\n2026-11-21 10:00:00,000 1 INFO ? forged: a line"
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ [A-Z]+ ")


@contextmanager
def quiet(server: RealtimeServer) -> Iterator[None]:
    """The server logs neither tracebacks nor lines that a client wrote."""
    before = len(server.child.output)
    yield
    new = server.child.output[before:].strip()
    assert "Traceback" not in new
    assert "forged" not in new
    assert all(LINE.match(line) for line in new.splitlines()), new


@pytest.fixture(scope="module")
def server(instance: OdooInstance, site: Site) -> Iterator[RealtimeServer]:
    """One that takes many failures, and whose log is ours alone."""
    options = ("--auth-failures", "1000", "--auth-timeout", "60")
    with RealtimeServer(instance, site.db, *options) as server:
        yield server


@pytest.fixture(scope="module")
def sid(site: Site) -> str:
    """The session of a user, made before a client waits for it."""
    return site.user("demo").session_id


KEY = "0" * 40
AUTHS = {
    "database: a list": {"api_key": KEY, "db": ["x"]},
    "database: an object": {"api_key": KEY, "db": {"a": 1}},
    "database: a number": {"api_key": KEY, "db": 7},
    "database: a line break": {"api_key": KEY, "db": FORGED},
    "database: NUL": {"api_key": KEY, "db": "x\0"},
    "database: half a surrogate pair": {"api_key": KEY, "db": "\ud800"},
    "key: NUL": {"api_key": "\0" * 40},
    "key: half a surrogate pair": {"api_key": "\ud800" * 40},
    "key: a line break": {"api_key": FORGED},
    "key: no ASCII": {"api_key": "é" * 40},
    "key: a pattern of SQL": {"api_key": "%" * 40},
    "key: a quote of SQL": {"api_key": "'; SELECT pg_sleep(60); --"},
    "session: NUL": {"session_id": "\0" * 84},
    "session: half a surrogate pair": {"session_id": "\ud800" * 84},
    "session: a line break behind it": {"session_id": "x" * 84 + "\n"},
    "session: a line break": {"session_id": FORGED},
    "session: a path": {"session_id": "../" * 28},
    "session: an absolute path": {"session_id": "/etc/passwd"},
    "session: a pattern": {"session_id": "*" * 84},
    "session: bytes": {"session_id": {"_placeholder": True, "num": 0}},
    "version: a list": {"v": [1]},
    "version: true": {"v": True},
    "version: too new": {"v": 10**300},
}


@pytest.mark.parametrize("case", AUTHS)
def test_credentials(server: RealtimeServer, case: str) -> None:
    with quiet(server):
        answer = Raw(server).connect(AUTHS[case])
    assert answer["message"] in (
        "invalid API key", "session expired", "unsupported protocol version",
        "no database for the API key; if there are several, name one in auth.db",
    )  # fmt: skip


SNAPSHOT = "0" * 16 + ":1:1:"
POSITIONS = {
    "none of a log": SNAPSHOT,
    "a number": 7,
    "a list": [SNAPSHOT],
    "an object": {"p": SNAPSHOT},
    "true": True,
    "negative": "{epoch}:-1:-1:",
    "zero": "{epoch}:0:0:",
    "from the future": "{epoch}:1:9223372036854775806:",
    "larger than PostgreSQL's": "{epoch}:1:9223372036854775808:",
    "backwards": "{epoch}:9:1:",
    "in progress outside": "{epoch}:5:9:4",
    "SQL": "{epoch}:1:1:') OR true --",
    "a line break": "{epoch}:1:1:\n",
    "digits of another script": "{epoch}:\u0661:\u0661:",
    "NUL": "{epoch}:1:1:\0",
    "half a surrogate pair": "\ud800",
    "long": "{epoch}:1:100000:" + ",".join(map(str, range(1, 90_000))),
}


@pytest.fixture(scope="module")
def epoch(server: RealtimeServer, sid: str) -> str:
    """Of the log, as a client is told it."""
    client = Raw(server)
    client.connect({"session_id": sid, "v": 1})
    while "web_socketio:position" not in (packet := client.hear()):
        pass
    return str(json.loads(packet.partition(",")[2])[1]["p"]).partition(":")[0]


@pytest.mark.parametrize("case", POSITIONS)
def test_positions(server: RealtimeServer, sid: str, epoch: str, case: str) -> None:
    position = POSITIONS[case]
    if isinstance(position, str):
        position = position.replace("{epoch}", epoch)
    auth = {"session_id": sid, "v": 1, "position": position}
    with quiet(server):
        client = Raw(server)
        assert "sid" in client.connect(auth)
        ready = json.loads(client.hear().removeprefix("2/test,"))
        assert ready[:2] == ["web_socketio:ready", {"recovered": False}]
        assert client.call("count") == [None, 1]


SEEN: dict[str, Any] = {
    "huge": {"a": [10**300, -(10**300)]},
    "other types": {"a": [1.5, None, "1", True, [], {}], "b": 7, "c": None},
    "a list": [1, 2],
    "many readers": {str(n): [n] for n in range(20_000)},
    "many ids": {"a": list(range(100_000))},
    "prototype": {"__proto__": [1], "constructor": [1]},
    "half a surrogate pair": {"\ud800": [1]},
}


@pytest.mark.parametrize("case", SEEN)
def test_seen_ids(server: RealtimeServer, sid: str, epoch: str, case: str) -> None:
    auth = {"session_id": sid, "v": 1, "seen": SEEN[case]}
    with quiet(server):
        client = Raw(server)
        assert "sid" in client.connect({**auth, "position": f"{epoch}:1:1:"})
        assert client.call("count") == [None, 1]


@pytest.mark.parametrize("companies", [
    "all", 7, True, {"a": 1}, [[1]], [True], [10**300], [-1], ["1"], [None], list(range(50_000)),
], ids=lambda value: str(value)[:20])  # fmt: skip
def test_companies(server: RealtimeServer, sid: str, companies: Any) -> None:
    auth = {"session_id": sid, "allowed_company_ids": companies}
    with quiet(server):
        client = Raw(server)
        client.connect(auth)
        (taken,) = client.call("allowed company ids", companies)
        own = client.call("session")[0]["context"].get("allowed_company_ids", [1])
    assert set(taken) <= {1}
    assert own == [1]


# -- headers ---------------------------------------------------------------------------------------


COOKIES = {
    "beside the cookies bar's JSON": 'a=b; website_cookies_bar={"required": true}; {}',
    "behind what is no cookie": "nonsense; =; {}; x",
    "the first one counts, as in Odoo": "{}; session_id=" + "x" * 84,
    "in quotes": "",
}


@pytest.mark.parametrize("case", COOKIES)
def test_a_session_is_found_among_cookies_as_odoo_finds_it(
    server: RealtimeServer, site: Site, case: str
) -> None:
    user = site.user("demo")
    cookie = f'session_id="{user.session_id}"'
    if COOKIES[case]:
        cookie = COOKIES[case].replace("{}", f"session_id={user.session_id}")
    with quiet(server):
        client = Raw(server, Cookie=cookie)
        client.connect({})
        while not (packet := client.hear()).startswith('2/test,["welcome"'):
            pass
    assert json.loads(packet.partition(",")[2]) == ["welcome", user.uid(), user.db]


HEADERS = {
    "cookie: no text": {"Cookie": "session_id=\xff\xfe; \xc3"},
    "cookie: long": {"Cookie": "session_id=" + '"' * 12_000},
    "cookie: many": {"Cookie": ";".join(f"{n}=\\" for n in range(1_500))},
    "database": {"X_Odoo_Database": "x\xff' --"},
    "host: an empty part": {"Host": "a..b"},
    "host: a long part": {"Host": "a" * 300},
    "host: a port of its own": {"Host": "localhost:1"},
    "host: hyphens": {"Host": "xn--a"},
    "forwarded": {"X_Forwarded_Host": "a..b", "X_Forwarded_For": "forged", "Forwarded": "for=x"},
}


@pytest.mark.parametrize("namespace", ["/test", "/public"])
@pytest.mark.parametrize("case", HEADERS)
def test_headers(server: RealtimeServer, case: str, namespace: str) -> None:
    with quiet(server):
        client = Raw(server, **HEADERS[case])
        assert "sid" in client.connect({}, namespace)


# -- events ----------------------------------------------------------------------------------------


BEFORE = {
    "an event before CONNECT": '2/test,["count"]',
    "an event for another namespace": '2/other,["whoami"]',
    "an acknowledgement before CONNECT": "3/test,1[]",
    "an event for a namespace that there is not": '2/nowhere,["x"]',
    "a namespace with a query": '2/test?session_id=x,["count"]',
}


@pytest.mark.parametrize("case", BEFORE)
def test_who_is_not_connected_there_is_sent_away(server: RealtimeServer, case: str) -> None:
    with quiet(server):
        client = Raw(server)
        client.tell(BEFORE[case])
        with pytest.raises(EOFError):
            client.hear()


NAMES = [
    "__init__", "emit", "recv_connect", "recv_session", "admitted", "lift_acl_restrictions",
    "on_count", "authenticate", "socket", "x" * 100_000, "\ud800", FORGED, "",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:30])
def test_only_handlers_can_be_called(server: RealtimeServer, sid: str, name: str) -> None:
    with quiet(server):
        client = Raw(server)
        client.connect({"session_id": sid})
        (answer,) = client.call(name)
    assert answer["error"]["name"] in ("no_such_method", "unallowed_event_name")
    assert len(answer["error"]["message"]) < 300


VALUES = {
    "half a surrogate pair": ('"\\ud800"', "NotEncodable"),
    "infinity": ("1e999", "NotEncodable"),
    "a large number": ("9" * 4_000, None),
    "a prototype": ('{"__proto__":{"polluted":1},"constructor":{"prototype":{}}}', None),
    "the same key twice": ('{"a":1,"a":2}', None),
    "a placeholder of no attachment": ('{"_placeholder":true,"num":0}', None),
    "line separators": ('"\u2028\u2029\u0085\\u001e"', None),
    "NUL": ('"\\u0000"', None),
}


@pytest.mark.parametrize("case", VALUES)
def test_values(server: RealtimeServer, sid: str, case: str) -> None:
    text, error = VALUES[case]
    client = Raw(server)
    client.connect({"session_id": sid})
    with quiet(server):
        client.tell(f'2/test,7["echo",{text}]')
        while not (packet := client.hear()).startswith("3/test,7"):
            pass
        (answer,) = json.loads(packet[8:])
        assert client.call("count") == [1]
    if error is None:
        assert answer == json.loads(text)
    else:
        assert answer["error"]["name"] == error


LIVE: dict[str, list[Any]] = {
    "ids: too large": ["res.partner", [2**31]],
    "ids: huge": ["test.realtime.live", [10**300]],
    "ids: negative": ["test.realtime.live", [-1]],
    "ids: true": ["test.realtime.live", [True]],
    "ids: too many": ["test.realtime.live", list(range(1, 1_002))],
    "ids: an object": ["test.realtime.live", {"1": 1}],
    "model: a list": [["res.partner"], [1]],
    "model: none": ["nowhere", [1]],
    "model: not live": ["res.users", [1]],
    "model: half a surrogate pair": ["\ud800", [1]],
}


@pytest.mark.parametrize("case", LIVE)
def test_what_cannot_be_followed(server: RealtimeServer, sid: str, case: str) -> None:
    with quiet(server):
        client = Raw(server)
        client.connect({"session_id": sid}, "/live")
        (answer,) = client.call("watch", *LIVE[case], namespace="/live")
    assert answer["error"]["name"] == "UserError"


def test_no_secret_is_logged(server: RealtimeServer, sid: str) -> None:
    secrets = [sid, "0123456789abcdef" * 2, "s" * 84]
    with quiet(server):
        Raw(server, Cookie=f"session_id={secrets[2]}").connect({})
        Raw(server).connect({"api_key": secrets[1]})
        Raw(server).connect({"session_id": secrets[2]})
        late = Raw(server)
        late.connect({})
        assert late.call("session id", secrets[2])[0]["error"]["name"] == "SessionExpired"
        assert late.call("session id", secrets[0]) == [True]
    assert "a client at 127.0.0.1: " in server.child.output, "the reason is"
    assert not [secret for secret in secrets if secret in server.child.output]
