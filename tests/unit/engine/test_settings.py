"""Settings, the handshake that is kept, and what the package may import."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from pgsocketio.engine import EngineSettings, Handshake
from pgsocketio.engine.http import Request
from pgsocketio.engine.origin import Seen

PURE = [
    "errors", "frames", "handshake", "http", "limits", "origin", "packets",
    "settings",
]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"path": "socket.io"}, "path"),
        ({"path": "/socket.io/?a"}, "path"),
        ({"transports": ()}, "transports"),
        ({"transports": ("polling", "webtransport")}, "transports"),
        ({"ping_interval": 0}, "ping_interval"),
        ({"max_unsent": -1}, "max_unsent"),
        ({"allowed_origins": ("*",)}, "wildcard"),
        ({"allowed_origins": ("app.example.com",)}, "allow_origin"),
        ({"trusted_proxies": ("10.0.0.1/8",)}, "trusted_proxy: .* host bits"),
    ],
)
def test_settings_that_cannot_work(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EngineSettings(**settings)


def test_every_number_must_be_positive() -> None:
    for name, field in EngineSettings.__dataclass_fields__.items():
        if field.type in ("int", "float"):
            settings: dict[str, Any] = {name: 0}
            with pytest.raises(ValueError, match=name):
                EngineSettings(**settings)


def test_handshake() -> None:
    fields = [
        ("host", "a"),
        ("cookie", "b=c"),
        ("x-forwarded-for", "6.6.6.6"),
        ("x_cookie", "forged"),
        ("accept", "caf\xe9:1"),
    ]
    request = Request("GET", "/a%C3%A9/?b=%20", fields, http11=True)
    handshake = Handshake(request, Seen("https", "a", "192.0.2.1", 5, trusted=False))
    assert handshake.headers == (
        ("host", "a"), ("cookie", "b=c"), ("x_cookie", "forged"), ("accept", "caf\xe9:1"),
    )  # fmt: skip
    environ = handshake.environ(("127.0.0.1", 80))
    assert environ is not handshake.environ(("127.0.0.1", 80))
    assert environ["PATH_INFO"] == "/a\xc3\xa9/"
    assert environ["QUERY_STRING"] == "b=%20"
    assert environ["HTTP_COOKIE"] == "b=c"
    assert environ["REMOTE_ADDR"] == "192.0.2.1"
    assert not [name for name in environ if "FORWARDED" in name or name == "HTTP_X_COOKIE"]


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_need_no_gevent(module: str) -> None:
    """The package itself imports gevent, so the module is loaded without running it."""
    code = (
        "import sys, types;"
        "package = types.ModuleType('pgsocketio.engine');"
        "package.__path__ = ['pgsocketio/engine'];"
        "sys.modules['pgsocketio.engine'] = package;"
        f"import pgsocketio.engine.{module};"
        "print([m for m in ('gevent', 'psycopg2', 'odoo') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"


def test_the_package_imports_nothing_above_it() -> None:
    code = (
        "import sys, pgsocketio.engine;"
        "print(sorted(m for m in sys.modules if m.startswith(('pgsocketio.', 'psycopg2', 'odoo'))"
        " and not m.startswith('pgsocketio.engine')))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "['pgsocketio.errors', 'pgsocketio.quiet_log', 'pgsocketio.rates']\n"
