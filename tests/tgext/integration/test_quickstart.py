"""The documentation's quick start, made literally: a fresh quickstart, the diff, its own tests."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.integration.clients import Client
from tests.tgext.servers import Gearbox
from tools.paths import ROOT
from tools.turbogears import VERSIONS, environment

PAGE = ROOT / "docs" / "turbogears.md"
NEWEST = VERSIONS[-1]


def run(*command: object, cwd: Path, **options: object) -> str:
    """Run a command of the environment to its end; return what it printed."""
    program = environment(NEWEST).with_name(str(command[0]))
    words = [str(program if program.exists() else command[0]), *map(str, command[1:])]
    env = {**os.environ, "PYTHONPATH": str(cwd), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{words} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def install(project: Path) -> None:
    """What ``pip install -e .`` would write, but for this project and nothing else."""
    info = project / "myproject.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: myproject\nVersion: 0.1.0\n")
    (info / "top_level.txt").write_text("myproject\n")
    (info / "entry_points.txt").write_text(
        "[paste.app_factory]\nmain = myproject.config.application:make_app\n"
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh quickstart with the edits of the documentation."""
    folder = tmp_path_factory.mktemp("quickstart")
    assert "gearbox quickstart --auth --sqlalchemy myproject" in PAGE.read_text("utf-8")
    run("gearbox", "quickstart", "--auth", "--sqlalchemy", "myproject", cwd=folder)
    project = folder / "myproject"
    (diff,) = re.findall(r"```diff\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    run("patch", "-p1", "--fuzz=0", cwd=project, input=diff)
    install(project)
    return project


def test_its_own_test_suite_stays_green(project: Path) -> None:
    output = run("python", "-m", "pytest", "-p", "no:cacheprovider", cwd=project)
    assert "test_realtime.py" in output
    assert re.search(r"\d+ passed", output)


@pytest.fixture
def server(project: Path) -> Gearbox:
    """The application, with its users and a database."""
    run("gearbox", "setup-app", "-c", "development.ini", cwd=project)
    ini = project / "development.ini"
    text = ini.read_text(encoding="utf-8")
    ini.write_text(text.replace("port = 8080", "port = 0"), encoding="utf-8")
    return Gearbox(NEWEST, ini, project)


def login(url: str, name: str, password: str) -> str:
    """Log in through the application's own form; return the Cookie header."""
    session = requests.Session()
    form = {"login": name, "password": password}
    session.post(f"{url}/login_handler", form, timeout=10)
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)


def test_the_logged_in_add_and_everyone_sees(
    server: Gearbox, client: Callable[..., Client]
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
        assert "Things to do" in requests.get(f"{server.url}/socketio", timeout=10).text
        assert requests.get(f"{server.url}/demo", timeout=10).status_code == 200
