"""Options from flag, environment and conf file; every failure has its sentence."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.clients import eventually
from tests.integration.conftest import Connect
from tests.support.servers import RealtimeServer
from tools.odoo import OdooInstance
from tools.paths import ROOT, VENV_PYTHON
from tools.postgres import Postgres
from tools.processes import Child, free_port

TRACEBACK = "Traceback (most recent call last)"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(instance: OdooInstance) -> Run:
    """Run ``python server.py`` with options until it ends by itself."""

    def run(
        *options: str, conf: Path | None = instance.conf, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        chosen = ["-c", str(conf)] if conf else []
        return subprocess.run(
            [str(VENV_PYTHON), "server.py", *chosen, *options], cwd=ROOT, text=True,
            capture_output=True, timeout=60, check=False,
            env={"PATH": "/usr/bin:/bin", **instance.odoo.env, **(env or {})},
        )

    return run


@pytest.fixture
def conf(instance: OdooInstance, tmp_path: Path) -> Callable[[str], Path]:
    """Write a conf file that has more lines in ``[web_socketio]``."""

    def write(lines: str) -> Path:
        path = tmp_path / "odoo.conf"
        text = instance.conf.read_text(encoding="utf-8")
        path.write_text(f"{text}\n[web_socketio]\n{lines}\n", encoding="utf-8")
        return path

    return write


def assert_says(result: subprocess.CompletedProcess[str], *sentences: str, status: int = 1) -> None:
    """Assert that it ended with a status and these words, and without a traceback."""
    output = result.stdout + result.stderr
    assert result.returncode == status, output
    for sentence in sentences:
        assert sentence in output
    assert TRACEBACK not in output


def test_help_names_every_flag_variable_and_key(run: Run) -> None:
    result = run("--help", conf=None)
    text = " ".join(result.stdout.split())
    for flag in ("-d", "-i", "-p", "-c", "--max-cursor", "--addons-path", "--logfile",
                 "--log-level"):  # fmt: skip
        assert f"{flag}" in text
    flags = re.findall(r"--([a-z-]+) [A-Z_]+ ", text)
    assert len(set(flags)) > 10
    for flag in flags:
        assert f"OE_WEB_SOCKETIO_{flag.replace('-', '_').upper()}" in text, flag
    assert "[web_socketio]" in text
    assert_says(result, "default 127.0.0.1", "default 8068", status=0)


@pytest.mark.parametrize("options, sentence", [
    (["--no-such-option"], "--no-such-option; see oe_web_socketio --help"),
    (["-p", "nonsense"], "--port: 'nonsense' is not valid for port: it takes a whole number"),
    (["-p", "65536"], "from 0 to 65535"),
    (["--max-cursor", "0"], "from 1 to"),
    (["--log-level", "loud"], "it takes one of debug, info"),
    (["--ping-interval", "nan"], "--ping-interval: 'nan' is not valid"),
    (["-d"], "expected one argument"),
    (["-c", "/no/such/odoo.conf"], "/no/such/odoo.conf"),
    (["extra"], "extra; see oe_web_socketio --help"),
])  # fmt: skip
def test_a_bad_option_has_its_sentence(run: Run, options: list[str], sentence: str) -> None:
    assert_says(run("-d", "x", *options, conf=None), "oe_web_socketio: ", sentence)


def test_a_bad_variable_or_key_is_named_with_its_place(
    run: Run, conf: Callable[[str], Path]
) -> None:
    env = {"OE_WEB_SOCKETIO_PORT": "eighty"}
    assert_says(run("-d", "x", env=env), "OE_WEB_SOCKETIO_PORT: 'eighty' is not valid for port")
    path = conf("port = eighty")
    assert_says(run("-d", "x", conf=path), f"{path} [web_socketio]: 'eighty' is not valid for port")
    path = conf("prot = 8068")
    assert_says(run("-d", "x", conf=path), "[web_socketio] has no key 'prot'; it knows", "port")


def test_an_unknown_variable_is_an_error(run: Run) -> None:
    result = run("-d", "x", env={"OE_WEB_SOCKETIO_PROT": "8068"})
    assert_says(result, "OE_WEB_SOCKETIO_PROT")


def test_without_database_it_says_so(run: Run) -> None:
    assert_says(run(), "no database: name it with -d, or as db_name in the conf file")


def test_without_odoo_it_says_so(run: Run, tmp_path: Path) -> None:
    env = {"ODOO_PATH": str(tmp_path), "PYTHONPATH": ""}
    assert_says(run("-d", "x", env=env), f"there is no Odoo at ODOO_PATH={tmp_path}")


def test_an_unknown_database_has_its_sentence(run: Run) -> None:
    result = run("-d", "no_such_db", "-p", "0")
    assert_says(result, "database 'no_such_db': there is no such database")


def test_a_database_that_is_not_odoos_has_its_sentence(run: Run, empty_db: str) -> None:
    result = run("-d", empty_db, "-p", "0")
    assert_says(result, f"database '{empty_db}': it is no database of Odoo")


def test_a_key_is_not_looked_for_where_odoo_would_make_tables(
    run: Run, instance: OdooInstance, postgres: Postgres, empty_db: str
) -> None:
    words = ("apikey", "-c", str(instance.conf), "-d", empty_db, "--login", "admin", "--name", "x")
    assert_says(run(*words, conf=None), "the message log is not installed in this database")
    assert postgres.psql("SELECT relname FROM pg_class WHERE relname LIKE 'orm_%'", empty_db) == ""


def test_a_command_takes_one_database_and_not_the_last_of_two(
    run: Run, instance: OdooInstance
) -> None:
    result = run("sockets", "-c", str(instance.conf), "-d", "one", "-d", "two", conf=None)
    assert_says(result, "name one database with -d")


def test_a_database_without_the_addon_says_how_to_install_it(
    run: Run, postgres: Postgres, clone_odoo_db: Callable[[], str]
) -> None:
    db = clone_odoo_db()
    postgres.psql(
        "UPDATE ir_module_module SET state = 'uninstalled' WHERE name LIKE 'web_socketio'", db
    )
    assert_says(run("-d", db, "-p", "0"), f"oe -d {db} -i web_socketio")


def test_a_taken_port_is_named(run: Run, db: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("-d", db, "-p", str(port))
    assert_says(result, f"cannot listen on 127.0.0.1:{port}: Address already in use")


def test_one_bad_database_does_not_stop_the_others(
    start: Callable[..., RealtimeServer], db: str, empty_db: str
) -> None:
    server = start(f"no_such_db,{db},{empty_db}", ready=False)
    server.child.wait_for_line(f"ready for database '{db}'")
    server.child.wait_for_line("database 'no_such_db': there is no such database")
    server.child.wait_for_line(f"database '{empty_db}': it is no database of Odoo")
    assert server.child.is_running()
    assert TRACEBACK not in server.child.output


def test_it_logs_versions_namespaces_databases_and_its_address(
    server: RealtimeServer, db: str
) -> None:
    versions = r"oe\.web\.socketio \d\S*, Odoo 19\S*, gevent \S+, psycopg2 \S+, Python 3\.\d+"
    server.child.wait_for_line(versions)
    for name in ("/test", "/longpolling"):
        server.child.wait_for_line(
            rf"INFO \S+ odoo\.addons\.web_socketio\.web_socketio: Add namespace: '{name}'"
        )
    server.child.wait_for_line(rf"ready for database '{db}'")
    server.child.wait_for_line(r"listening on http://127\.0\.0\.1:\d+")


def test_a_variable_wins_over_the_conf_file_whose_db_name_is_the_default(
    instance: OdooInstance, conf: Callable[[str], Path], db: str, tmp_path: Path
) -> None:
    path = conf(f"port = {free_port()}")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[options]", f"[options]\ndb_name = {db}"), encoding="utf-8")
    port = free_port()
    env = {**instance.odoo.env, "OE_WEB_SOCKETIO_PORT": str(port)}
    command = [VENV_PYTHON, "server.py", "-c", path]
    child = Child("The realtime server", command, tmp_path / "log", cwd=ROOT, env=env)
    try:
        child.wait_for_line(f"listening on http://127.0.0.1:{port}")
        child.wait_for_line(f"ready for database '{db}'")
    finally:
        child.stop()


def test_a_flag_wins_over_all_and_may_be_repeated_or_hold_several_values(
    start: Callable[..., RealtimeServer], conf: Callable[[str], Path], db: str
) -> None:
    path = conf(f"port = {free_port()}\ndatabase = of_the_file")
    env = {"OE_WEB_SOCKETIO_PORT": str(free_port()), "OE_WEB_SOCKETIO_DATABASE": "of_the_variable"}
    port = free_port()
    server = start(
        f"a,{db}", "-d", "b", "-c", str(path), "--port", str(port), env=env, ready=False
    )
    server.child.wait_for_line(f"listening on http://127.0.0.1:{port}")
    for name in ("a", "b", db):
        server.child.wait_for_line(f"database '{name}'")
    assert "of_the" not in server.child.output


def test_addons_path_is_added_to_that_of_the_conf_file(
    odoo_instance: OdooInstance, start: Callable[..., RealtimeServer], db: str
) -> None:
    addons = str(ROOT / "tests" / "addons")
    server = start(db, "-c", str(odoo_instance.conf), "--addons-path", addons)
    server.child.wait_for_line("Add namespace: '/test'")


def test_the_log_goes_to_a_file_at_a_level(
    start: Callable[..., RealtimeServer], db: str, tmp_path: Path
) -> None:
    log = tmp_path / "server.log"
    start(db, "--logfile", str(log), "--log-level", "debug", ready=False)
    assert eventually(lambda: log.exists() and f"ready for database '{db}'" in log.read_text())
    assert " DEBUG " in log.read_text()


def test_postgresql_away_at_start_is_retried(
    start: Callable[..., RealtimeServer], instance: OdooInstance, tmp_path: Path,
    postgres: Postgres, db: str, connect: Connect,
) -> None:
    """Its socket appears only after the server has complained and sent a client away for now."""
    folder, path = tmp_path / "sockets", tmp_path / "odoo.conf"
    text = instance.conf.read_text(encoding="utf-8")
    path.write_text(text.replace(str(postgres.socket_dir), str(folder)), encoding="utf-8")
    server = start(db, "-c", str(path), ready=False)
    server.child.wait_for_line(f"database '{db}': PostgreSQL is away, trying again in")
    server.url = server.child.wait_for_line(r"http://127\.0\.0\.1:\d+")[0]
    client = connect("demo", server=server, wait=False, reconnectionDelayMax=500)
    client.gone()
    folder.symlink_to(postgres.socket_dir)
    server.child.wait_for_line(f"ready for database '{db}'")
    client.connected()
    assert TRACEBACK not in server.child.output
