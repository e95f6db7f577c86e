"""What README and tutorial tell their readers to write works as it is written there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.site import Site, WebClient
from tests.support.servers import Nginx, OdooServer, RealtimeServer
from tools.documents import files_of, write_files
from tools.odoo import OdooInstance
from tools.paths import EXAMPLES, ROOT
from tools.postgres import Postgres

Reader = Callable[[str], WebClient]


@pytest.fixture
def follow(
    odoo_instance: OdooInstance, postgres: Postgres, clone_odoo_db: Callable[[], str],
    nginx: Callable[..., Nginx], new_context: Callable[[], BrowserContext], tmp_path: Path,
) -> Callable[..., object]:
    """Run a site with addons of one's own: ``with follow(folder, "addon") as login``."""

    @contextmanager
    def run(folder: Path, *install: str) -> Iterator[Reader]:
        instance = OdooInstance(odoo_instance.odoo, postgres, tmp_path / "odoo")
        text = instance.conf.read_text(encoding="utf-8")
        instance.conf.write_text(text.replace("addons_path = ", f"addons_path = {folder},"))
        db = clone_odoo_db()
        if install:
            instance.install(db, install, log="test-documents")
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


def test_the_tutorial(follow: Callable[..., object], tmp_path: Path) -> None:
    write_files(files_of(ROOT / "docs" / "tutorial.md"), tmp_path / "my_addons")
    with follow(tmp_path / "my_addons", "doorbell") as login:
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
        refused = reception.emit("/longpolling", "doorbell answer", visitor, "He is out")
        assert refused == {"name": "AccessError", "message": "Grace is not your visitor."}


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
