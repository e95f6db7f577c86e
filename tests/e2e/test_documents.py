"""What README and tutorial tell their readers to write works as it is written there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.site import Site, WebClient
from tests.support.servers import Nginx, OdooServer, RealtimeServer, Server
from tools.console import log_file
from tools.documents import commands_of, files_of, write_files
from tools.odoo import OdooInstance
from tools.paths import EXAMPLES, ROOT, VENV_PYTHON, addon_folders
from tools.postgres import Postgres
from tools.processes import Child, free_port

Reader = Callable[[str], WebClient]


@pytest.fixture
def follow(
    odoo_instance: OdooInstance, postgres: Postgres, clone_odoo_db: Callable[[], str],
    nginx: Callable[..., Nginx], new_context: Callable[[], BrowserContext], tmp_path: Path,
) -> Callable[..., object]:
    """Run a site with addons of one's own: ``with follow(folder) as login``."""

    @contextmanager
    def run(folder: Path) -> Iterator[Reader]:
        instance = OdooInstance(odoo_instance.odoo, postgres, tmp_path / "odoo")
        text = instance.conf.read_text(encoding="utf-8")
        instance.conf.write_text(text.replace("addons_path = ", f"addons_path = {folder},"))
        db = clone_odoo_db()
        with OdooServer(instance, db) as odoo:
            site = Site(odoo, lambda db, *options: RealtimeServer(instance, db, *options), nginx)
            with site.start_realtime():
                yield lambda login: WebClient.login(
                    new_context(), site.url, login
                ).wait_until_connected()

    return run


def enter(reception: WebClient, visitor: str) -> None:
    """Enter a visitor of Marc's, as step 5 of the tutorial says."""
    reception.page.get_by_role("button", name="New").click()
    row = reception.page.locator(".o_data_row").first
    row.locator("[name=name] input").fill(visitor)
    row.locator("[name=host_id] input").fill("Marc")
    reception.page.locator(".o-autocomplete--dropdown-item", has_text="Marc Demo").click()
    reception.page.get_by_role("button", name="Save").click()
    expect(reception.page.locator(".o_selected_row")).to_have_count(0)


@pytest.fixture
def own_odoo(
    odoo_instance: OdooInstance, postgres: Postgres, odoo_template: str, tmp_path: Path
) -> Iterator[dict[str, str]]:
    """What a reader has: an Odoo with a database mydb, and a home; the variables that say so."""
    instance = OdooInstance(odoo_instance.odoo, postgres, tmp_path / "odoo")
    with instance.conf.open("a", encoding="utf-8") as conf:
        conf.write("http_port = 0\n")
    home = tmp_path / "home"
    home.mkdir()
    postgres.create_database("mydb", odoo_template)
    yield {
        **instance.odoo.env, "HOME": str(home), "ODOO_RC": str(instance.conf),
        "PATH": f"{VENV_PYTHON.parent}:{os.environ['PATH']}",
        "OE_WEB_SOCKETIO_PORT": str(free_port()), "OE_WEB_SOCKETIO_MONITOR_PORT": "0",
    }  # fmt: skip
    postgres.drop_database("mydb")


class Command(Server):
    """A command of a document, that serves until it is ended."""

    def __init__(self, line: str, env: dict[str, str], pattern: str) -> None:
        """Start it, and wait until it has said where or that it serves."""
        name = line.split()[0]
        command = ["sh", "-c", f"exec {line}"]
        self.db = "mydb"
        self.child = Child(name, command, log_file(f"test-tutorial-{name}"), env=env)
        self.url = f"http://{self.child.wait_until_started(pattern)[1]}"


def test_the_tutorial(
    own_odoo: dict[str, str], new_context: Callable[[], BrowserContext],
    nginx: Callable[..., Nginx],
) -> None:
    document = ROOT / "docs" / "tutorial.md"
    folders, _demo, serve, _demo_test, test = commands_of(document)
    home = Path(own_odoo["HOME"])
    env = {**os.environ, **own_odoo}
    subprocess.run(["sh", "-ec", folders], env=env, check=True)
    for path, text in files_of(document).items():
        (home / "my_addons" / path).write_text(text, encoding="utf-8")  # the folders are there
    for example in addon_folders(EXAMPLES):
        (home / "my_addons" / example.name).symlink_to(example)  # mydb has them, too

    odoo_command, realtime_command = serve.splitlines()
    ready = r"ready for database '(mydb)'"
    with (
        Command(odoo_command, own_odoo, r"running on (\S+:\d+)") as odoo,
        Command(realtime_command, own_odoo, ready) as realtime,
    ):
        port = int(own_odoo["OE_WEB_SOCKETIO_PORT"])
        site = Site(odoo, lambda *_: realtime, nginx, port=port)
        walk_through(
            lambda login: WebClient.login(new_context(), site.url, login).wait_until_connected()
        )
    tested = subprocess.run(["sh", "-ec", test], env=env, capture_output=True, text=True)
    assert "0 failed, 0 error(s) of 4 tests" in tested.stderr, tested.stderr


def walk_through(login: Reader) -> None:
    """Do what steps 5 and 6 of the tutorial say."""
    reception, host = login("admin"), login("demo")
    reception.page.locator(".o_navbar_apps_menu button").click()
    reception.page.locator(".o_app", has_text="Doorbell").click()

    enter(reception, "Ada")
    toast = host.toast("Ada is at the door")
    toast.get_by_role("button", name="I am coming").click()
    expect(reception.toast("Marc Demo: I am coming")).to_have_count(1)
    expect(toast).to_have_count(0)
    expect(reception.toasts).to_have_count(1)  # what rings for Marc rings for him alone

    host.page.goto("about:blank")
    enter(reception, "Grace")
    enter(reception, "Edsger")
    host.page.go_back()
    host.wait_until_connected()
    expect(host.toasts).to_contain_text(["Grace", "Edsger"])

    (visitor,) = reception.call("doorbell.visitor", "search", [["name", "=", "Grace"]])
    refused = reception.emit("/doorbell", "answer", visitor, "He is out")
    assert refused == {"name": "AccessError", "message": "Grace is not your visitor."}

    tab = WebClient(host.page.context.new_page(), host.url)
    with tab.before_it_knows("doorbell.visitor", "waiting"):
        enter(reception, "Barbara")
    tab.wait_until_connected("/doorbell")
    enter(reception, "Mary")
    expect(tab.toasts).to_contain_text(["Grace", "Edsger", "Barbara", "Mary"])


def test_the_code_of_the_readme(follow: Callable[..., object], tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "web_notification", tmp_path / "my_addons" / "web_notification")
    files = files_of(ROOT / "README.md")
    assert all((EXAMPLES / path).exists() for path in files), "they take the place of the example's"
    write_files(files, tmp_path / "my_addons")
    with follow(tmp_path / "my_addons") as login:
        sender, demo = login("admin"), login("demo")
        sender.notify("demo", "It works")
        expect(demo.toast("It works")).to_contain_text("Hello")
        assert demo.page.evaluate(
            "odoo.loader.modules.has('@web_notification/web_notification_service')"
        )
        expect(sender.toasts).to_have_count(0)
