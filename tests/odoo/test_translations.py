"""The strings of the addons and examples are exported, and all of them are translated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polib
import pytest

from tools.odoo import OdooInstance, our_addons
from tools.postgres import Postgres
from tools.translations import LANGUAGES, exported, template_path

ADDONS = pytest.mark.parametrize("addon", our_addons(), ids=lambda path: path.name)


@pytest.fixture(scope="module")
def templates(
    odoo_instance: OdooInstance, postgres: Postgres, clone_odoo_db: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[Path, polib.POFile]:
    """What Odoo exports, by addon."""
    folder = tmp_path_factory.mktemp("translations")
    return exported(odoo_instance.odoo, postgres, clone_odoo_db(), folder)


@ADDONS
def test_the_template_is_what_odoo_exports_now(
    templates: dict[Path, polib.POFile], addon: Path
) -> None:
    written = polib.pofile(str(template_path(addon)))
    assert str(written) == str(templates[addon]), "run: python -m tools.translations"


@ADDONS
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated(addon: Path, language: str) -> None:
    translations = polib.pofile(str(addon / "i18n" / f"{language}.po"))
    template = polib.pofile(str(template_path(addon)))
    message = "run: python -m tools.translations"
    assert [entry.msgid for entry in translations] == [entry.msgid for entry in template], message
    wanting = [*translations.untranslated_entries(), *translations.fuzzy_entries()]
    assert [entry.msgid for entry in wanting] == []


def test_the_addons_have_strings() -> None:
    without = [addon.name for addon in our_addons() if not polib.pofile(str(template_path(addon)))]
    assert without == ["web_longpolling"], "it shows nothing to anybody"
