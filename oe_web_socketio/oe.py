"""``oe``: Odoo's own command with this distribution's addons on its path."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from oe_web_socketio.locate import put_odoo_on_path, with_our_addons
from pgsocketio.errors import ConfigError

_FLAG = "--addons-path"


def arguments(argv: Sequence[str], configured: str | None) -> list[str]:
    """Odoo's arguments, the addons path completed.

    :param argv: as given.
    :param configured: the addons path of the conf file, used where no flag is given.
    """
    kept: list[str] = []
    given: str | None = None
    words = iter(argv)
    for word in words:
        if word == _FLAG:
            given = next(words, "")
        elif word.startswith(_FLAG + "="):
            given = word.partition("=")[2]
        else:
            kept.append(word)
    flag = f"{_FLAG}={with_our_addons(given or configured)}"
    # A sub-command (shell, db …) comes first, and takes the flag after its name.
    first = 1 if kept and not kept[0].startswith("-") else 0
    return [*kept[:first], flag, *kept[first:]]


def conf_addons_path(argv: Sequence[str]) -> str | None:
    """The addons path of the conf file that Odoo would read."""
    import configparser
    import os
    from pathlib import Path

    conf = next((word.partition("=")[2] for word in argv if word.startswith("--config=")), None)
    for flag, value in zip(argv, [*argv[1:], ""]):
        if flag in ("-c", "--config"):
            conf = value
    conf = conf or os.environ.get("ODOO_RC") or str(Path("~/.odoorc").expanduser())
    parser = configparser.RawConfigParser()
    parser.read(conf, encoding="utf-8")
    return parser.get("options", "addons_path", fallback=None)


def main() -> None:
    """Run Odoo with the arguments of the command line."""
    argv = sys.argv[1:]
    try:
        put_odoo_on_path()
        sys.argv = ["oe", *arguments(argv, conf_addons_path(argv))]
    except ConfigError as error:
        sys.exit(f"oe: {error}")
    import odoo.cli

    odoo.cli.main()


if __name__ == "__main__":
    main()
