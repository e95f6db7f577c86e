"""``pgsocketio`` on a database without Odoo: what its commands print, and their exit status."""

from __future__ import annotations

import io
import json
import re
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest

from pgsocketio import cli
from pgsocketio.log import schema
from tests.chaos.attack import a_site
from tests.chaos.site import Site
from tests.integration.clients import PATIENCE, eventually
from tools.console import log_file
from tools.paths import ROOT, VENV_PYTHON
from tools.processes import Child

Run = Callable[..., tuple[Any, str, str]]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """One server with two users, each on three namespaces."""
    with a_site("--poll=1", clients=2, durable=False) as site:
        yield site


@pytest.fixture
def run(site: Site, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command; returns its exit status and what it wrote."""

    def run(word: str, *words: str, dsn: str = site.dsn) -> tuple[Any, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main([word, dsn, *words])
        captured = capsys.readouterr()
        return ended.value.code, captured.out, captured.err

    return run


def test_emit_publishes(run: Run, site: Site) -> None:
    status, out, _err = run("emit", "commands", '{"n": 1}')
    assert status == 0
    assert site.sql(f"SELECT channel, payload FROM web_socketio_log WHERE id = {int(out)}") == (
        'commands|{"n": 1}'
    )


def test_emit_reads_the_input_and_may_be_volatile(
    run: Run, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = "SELECT count(*) FROM web_socketio_log"
    before = site.sql(count)
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"n": 2}'))
    assert run("emit", "commands", "-", "--volatile") == (0, "published\n", "")
    assert site.sql(count) == before


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["emit", "c", "{"], "the values are no JSON"), (["emit", "c", "[]"], "a JSON object"),
        (["emit", "c", '{"a":' * 100_000], "the values are no JSON"),
        (["emit", "", "{}"], "a name of 1 to 255 bytes"),
        (["emit", "web_socketio:acts", "{}"], "belong to the servers"),
        (["kick"], "say whom: --all, or"), (["kick", "--all", "--user", "1"], "say whom"),
        (["configure", "--retention", "soon"], "invalid input syntax for type interval"),
        (["configure", "--max-size", "1"], "one MiB at least"),
        (["configure", "--max-size", "big"], "invalid int value: 'big'; see pgsocketio configure"),
        (["kick", "--everybody"], "--everybody; see pgsocketio --help"),
    ],
)  # fmt: skip
def test_errors_are_one_sentence(run: Run, words: list[str], error: str) -> None:
    status, out, _err = run(*words)
    assert error in status
    assert "\n" not in status
    assert "CONTEXT" not in status
    assert out == ""


def test_where_no_log_is_installed_it_is_said(run: Run, site: Site) -> None:
    dsn = site.postgres.dsn("postgres", tcp=True)
    commands = (["sockets"], ["kick", "--all"], ["configure"], ["emit", "c", "{}"], ["tail"])
    for words in commands:
        status, _out, _err = run(*words, dsn=dsn)
        assert "the message log is not installed in this database" in status
        assert "install the addon web_socketio (without Odoo: 'pgsocketio install')" in status


def test_a_newer_log_is_said(run: Run, site: Site) -> None:
    version = "UPDATE web_socketio_meta SET value = '{}' WHERE key = 'version'"
    site.sql(version.format(schema.VERSION + 2))
    try:
        assert "run 'oe -d chaos -u web_socketio'" in run("sockets")[0]
    finally:
        site.sql(version.format(schema.VERSION))


def test_what_the_encoding_of_a_database_lacks_is_said(run: Run, site: Site) -> None:
    site.postgres.psql(
        "CREATE DATABASE latin OWNER odoo TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"
    )
    dsn = site.postgres.dsn("latin", tcp=True)
    assert run("install", dsn=dsn)[0] in (None, 0)
    assert run("emit", "c", '{"name": "Zoë"}', dsn=dsn) == (0, "1\n", "")
    assert 'no equivalent in encoding "LATIN1"' in run("emit", "c", '{"name": "日"}', dsn=dsn)[0]


def test_sockets_and_kick(run: Run, site: Site) -> None:
    count = "SELECT count(*) FROM web_socketio_socket"
    assert eventually(lambda: site.sql(count) == "6")
    status, out, err = run("sockets")
    lines = out.splitlines()
    assert (status, err, len(lines)) == (0, "", 7)
    assert lines[0].split() == [
        "sid", "user", "namespace", "address", "since", "queue", "unsent", "server"
    ]  # fmt: skip
    rows = [json.loads(line) for line in run("sockets", "--json")[1].splitlines()]
    assert {row["namespace"] for row in rows} == {"/plain", "/acknowledged", "/loop"}
    mine = [row for row in rows if row["user"] == "1"]
    assert len(mine) == 3
    status, out, err = run("kick", "--user", "1", "--namespace", "/loop")
    assert (status, err) == (0, "")
    assert re.fullmatch(r"\S+:\d+: 1 closed\n", out)
    assert run("kick", "--user", "nobody")[0] == 1
    run("configure", "--max-sockets", "2")
    assert eventually(lambda: site.sql(count) == "2")
    assert "2 of about 5 clients are listed" in run("sockets")[2]
    run("configure", "--max-sockets", "10000")


def test_kick_says_who_did_not_answer(run: Run, site: Site) -> None:
    process = site.server.child.process
    process.send_signal(signal.SIGSTOP)
    try:
        status, out, err = run("kick", "--all")
    finally:
        process.send_signal(signal.SIGCONT)
    assert (status, out) == (2, "")
    assert re.fullmatch(rf"\S+:{process.pid}: did not answer\n", err)


def test_configure_shows_and_changes(run: Run) -> None:
    assert run("configure", "--retention", "2 days", "--max-size", "2000000") == (
        0, "retention = 2 days\nmax_size = 2000000\nmax_sockets = 10000\n", ""
    )  # fmt: skip
    assert "retention = 2 days" in run("configure")[1]


class Follower:
    """``pgsocketio tail`` in a process of its own."""

    def __init__(self, site: Site, *words: str) -> None:
        command = [VENV_PYTHON, "-u", "-m", "pgsocketio.cli", "tail", site.dsn, *words]
        log = log_file("test-tail")
        log.write_text("", encoding="utf-8")  # what an earlier one wrote is no answer
        self.child = Child("tail", command, log, cwd=ROOT)

    def lines(self, count: int) -> list[str]:
        """What it wrote, once there are so many lines."""
        log = self.child.log
        assert eventually(lambda: len(log.read_text("utf-8").splitlines()) >= count), log
        return log.read_text("utf-8").splitlines()

    def line(self, text: str) -> str:
        """The line that ends in a text, once it is there."""
        log = self.child.log
        assert eventually(lambda: f"{text}\n" in log.read_text("utf-8")), log
        return next(line for line in log.read_text("utf-8").splitlines() if line.endswith(text))

    def stop(self) -> int:
        self.child.process.send_signal(signal.SIGINT)
        return self.child.process.wait(PATIENCE)


def test_tail_follows(run: Run, site: Site) -> None:
    run("emit", "told", '{"n": 0}')
    follower = Follower(site, "told", "--since", "1h", "--json")
    assert json.loads(follower.lines(1)[0])["values"] == {"n": 0}
    connection = psycopg2.connect(site.dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT web_socketio_notify('told', '{\"n\": 1}', '{\"uid\": 7}')")
        run("emit", "told", '{"n": 2}')  # in the order of COMMIT: this one is first
        follower.lines(2)
        run("emit", "other", '{"n": 3}')
    connection.close()
    run("emit", "told", '{"n": 4}', "--volatile")
    told = [json.loads(line) for line in follower.lines(4)]
    assert [message["values"]["n"] for message in told] == [0, 2, 1, 4]
    assert [message["uid"] for message in told] == [None, None, 7, None]
    assert [message["id"] is None for message in told] == [False, False, False, True]
    assert follower.stop() == 0


def test_tail_shows_readable_lines_of_all_channels_but_not_the_servers_own(
    run: Run, site: Site
) -> None:
    follower = Follower(site, "--since", "1h")
    follower.lines(1)
    run("kick", "--user", "nobody")
    _status, number, _err = run("emit", "long", json.dumps({"text": "x" * 1_000}))
    line = follower.line("… (1012 characters)")
    assert re.match(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z #{number.strip()} +long ", line)
    run("emit", "forged\nline", "{}")
    follower.line(r"'forged\nline' {}")
    assert not [line for line in follower.lines(1) if "web_socketio:" in line]
    assert follower.stop() == 0


@pytest.mark.parametrize(
    "since", ["yesterday", "10", "5 minutes", "1000000d", f"{10**20}d", "0000-01-01"]
)
def test_tail_takes_no_wrong_time(run: Run, since: str) -> None:
    assert "is neither a time ago" in run("tail", "--since", since)[0]
