"""Options: flag over environment over conf file over default, and every mistake is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgsocketio.config import Option, Options, one_of, seconds, whole
from pgsocketio.errors import ConfigError

OPTIONS = Options(
    prog="serve",
    description="Serves.",
    section="realtime",
    prefix="REALTIME_",
    options=[
        Option("port", "port to listen on", 8068, whole(0, 65535), "-p"),
        Option("database", "database to serve", (), short="-d", many=True),
        Option("ping_interval", "seconds between pings", 25.0, seconds(0.1, 60)),
        Option("log_level", "how much to log; 100% is debug", "info", one_of("debug", "info")),
        Option("config", "conf file", short="-c"),
    ],
)


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "odoo.conf"
    path.write_text("[options]\ndb_name = x\n\n[realtime]\nport = 3\ndatabase = a, b\n")
    return path


def test_defaults() -> None:
    assert OPTIONS.parse([], {}) == {
        "port": 8068,
        "database": (),
        "ping_interval": 25.0,
        "log_level": "info",
        "config": None,
    }


def test_flag_wins_over_variable_over_file(conf: Path) -> None:
    file = ["-c", str(conf)]
    environ = {"REALTIME_PORT": "2"}
    assert OPTIONS.parse(["-p", "1", *file], environ)["port"] == 1
    assert OPTIONS.parse(file, environ)["port"] == 2
    assert OPTIONS.parse(file, {})["port"] == 3
    assert OPTIONS.parse(["--port", "0", *file], environ)["port"] == 0


def test_the_file_may_be_named_by_the_environment(conf: Path) -> None:
    assert OPTIONS.parse([], {"REALTIME_CONFIG": str(conf)})["port"] == 3


def test_an_empty_variable_is_none(conf: Path) -> None:
    assert OPTIONS.parse([], {"REALTIME_PORT": ""})["port"] == 8068


@pytest.mark.parametrize(
    ("argv", "environ", "expected"),
    [
        (["-d", "a", "--database", "b,c"], {}, ("a", "b", "c")),
        (["-d", " a , ,b "], {}, ("a", "b")),
        ([], {"REALTIME_DATABASE": "a,b"}, ("a", "b")),
    ],
)
def test_many_values(argv: list[str], environ: dict[str, str], expected: tuple[str, ...]) -> None:
    assert OPTIONS.parse(argv, environ)["database"] == expected


def test_many_values_from_the_file(conf: Path) -> None:
    assert OPTIONS.parse(["-c", str(conf)], {})["database"] == ("a", "b")


@pytest.mark.parametrize(
    ("argv", "environ", "complaint"),
    [
        (["-p", "http"], {}, "--port: 'http' is not valid for port: it takes a whole number"),
        (["-p", "65536"], {}, "from 0 to 65535"),
        (["-p", "-1"], {}, "from 0 to 65535"),
        (["-p", "٣"], {}, "--port"),
        (["-p", "9" * 5_000], {}, "--port"),
        ([], {"REALTIME_PORT": "http"}, "REALTIME_PORT: 'http'"),
        (["--ping-interval", "soon"], {}, "--ping-interval: 'soon'"),
        (["--ping-interval", "0"], {}, "it takes seconds from 0.1 to 60"),
        (["--ping-interval", "nan"], {}, "it takes seconds from 0.1 to 60"),
        (["--ping-interval", "inf"], {}, "it takes seconds from 0.1 to 60"),
        (["--log-level", "loud"], {}, "it takes one of debug, info"),
        (["--prot", "1"], {}, "unrecognized arguments: --prot 1; see serve --help"),
        (["--databas", "x"], {}, "unrecognized arguments"),
        (["-p"], {}, "serve --help"),
        (["stray"], {}, "unrecognized arguments: stray"),
        (["-c", "/no/such/file"], {}, "the conf file /no/such/file cannot be read"),
    ],
)
def test_mistakes_are_said(argv: list[str], environ: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        OPTIONS.parse(argv, environ)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[realtime]\nprot = 1\n", "[realtime] has no key 'prot'; it knows database, log_level"),
        ("[realtime]\nport = x\n", "[realtime]: 'x' is not valid for port"),
        ("[realtime]\nconfig = other.conf\n", "has no key 'config'"),
        ("[realtime]\nport = 1\nport = 2\n", "cannot be read"),
        ("no section\n", "cannot be read"),
        ("\xff", "cannot be read"),
    ],
)
def test_mistakes_in_the_file_are_said(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "odoo.conf"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        OPTIONS.parse(["-c", str(path)], {})
    assert complaint in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_wrong_value_in_the_file_is_an_error_where_a_flag_wins(tmp_path: Path) -> None:
    path = tmp_path / "odoo.conf"
    path.write_text("[realtime]\nport = x\n")
    with pytest.raises(ConfigError):
        OPTIONS.parse(["-p", "1", "-c", str(path)], {})


def test_a_file_without_the_section_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "odoo.conf"
    path.write_text("[options]\nport = x\nunknown = %(y)s\n")
    assert OPTIONS.parse(["-c", str(path)], {})["port"] == 8068


def test_help_names_every_variable_and_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        OPTIONS.parse(["--help"], {})
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for option in OPTIONS.options:
        assert f"--{option.name.replace('_', '-')}" in text
        assert OPTIONS.variable(option) in text
    assert "REALTIME_PORT; default 8068" in text
    assert "100% is debug" in text
    assert "[realtime]" in text
