"""The addons that the documents and the scaffold write, installed and tested in one database."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from oe_web_socketio.commands.scaffold import write_addon
from tools.console import SetupError, log_file
from tools.documents import files_of, write_files
from tools.odoo import Odoo, OdooInstance, our_addons
from tools.paths import ROOT, addon_folders
from tools.postgres import Postgres

LOG = "test-documents-addons"
SCAFFOLDED = "door_bell_2"


@dataclass(frozen=True)
class DocumentAddons:
    """The addons, installed; and what Odoo said when it installed and tested them."""

    folder: Path
    instance: OdooInstance
    db: str
    log: str

    @property
    def paths(self) -> list[Path]:
        """The addons' folders."""
        return addon_folders(self.folder)


def write_addons(folder: Path) -> None:
    """Write them as their readers do."""
    shutil.copytree(ROOT / "tests" / "addons" / "recipes", folder / "recipes")
    for document in ("tutorial.md", "recipes.md"):
        write_files(files_of(ROOT / "docs" / document), folder)
    write_addon(SCAFFOLDED, folder)


def install(odoo: Odoo, postgres: Postgres, db: str, folder: Path) -> DocumentAddons:
    """Write, install and test all of them in one go."""
    write_addons(folder)
    addons = addon_folders(folder)
    instance = OdooInstance(odoo, postgres, folder / ".odoo", [*our_addons(), *addons])
    names = [addon.name for addon in addons]
    log_file(LOG).unlink(missing_ok=True)
    try:
        instance.test(db, names, ",".join(f"/{name}" for name in names), log=LOG, how="-i")
    except SetupError:
        pass  # the tests say which
    return DocumentAddons(folder, instance, db, log_file(LOG).read_text(encoding="utf-8"))
