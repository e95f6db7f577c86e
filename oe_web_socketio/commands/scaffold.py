"""Write a new addon that works: model, adapter, namespace, JavaScript, rights and tests of all."""

from __future__ import annotations

import argparse
import re
import shutil
from keyword import iskeyword
from pathlib import Path

from pgsocketio.errors import ConfigError

# It is an addon itself, with the name my_addon.
TEMPLATE = Path(__file__).parent.parent / "template" / "my_addon"
BYTES = {".png"}
LONGEST = 40
"""Most letters of a name: PostgreSQL cuts names of tables, constraints and indexes at 63."""

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="of the addon, such as my_addon")
    parser.add_argument(
        "folder", nargs="?", default=".", type=Path,
        help="folder of addons to put it into; default: the current one",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    folder = arguments.folder.expanduser().resolve()
    addon = write_addon(arguments.name, folder)
    print(_next_steps(addon))  # noqa: T201  it is what the command says
    return 0


def write_addon(name: str, folder: Path) -> Path:
    """Write the addon.

    :param name: technical name.
    :param folder: of addons; made when it is missing.
    :returns: the addon's own folder.
    :raises ConfigError: for a bad name, one that is taken, or a folder that cannot be written.
    """
    check_name(name)
    addon = folder / name
    if addon.exists():
        raise ConfigError(f"{addon} exists already; choose another name, or remove it")
    words = _words(name)
    try:
        for source in TEMPLATE.rglob("*"):
            if source.is_file() and source.suffix != ".pyc":
                path = source.relative_to(TEMPLATE).as_posix()
                _copy(source, addon / _replaced(path, words), words)
    except OSError as error:
        raise ConfigError(f"{error.filename} cannot be written: {error.strerror}") from error
    return addon


def _copy(source: Path, target: Path, words: dict[str, str]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix in BYTES:
        shutil.copyfile(source, target)
    else:
        text = _replaced(source.read_text(encoding="utf-8"), words)
        target.write_text(text, encoding="utf-8")


def check_name(name: str) -> None:
    """Make sure that it can be the name of an addon, a model and a class.

    :raises ConfigError: saying what it takes.
    """
    if not _NAME.fullmatch(name) or iskeyword(name) or len(name) > LONGEST:
        raise ConfigError(
            f"{name!r} cannot be the name of an addon: it takes lower-case letters, digits and "
            f"single underscores, at most {LONGEST}, a letter first, such as my_addon"
        )


def _words(name: str) -> dict[str, str]:
    """What takes the place of the template's own names."""
    parts = name.split("_")
    return {
        "my_addon": name,
        "my.addon": ".".join(parts),
        "MyAddon": "".join(part.capitalize() for part in parts),
        "myAddon": parts[0] + "".join(part.capitalize() for part in parts[1:]),
        "My Addon": " ".join(part.capitalize() for part in parts),
    }


def _replaced(text: str, words: dict[str, str]) -> str:
    return re.sub("|".join(map(re.escape, words)), lambda match: words[match[0]], text)


def _next_steps(addon: Path) -> str:
    name, options = addon.name, f"-d mydb --addons-path {addon.parent}"
    return f"""\
{addon} is there, and works. With a database mydb:

  oe {options} -i {name} --stop-after-init

installs it,

  oe {options} -u {name} --test-tags /{name} --stop-after-init

runs its tests, and these two run Odoo and the realtime server:

  oe {options}
  oe_web_socketio {options}

While they run, Odoo's page /web/tests?filter="@{name}" runs its tests in JavaScript.
Start with {name}/namespace.py; {name}/readme/USAGE.md says what it does."""
