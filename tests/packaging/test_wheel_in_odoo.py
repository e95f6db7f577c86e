"""The wheel at work: ``oe`` installs its addons into a database, ``oe_web_socketio`` serves it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.packaging.environments import Environment
from tools.console import log_file
from tools.odoo import Odoo
from tools.postgres import Postgres
from tools.processes import Child, free_port

DB = "wheel"
OWN_NAMESPACE = """
from odoo.addons.web_socketio.namespace import OpenERPNameSpace
from odoo.addons.web_socketio.web_socketio import SocketIO


class OwnNameSpace(OpenERPNameSpace):
    pass


SocketIO.add_namespace("/own", OwnNameSpace)
"""
PATHS = """
import json, odoo
path = lambda name: odoo.modules.Manifest.for_addon(name).path
installed = env["ir.module.module"].search([("state", "=", "installed")]).mapped("name")
print("PATHS", json.dumps({name: path(name) for name in installed}))
"""


@pytest.fixture(scope="module")
def own_addons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an addon that its user wrote."""
    folder = tmp_path_factory.mktemp("own")
    addon = folder / "own_addon"
    addon.mkdir()
    (addon / "__init__.py").write_text("from . import namespace\n", encoding="utf-8")
    (addon / "namespace.py").write_text(OWN_NAMESPACE, encoding="utf-8")
    manifest = {"name": "Own", "depends": ["web_socketio"], "license": "LGPL-3", "author": "Me"}
    (addon / "__manifest__.py").write_text(repr(manifest), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def database(
    installed: Environment, unpacked: Odoo, conf: Path, own_addons: Path, odoo_only: str,
    postgres: Postgres,
) -> Iterator[str]:
    """A database into which ``oe`` has installed the addon of the wheel, and one of the user."""
    postgres.create_database(DB, odoo_only)
    installed.output(
        installed.script("oe"), "-c", conf, "-d", DB, "-i", "web_socketio,own_addon",
        f"--addons-path={own_addons}", "--no-http", "--stop-after-init",
        env={"ODOO_PATH": unpacked.path},
    )
    yield DB
    postgres.drop_database(DB)


def addon_paths(
    environment: Environment, odoo: Odoo, conf: Path, *options: object
) -> dict[str, str]:
    """Return the folders of the addons that the database has, as ``oe shell`` finds them."""
    printed = environment.output(
        environment.script("oe"), "shell", "-c", conf, "-d", DB, "--no-http", *options,
        env={"ODOO_PATH": odoo.path}, stdin=PATHS,
    )
    line = next(line for line in printed.splitlines() if line.startswith("PATHS "))
    paths: dict[str, str] = json.loads(line.removeprefix("PATHS "))
    return paths


def test_oe_completes_the_addons_path_that_is_given(
    installed: Environment, unpacked: Odoo, conf: Path, own_addons: Path, database: str
) -> None:
    paths = addon_paths(installed, unpacked, conf, "--addons-path", own_addons)
    assert paths["web_socketio"] == f"{installed.site_packages}/odoo/addons/web_socketio"
    assert paths["own_addon"] == f"{own_addons}/own_addon"


def test_oe_completes_the_addons_path_of_the_conf_file(
    installed: Environment, unpacked: Odoo, conf: Path, own_addons: Path, database: str,
    tmp_path: Path,
) -> None:
    other = tmp_path / "other.conf"
    text = conf.read_text(encoding="utf-8")
    other.write_text(f"{text}addons_path = {own_addons}\n", encoding="utf-8")
    paths = addon_paths(installed, unpacked, other)
    assert paths["web_socketio"] == f"{installed.site_packages}/odoo/addons/web_socketio"
    assert paths["own_addon"] == f"{own_addons}/own_addon"


def test_commands_of_odoo_that_know_no_addons_path(
    installed: Environment, unpacked: Odoo, conf: Path, own_addons: Path, database: str
) -> None:
    installed.output(
        installed.script("oe"), "module", "install", "-c", conf, "-d", DB, "web_longpolling",
        env={"ODOO_PATH": unpacked.path},
    )
    paths = addon_paths(installed, unpacked, conf, "--addons-path", own_addons)
    assert paths["web_longpolling"] == f"{installed.site_packages}/odoo/addons/web_longpolling"


def test_oe_db(
    installed: Environment, unpacked: Odoo, conf: Path, empty_db: str, postgres: Postgres
) -> None:
    installed.output(
        installed.script("oe"), "db", "-c", conf, "drop", empty_db,
        env={"ODOO_PATH": unpacked.path},
    )
    assert not postgres.has_database(empty_db)


def test_oe_starts_workers(
    installed: Environment, unpacked: Odoo, conf: Path, own_addons: Path, database: str
) -> None:
    """Odoo starts its evented worker by running the command that it was started with again."""
    port, gevent_port = free_port(), free_port()
    child = Child(
        "oe",
        [installed.script("oe"), "-c", conf, "-d", DB, f"--addons-path={own_addons}",
         "--workers=1", f"--http-port={port}", f"--gevent-port={gevent_port}"],
        log_file("test-wheel-oe"), cwd=installed.home,
        env={"ODOO_PATH": str(unpacked.path), "HOME": str(installed.home)},
    )
    try:
        child.wait_for_line(f"Evented Service .* running on .*:{gevent_port}")
        asset = f"http://127.0.0.1:{port}/web_socketio/static/lib/socket.io/socket.io.min.js"
        assert requests.get(asset, timeout=60).status_code == 200
    finally:
        child.stop()


def test_oe_web_socketio_serves_it(
    installed: Environment, unpacked: Odoo, conf: Path, own_addons: Path, database: str
) -> None:
    child = Child(
        "oe_web_socketio",
        [installed.script("oe_web_socketio"), "-c", conf, "-d", DB, "-p", "0",
         "--addons-path", own_addons],
        log_file("test-wheel-realtime"), cwd=installed.home,
        env={"ODOO_PATH": str(unpacked.path), "HOME": str(installed.home)},
    )
    try:
        child.wait_for_line("Add namespace: '/own'")
        child.wait_for_line(f"ready for database '{DB}'")
        url = child.wait_for_line(r"http://127\.0\.0\.1:\d+")[0]
        opened = requests.get(
            f"{url}/socket.io/", params={"EIO": "4", "transport": "polling"}, timeout=60
        )
        assert opened.text.startswith('0{"sid":')
    finally:
        status = child.stop(timeout=60)
    assert status == 0
