"""Fixtures: one PostgreSQL and one installed Odoo database per run, everything else cloned from it.

Nothing is skipped: what is missing fails. All processes end with the run, also when it crashes.
"""

from __future__ import annotations

import copy
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.support.browser import PATIENCE, user_of
from tests.support.documents import DocumentAddons, install
from tests.support.servers import Nginx, OdooServer, RealtimeServer
from tools.odoo import OdooInstance, find_or_fetch, our_addons
from tools.paths import ROOT
from tools.postgres import Postgres
from tools.processes import Child
from tools.programs import chromium, node_bin

TEMPLATE = "odoo_template"
USERS = {"demo": "Marc Demo", "other": "Olga Other"}  # admin is there anyway; password = login
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
]
LAST_LINES = 12
_numbers = itertools.count(1)


def pytest_configure() -> None:
    """Let SIGTERM end a run as Ctrl-C does: with all processes and folders cleaned up."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Show with a failure what the processes that run at that time have printed last."""
    report = yield
    if report.failed:
        for child in Child.all:
            if child.is_running():
                lines = child.output.splitlines()[-LAST_LINES:]
                report.sections.append((f"{child.name}, {child.log.name}", "\n".join(lines)))
    return report


@pytest.fixture(scope="session")
def run_dir() -> Iterator[Path]:
    """A folder for the run, which PostgreSQL's account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="oews-run-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(run_dir: Path) -> Iterator[Postgres]:
    """The PostgreSQL of this run, on its socket and on TCP."""
    server = Postgres(run_dir / "postgres", tcp=True, durable=False, name="test-postgres")
    yield server
    server.close()


@pytest.fixture
def empty_db(postgres: Postgres) -> Iterator[str]:
    """An empty database for one test."""
    name = f"empty_{next(_numbers)}"
    postgres.create_database(name)
    yield name
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def odoo_instance(postgres: Postgres, run_dir: Path) -> OdooInstance:
    """Odoo's commands on this run's PostgreSQL, with a conf file."""
    return OdooInstance(find_or_fetch(), postgres, run_dir / "odoo")


@pytest.fixture(scope="session")
def odoo_template(odoo_instance: OdooInstance) -> str:
    """The database to clone, with Odoo, our addons and the examples; never connect to it."""
    modules = ["base", "web", "bus", *(folder.name for folder in our_addons())]
    odoo_instance.install(TEMPLATE, modules, log="test-install")
    odoo_instance.prepare(TEMPLATE, log="test-install", users=USERS, attachments_in_database=True)
    return TEMPLATE


@pytest.fixture(scope="session")
def clone_odoo_db(postgres: Postgres, odoo_template: str) -> Iterator[Callable[[], str]]:
    """Make Odoo databases; they are dropped at the end of the run."""
    names: list[str] = []

    def clone() -> str:
        names.append(f"odoo_{next(_numbers)}")
        postgres.create_database(names[-1], odoo_template)
        return names[-1]

    yield clone
    for name in names:
        postgres.drop_database(name)


@pytest.fixture(scope="session")
def instance_of_tests(odoo_instance: OdooInstance) -> OdooInstance:
    """Odoo with the tests' addons on its path; sessions are those of ``odoo_instance``."""
    instance = copy.copy(odoo_instance)
    instance.conf = odoo_instance.folder / "odoo-test-addons.conf"
    text = odoo_instance.conf.read_text(encoding="utf-8")
    addons = f"addons_path = {ROOT / 'tests' / 'addons'},"
    instance.conf.write_text(text.replace("addons_path = ", addons), encoding="utf-8")
    return instance


@pytest.fixture(scope="session")
def document_addons(
    odoo_instance: OdooInstance, postgres: Postgres, clone_odoo_db: Callable[[], str], run_dir: Path
) -> DocumentAddons:
    """The addons of tutorial, recipes and scaffold, in a database with all of ours."""
    return install(odoo_instance.odoo, postgres, clone_odoo_db(), run_dir / "documents")


@pytest.fixture(scope="module")
def odoo_db(clone_odoo_db: Callable[[], str]) -> str:
    """An Odoo database for the tests of one module."""
    return clone_odoo_db()


@pytest.fixture(scope="module")
def odoo(odoo_instance: OdooInstance, odoo_db: str) -> Iterator[OdooServer]:
    """Odoo's HTTP server for the module's database."""
    with OdooServer(odoo_instance, odoo_db) as server:
        yield server


@pytest.fixture(scope="module")
def odoo_http(odoo: OdooServer) -> str:
    """The base url of Odoo's HTTP server for the module's database."""
    return odoo.url


@pytest.fixture
def realtime(odoo_instance: OdooInstance) -> Iterator[Callable[..., RealtimeServer]]:
    """Start realtime servers: ``realtime(db, *options, env=None, ready=True)``.

    Each must end in order when it gets SIGTERM at the end of the test.
    """
    with ExitStack() as stack:

        def start(
            db: str, *options: str, env: dict[str, str] | None = None, ready: bool = True
        ) -> RealtimeServer:
            server = RealtimeServer(odoo_instance, db, *options, env=env, ready=ready)
            return stack.enter_context(server)

        yield start


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Callable[..., Nginx]]:
    """Start a real nginx: ``nginx(server_block, http_block="")``, both as text."""
    with ExitStack() as stack:

        def start(server_block: str, http_block: str = "") -> Nginx:
            folder = tmp_path / f"nginx-{next(_numbers)}"
            folder.mkdir()
            return stack.enter_context(Nginx(folder, server_block, http_block))

        yield start


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; see ``new_context``.

    Playwright keeps an event loop running in this thread from here to the end of the run, so tests
    that use ``asyncio.run`` must run before those with a browser: ``tests/e2e`` comes last.
    """
    # Playwright's own Node.js needs a library that a bare Debian lacks.
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(node_bin() / "node")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=CHROMIUM_FLAGS, timeout=PATIENCE
        )
        yield browser
        browser.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make users' browsers for one test: ``new_context()``, with Playwright's options."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(user_of(browser, **options))
