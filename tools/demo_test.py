"""``make demo-test``: Odoo's own tests of the addons in DEMO_ADDONS, in a database of their own.

The demo may run meanwhile: this has another PostgreSQL.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tools.console import SetupError, log_file, main, say, step
from tools.demo import STAMP, chosen_addons, data_folder, digest
from tools.odoo import OdooInstance, find_or_fetch, our_addons
from tools.paths import ROOT, addon_folders
from tools.postgres import Postgres

TEMPLATE, DB = "template", "test"
LOG = "demo-test"
RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
WRONG = re.compile(r"^.* (?:ERROR|FAIL): .*$", re.MULTILINE)


def main_job() -> None:
    """Test the addons, and say what came out."""
    addons = chosen_addons()
    if not addons:
        raise SetupError("Say which addons: make demo-test DEMO_ADDONS=~/my_addons")
    folder = data_folder(LOG)
    postgres = Postgres(folder / "postgres", durable=False, name=f"{LOG}-postgres")
    try:
        instance = OdooInstance(
            find_or_fetch(), postgres, folder / "odoo", [*our_addons(), *addons]
        )
        prepare_template(instance, postgres, folder / STAMP)
        postgres.drop_database(DB)
        postgres.create_database(DB, TEMPLATE)
        with step(f"testing {', '.join(addon.name for addon in addons)}"):
            say(f"   {test(instance, addons)}")
    finally:
        postgres.close()


def prepare_template(instance: OdooInstance, postgres: Postgres, stamp: Path) -> None:
    """Make the database that every test begins with, unless it is there."""
    state = digest(addon_folders(ROOT))
    if stamp.exists() and stamp.read_text(encoding="ascii") == state:
        return
    stamp.unlink(missing_ok=True)
    postgres.drop_database(TEMPLATE)
    with step("installing Odoo (takes half a minute, once)"):
        instance.install(TEMPLATE, ["base", "web", "bus", "web_longpolling"], log=LOG)
    stamp.write_text(state, encoding="ascii")


def test(instance: OdooInstance, addons: Sequence[Path]) -> str:
    """Install the addons with their tests.

    :returns: what came out
    :raises SetupError: when tests fail, or there are none; says which and where the log is
    """
    names = [addon.name for addon in addons]
    log_file(LOG).unlink(missing_ok=True)
    try:
        instance.test(DB, names, ",".join(f"/{name}" for name in names), log=LOG, how="-i")
    except SetupError as error:
        wrong = WRONG.findall(log_file(LOG).read_text(encoding="utf-8"))
        raise SetupError("\n".join([str(error), *wrong])) from None
    result = RESULT.search(log_file(LOG).read_text(encoding="utf-8"))
    if result is None or result[3] == "0":
        raise SetupError(f"There are no tests of {', '.join(names)} to run.")
    return result[0]


if __name__ == "__main__":
    main(main_job)
