"""What there is to translate in the addons and the examples, and what waits for a translation.

Run ``python -m tools.translations`` after a change of what users read: it writes each addon's
``i18n/<addon>.pot`` with Odoo's own export, brings the ``.po`` files of its languages up to date,
and names the strings that have no translation yet. Tests look for what it would change.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import polib

from tools.console import main, run, say, step
from tools.odoo import Odoo, OdooInstance, find_or_fetch, our_addons
from tools.postgres import Postgres

LANGUAGES = ("fr",)
# As in the files of OCA's addons: without dates, which would change with each run.
HEADER = {
    "Project-Id-Version": "Odoo Server 19.0",
    "Report-Msgid-Bugs-To": "",
    "Last-Translator": "",
    "Language-Team": "",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "",
    "Plural-Forms": "",
}


def exported(odoo: Odoo, postgres: Postgres, db: str, folder: Path) -> dict[Path, polib.POFile]:
    """Return the templates of all addons, as Odoo exports them now.

    :param db: in which they are installed
    :param folder: for copies of them, since Odoo writes into the addons themselves
    :returns: by folder of the addon
    """
    addons = our_addons()
    copies = [Path(shutil.copytree(addon, folder / "addons" / addon.name)) for addon in addons]
    instance = OdooInstance(odoo, postgres, folder / "odoo", copies)
    run(
        instance.command(
            "i18n", "export", *(addon.name for addon in addons), "-l", "pot",
            "-c", instance.conf, "-d", db,
        ),
        "translations", "Odoo could not export the strings.", env=odoo.env,
    )  # fmt: skip
    return {addon: _template(copy) for addon, copy in zip(addons, copies)}


def _template(addon: Path) -> polib.POFile:
    template = polib.pofile(str(addon / "i18n" / f"{addon.name}.pot"))
    template.metadata = HEADER
    return template


def template_path(addon: Path) -> Path:
    """Return where the strings of an addon are."""
    return addon / "i18n" / f"{addon.name}.pot"


def merged(template: polib.POFile, path: Path) -> polib.POFile:
    """Return the translations in a ``.po`` file, for the strings that there are now.

    :param path: of the file; it may be missing
    """
    translations = polib.pofile(str(path)) if path.exists() else polib.POFile()
    translations.header, translations.metadata = template.header, HEADER
    translations.merge(template)
    for gone in translations.obsolete_entries():
        translations.remove(gone)
    order = {entry.msgid: number for number, entry in enumerate(template)}
    translations.sort(key=lambda entry: order[entry.msgid])
    return translations


def write(addon: Path, template: polib.POFile) -> None:
    """Write what an addon has in ``i18n``, and say what waits for a translation."""
    path = template_path(addon)
    path.parent.mkdir(exist_ok=True)
    template.save(str(path))
    for language in LANGUAGES:
        path = addon / "i18n" / f"{language}.po"
        translations = merged(template, path)
        translations.save(str(path))
        for entry in translations.untranslated_entries():
            say(f"   {path.relative_to(addon.parent)} lacks {entry.msgid!r}")


def main_job() -> None:
    """Install everything into a database of its own, and export from there."""
    odoo = find_or_fetch()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL's account may have to enter
        postgres = Postgres(folder / "postgres", durable=False, name="translations-postgres")
        try:
            with step("installing the addons (takes half a minute)"):
                instance = OdooInstance(odoo, postgres, folder / "install")
                modules = ["base", "web", "bus", *(addon.name for addon in our_addons())]
                instance.install("translations", modules, log="translations")
            with step("exporting their strings"):
                for addon, template in exported(odoo, postgres, "translations", folder).items():
                    write(addon, template)
        finally:
            postgres.close()


if __name__ == "__main__":
    main(main_job)
