"""TurboGears servers, Redis and clients for the tests that need processes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.clients import Client, Node
from tests.tgext.servers import Gearbox, Redis, write_ini
from tools.paths import ROOT, VENV_PYTHON
from tools.postgres import Postgres
from tools.processes import free_port
from tools.turbogears import VERSIONS

APPS = Path(__file__).parent / "integration" / "apps"


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """The process that the clients run in."""
    node = Node()
    yield node
    node.close()


@pytest.fixture
def client(node: Node) -> Callable[..., Client]:
    """Start to connect socket.io-client: ``client(server, "/chat", **options)``."""

    def start(server: Gearbox, namespace: str, **options: object) -> Client:
        return node.client(server.url, namespace, **{"path": "/socketio", **options})

    return start


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Each version of TurboGears."""
    return str(request.param)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Gearbox]]:
    """Start servers: ``serve("2.5.1", "events", path=APPS, server={…}, settings={…})``."""
    with ExitStack() as stack:

        def start(
            version: str, app: str, *options: str, path: Path = APPS, debug: bool = False,
            server: dict[str, object] | None = None, settings: dict[str, object] | None = None,
            **more: str | None,
        ) -> Gearbox:
            ini = write_ini(tmp_path, app, server or {}, settings or {}, debug=debug)
            return stack.enter_context(Gearbox(version, ini, path, *options, **more))

        yield start


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    """A real Redis."""
    with Redis(free_port()) as server:
        yield server


@pytest.fixture(scope="session")
def dsn(postgres: Postgres) -> str:
    """A database with the message log, made by the core's command."""
    postgres.create_database("channels")
    return install_log(postgres, "channels")


def install_log(postgres: Postgres, name: str) -> str:
    """Make the message log in a database, as its owner would; return the connection string."""
    dsn = postgres.dsn(name, tcp=True)
    command = [VENV_PYTHON, "-m", "pgsocketio.cli", "install", dsn]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert "message log: version" in done.stdout
    return dsn
