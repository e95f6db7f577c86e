"""The addons that the documents and the scaffold write, tested by Odoo and by pylint-odoo."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.support.documents import LOG, SCAFFOLDED, DocumentAddons
from tools.console import log_file
from tools.paths import ROOT, VENV_PYTHON

RAN = r"odoo\.addons\.{}\.tests\.\S+ Starting "
WRONG = r"^.* odoo\.addons\.{}\.tests\.\S+ (?:ERROR|FAIL): .*$"


@pytest.mark.parametrize("addon, tests", [(SCAFFOLDED, 4), ("doorbell", 4), ("recipes", 7)])
def test_the_addon_passes_its_own_tests(
    document_addons: DocumentAddons, addon: str, tests: int
) -> None:
    wrong = re.findall(WRONG.format(addon), document_addons.log, re.MULTILINE)
    assert not wrong, "\n".join(wrong)
    ran = re.findall(RAN.format(addon), document_addons.log)
    assert len(ran) == tests, f"see {log_file(LOG)}"


def test_what_the_scaffold_writes_is_clean(document_addons: DocumentAddons) -> None:
    addon = document_addons.folder / SCAFFOLDED
    result = subprocess.run(
        [VENV_PYTHON, "-m", "pylint", "--rcfile", ROOT / "pyproject.toml", addon],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
