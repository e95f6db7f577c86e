"""Where Odoo is: installed by pip, a source checkout, Debian's package, or at ODOO_PATH."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from pgsocketio.errors import ConfigError

DEBIAN = Path("/usr/lib/python3/dist-packages")
HERE = Path(__file__).resolve().parent.parent


def load_odoo() -> None:
    """Make Odoo and this distribution's addons importable, and run Odoo's own first import.

    Our addons lie beside what Odoo's option ``addons-path`` names, in the place where Odoo puts
    that too: so every option and sub-command of Odoo stays as it was given. Those of a wheel are
    there anyway, because ``odoo.addons`` is a namespace package.

    :raises ConfigError: saying what to do when Odoo, a package it needs, or our addons are missing.
    """
    _put_odoo_on_path()
    try:
        import odoo.addons
        import odoo.init  # noqa: F401
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"Odoo needs the Python package that has {error.name!r}; install what Odoo's "
            "requirements.txt names"
        ) from error
    folder = addons_folder()
    if folder not in odoo.addons.__path__:
        odoo.addons.__path__.append(folder)


def _put_odoo_on_path() -> None:
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


def addons_folder() -> str:
    """The folder with this distribution's addons: of a checkout, or of an installed wheel."""
    for folder in (HERE, HERE / "odoo" / "addons"):
        if (folder / "web_socketio" / "__manifest__.py").exists():
            return str(folder)
    raise ConfigError(f"the addon web_socketio lies neither in {HERE} nor in its odoo/addons")
