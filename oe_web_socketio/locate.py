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
        # Last, so that Debian's other packages do not hide those of a virtual environment.
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


def put_addons_on_path() -> None:
    """Make Odoo find this distribution's addons, whatever addons path its options name.

    It lies beside that option, where Odoo itself puts what the option names: so every option and
    every sub-command of Odoo stays as it was given. Those of a wheel are found without it.

    :raises ConfigError: when the addons are missing.
    """
    import odoo.addons

    folder = _addons_folder()
    if folder not in odoo.addons.__path__:
        odoo.addons.__path__.append(folder)


def _addons_folder() -> str:
    """The folder with this distribution's addons: of a checkout, or of an installed wheel."""
    for folder in (HERE, HERE / "odoo" / "addons"):
        if (folder / "web_socketio" / "__manifest__.py").exists():
            return str(folder)
    raise ConfigError(f"the addon web_socketio lies neither in {HERE} nor in its odoo/addons")
