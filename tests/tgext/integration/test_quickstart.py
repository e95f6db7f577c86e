"""The documentation's quick start, made literally: a fresh quickstart, the diffs, its own tests."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.integration.clients import Client
from tests.tgext.servers import Gearbox
from tools.paths import ROOT
from tools.turbogears import environment

PAGE = (ROOT / "docs" / "turbogears.md").read_text(encoding="utf-8")
DIFFS = re.findall(r"```diff\n(.*?)```", PAGE, re.DOTALL)
QUICKSTART = ("gearbox", "quickstart", "--auth", "--sqlalchemy", "myproject")
SUITE = {"2.4.3": ["nosetests"], "2.5.1": ["pytest", "-p", "no:cacheprovider"]}


def run(version: str, *command: object, cwd: Path, **options: object) -> str:
    """Run a command of the environment to its end; return what it printed."""
    program = environment(version).with_name(str(command[0]))
    words = [str(program if program.exists() else command[0]), *map(str, command[1:])]
    env = {**os.environ, "PYTHONPATH": str(cwd), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{words} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout + done.stderr


def install(project: Path) -> None:
    """What ``pip install -e .`` would write, but for this project and nothing else."""
    info = project / "myproject.egg-info"
    shutil.rmtree(info, ignore_errors=True)
    info.mkdir()
    (info / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: myproject\nVersion: 0.1.0\n")
    (info / "top_level.txt").write_text("myproject\n")
    (info / "entry_points.txt").write_text(
        "[paste.app_factory]\nmain = myproject.config.application:make_app\n"
    )


@pytest.fixture(scope="module")
def project(version: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh quickstart of each version, with the edits of the documentation."""
    folder = tmp_path_factory.mktemp("quickstart")
    assert PAGE.count(f"$ {' '.join(QUICKSTART)}\n") == 2
    run(version, *QUICKSTART, cwd=folder)
    project = folder / "myproject"
    common, newest, older = DIFFS
    for diff in (common, older if version.startswith("2.4") else newest):
        run(version, "patch", "-p1", "--fuzz=0", cwd=project, input=diff)
    install(project)
    return project


def test_its_own_test_suite_stays_green(project: Path, version: str) -> None:
    output = run(version, *SUITE[version], cwd=project)
    assert re.search(r"(2[4-9]|3\d) passed|Ran 2[5-9] tests.*\n\nOK", output)
    assert re.search(r"controllers/realtime.py +\d+ +0 +100%", output)


@pytest.fixture
def server(project: Path, version: str) -> Gearbox:
    """The application, with its users and a database."""
    run(version, "gearbox", "setup-app", "-c", "development.ini", cwd=project)
    ini = project / "development.ini"
    text = ini.read_text(encoding="utf-8")
    options = "port = 0\nidentity_interval = 1"
    ini.write_text(text.replace("port = 8080", options), encoding="utf-8")
    return Gearbox(version, ini, project)


def login(url: str, name: str, password: str) -> str:
    """Log in through the application's own form; return the Cookie header."""
    session = requests.Session()
    form = {"login": name, "password": password}
    session.post(f"{url}/login_handler", form, timeout=60)
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)


def test_the_logged_in_add_and_everyone_sees(
    server: Gearbox, project: Path, client: Callable[..., Client]
) -> None:
    with server:
        cookie = login(server.url, "manager", "managepass")
        manager = client(server, "/todo", extraHeaders={"Cookie": cookie}).connected()
        guest = client(server, "/todo").connected()
        guest.call("subscribe", "todos")
        guest.emit("add", "mine")
        assert guest.wait_for("error")[0][0] == "method_access_denied"
        manager.call("add", "Water the plants")
        assert guest.wait_for("publication") == [["Water the plants"]]
        late = client(server, "/todo").connected()
        late.call("subscribe", "todos")
        assert late.wait_for("todo") == [["Water the plants"]]
        assert "Things to do" in requests.get(f"{server.url}/socketio", timeout=60).text
        assert requests.get(f"{server.url}/login", timeout=60).status_code == 200
        with sqlite3.connect(project / "devdata.db") as database:
            database.execute("DELETE FROM tg_user_group")
        assert manager.gone() == "transport close"  # who has other rights now comes back with them
        manager.connected(2)
        guest.call("subscribe", "todos")
