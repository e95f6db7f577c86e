"""The addons that the documents and the scaffold write, installed and tested by Odoo."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from oe_web_socketio.commands.scaffold import write_addon
from tools.console import SetupError, log_file, run
from tools.documents import files_of, write_files
from tools.odoo import OdooInstance, our_addons
from tools.paths import ROOT, addon_folders
from tools.postgres import Postgres
from tools.processes import free_port

LOG = "test-documents-addons"
RAN = r"odoo\.addons\.{}\.tests\.\S+ Starting "
WRONG = r"^.* odoo\.addons\.{}\.tests\.\S+ (?:ERROR|FAIL): .*$"


@dataclass(frozen=True)
class Written:
    """The addons, installed; and what Odoo said when it installed and tested them."""

    folder: Path
    instance: OdooInstance
    db: str
    log: str


@pytest.fixture(scope="module")
def written(
    odoo_instance: OdooInstance, postgres: Postgres, clone_odoo_db: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Written:
    """All of them, in one go."""
    folder = tmp_path_factory.mktemp("addons")
    shutil.copytree(ROOT / "tests" / "addons" / "recipes", folder / "recipes")
    for document in ("tutorial.md", "recipes.md"):
        write_files(files_of(ROOT / "docs" / document), folder)
    write_addon("door_bell_2", folder)
    addons = addon_folders(folder)
    instance = OdooInstance(
        odoo_instance.odoo, postgres, folder / ".odoo", [*our_addons(), *addons]
    )
    db, names = clone_odoo_db(), [addon.name for addon in addons]
    log_file(LOG).unlink(missing_ok=True)
    command = instance.command(
        "-c", instance.conf, "-d", db, "-i", ",".join(names), "--stop-after-init",
        "--test-tags", ",".join(f"/{name}" for name in names), "-p", free_port(),
    )  # fmt: skip
    try:
        run(command, LOG, "The documents' addons failed.", env=instance.odoo.env)
    except SetupError:
        pass  # the tests say which
    return Written(folder, instance, db, log_file(LOG).read_text(encoding="utf-8"))


@pytest.mark.parametrize("addon, tests", [("door_bell_2", 4), ("doorbell", 3), ("recipes", 7)])
def test_the_addon_passes_its_own_tests(written: Written, addon: str, tests: int) -> None:
    wrong = re.findall(WRONG.format(addon), written.log, re.MULTILINE)
    assert not wrong, "\n".join(wrong)
    ran = re.findall(RAN.format(addon), written.log)
    assert len(ran) == tests, f"see {log_file(LOG)}"
