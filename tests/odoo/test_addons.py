"""Odoo's own test runner on the addons and the examples, each in a clone of the template."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.console import SetupError, log_file
from tools.odoo import OdooInstance, our_addons

WITH_TESTS = [folder for folder in our_addons() if (folder / "tests").exists()]


@pytest.mark.parametrize("addon", WITH_TESTS, ids=lambda folder: folder.name)
def test_addon_passes_its_own_tests(
    addon: Path, odoo_instance: OdooInstance, clone_odoo_db: Callable[[], str]
) -> None:
    name = f"test-odoo-addon-{addon.name}"
    log_file(name).unlink(missing_ok=True)
    failure = None
    try:
        odoo_instance.test(clone_odoo_db(), [addon.name], f"/{addon.name}", log=name)
    except SetupError as error:
        failure = error
    output = log_file(name).read_text(encoding="utf-8")
    result = re.search(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests", output)
    assert result, f"Odoo ran no tests; its log is {log_file(name)}"
    assert failure is None, "\n".join(re.findall(r"^.* (?:ERROR|FAIL).*$", output, re.MULTILINE))
    assert int(result[3]) > 0, f"Odoo ran no tests; its log is {log_file(name)}"
