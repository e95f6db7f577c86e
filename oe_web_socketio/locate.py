"""Where Odoo is: installed by pip, a source checkout, Debian's package, or at ODOO_PATH."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from pgsocketio.errors import ConfigError

DEBIAN = Path("/usr/lib/python3/dist-packages")
HERE = Path(__file__).resolve().parent.parent


def put_odoo_on_path() -> None:
    """Make ``import odoo`` find Odoo; nothing of it is imported.

    :raises ConfigError: saying what to do when there is none.
    """
    if os.environ.get("ODOO_PATH"):
        sys.path.insert(0, str(_packages(Path(os.environ["ODOO_PATH"]).expanduser().resolve())))
    elif not _importable() and (DEBIAN / "odoo" / "release.py").exists():
        sys.path.append(str(DEBIAN))
    if not _importable():
        raise ConfigError(
            "Odoo was not found: install it with pip or apt, or set ODOO_PATH to a source checkout "
            "or to an unpacked Debian package"
        )


def _importable() -> bool:
    # Our addons make a bare 'import odoo' succeed, so ask for something that only Odoo has.
    return find_spec("odoo") is not None and find_spec("odoo.models") is not None


def _packages(path: Path) -> Path:
    """The folder to import from, of a source checkout or an unpacked package."""
    for folder in (path, path / "usr" / "lib" / "python3" / "dist-packages"):
        if (folder / "odoo" / "release.py").exists():
            return folder
    raise ConfigError(f"there is no Odoo at ODOO_PATH={path}")


def addons_folder() -> Path:
    """The folder with this distribution's addons.

    :raises ConfigError: when they are missing.
    """
    for folder in (HERE, HERE / "odoo" / "addons"):
        if (folder / "web_socketio" / "__manifest__.py").exists():
            return folder
    raise ConfigError(f"the addon web_socketio lies neither in {HERE} nor in its odoo/addons")


def with_our_addons(paths: str | None) -> str:
    """An addons path that has this distribution's addons too.

    :param paths: separated by commas, or None.
    """
    ours = str(addons_folder())
    given = [path for path in (paths or "").split(",") if path]
    return ",".join([*given, ours] if ours not in given else given)
