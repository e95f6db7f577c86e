"""Options: flag wins over environment variable, that over conf file, that over default."""

from __future__ import annotations

import argparse
import configparser
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import fill
from typing import Any

from pgsocketio.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    :param name: of the key in the conf section; the flag has dashes instead.
    :param help: one line; where else it can be set is added to it.
    :param type: reads a value from text; raises ``ValueError`` for a wrong one.
    :param short: a one-letter flag, such as ``-p``.
    :param many: the flag may be repeated, and values are separated by commas.
    """

    name: str
    help: str
    default: Any = None
    type: Callable[[str], Any] = str
    short: str | None = None
    many: bool = False

    def read(self, text: str, source: str) -> Any:
        """Read a value.

        :param source: where it was found, for the message.
        :raises ConfigError: for a value of the wrong type.
        """
        try:
            if self.many:
                return tuple(self.type(part.strip()) for part in text.split(",") if part.strip())
            return self.type(text.strip())
        except ValueError as error:
            message = f"{source}: {text!r} is not valid for {self.name}: {error}"
            raise ConfigError(message) from error


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"it takes a whole number from {low} to {high}")
        return int(text)

    return read


def seconds(low: float, high: float) -> Callable[[str], float]:
    """A time in seconds within bounds."""

    def read(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise ValueError(f"it takes seconds from {low:g} to {high:g}")
        return value

    return read


def one_of(*names: str) -> Callable[[str], str]:
    """One of some words."""

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"it takes one of {', '.join(names)}")
        return text

    return read


class Parser(argparse.ArgumentParser):
    """Argparse's, but a wrong argument raises :class:`ConfigError`."""

    def error(self, message: str) -> Any:
        raise ConfigError(f"{message}; see {self.prog} --help")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a program.

    :param prog: its name.
    :param description: for ``--help``.
    :param section: of the conf file.
    :param prefix: of the environment variables, with its underscore.
    :param commands: what the program does instead when its first word is one of these; for
        ``--help`` only.
    """

    prog: str
    description: str
    section: str
    prefix: str
    options: Sequence[Option]
    commands: Mapping[str, str] = field(default_factory=dict)

    def parse(self, argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
        """Read flags, environment and conf file.

        :returns: value by name.
        :raises ConfigError: for an unknown key or a wrong value, saying where it was found.
        """
        flags = vars(self._parser().parse_args(list(argv)))
        self._check_variables(environ)
        values = {option.name: option.default for option in self.options}
        found = {o.name: self._outside(o, flags, environ) for o in self.options}
        conf = found.get("config")
        values |= self._section(conf) if conf else {}
        values |= {name: value for name, value in found.items() if value is not None}
        return values

    def _check_variables(self, environ: Mapping[str, str]) -> None:
        known = {self.variable(option) for option in self.options}
        for variable in environ:
            if variable.startswith(self.prefix) and variable not in known:
                raise ConfigError(f"unknown variable {variable}; see {self.prog} --help")

    def _outside(self, option: Option, flags: Mapping[str, Any], environ: Mapping[str, str]) -> Any:
        given, variable = flags[option.name], self.variable(option)
        flag = "--" + option.name.replace("_", "-")
        if given is not None:
            return option.read(",".join(given) if option.many else given, flag)
        if environ.get(variable):
            return option.read(environ[variable], variable)
        return None

    def variable(self, option: Option) -> str:
        """The environment variable of an option."""
        return self.prefix + option.name.upper()

    def _section(self, conf: str) -> dict[str, Any]:
        path = Path(conf).expanduser()
        parser = configparser.RawConfigParser()
        try:
            with path.open(encoding="utf-8") as file:
                parser.read_file(file)
        except (OSError, configparser.Error, UnicodeDecodeError) as error:
            raise ConfigError(f"the conf file {path} cannot be read: {error}") from error
        known = {option.name: option for option in self.options if option.name != "config"}
        items = parser.items(self.section) if parser.has_section(self.section) else []
        values = {}
        for key, text in items:
            if key not in known:
                names = ", ".join(sorted(known))
                raise ConfigError(
                    f"{path}: [{self.section}] has no key {key!r}; it knows {names}"
                )
            values[key] = known[key].read(text, f"{path} [{self.section}]")
        return values

    def _parser(self) -> argparse.ArgumentParser:
        parser = Parser(
            prog=self.prog,
            description=fill(self.description),
            epilog=self._epilog(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        for option in self.options:
            names = [option.short] if option.short else []
            default = "" if option.default in (None, ()) else f"; default {option.default}"
            parser.add_argument(
                *names,
                "--" + option.name.replace("_", "-"),
                dest=option.name,
                action="append" if option.many else "store",
                metavar=option.name.upper(),
                help=f"{option.help} [{self.variable(option)}{default}]".replace("%", "%%"),
            )
        return parser

    def _epilog(self) -> str:
        text = (
            f"Each option is also an environment variable and a key of [{self.section}] in the "
            "conf file; a flag wins over the variable, the variable over the file."
        )
        lines = [f"  {name:<10} {help}" for name, help in self.commands.items()]
        if lines:
            lines = ["", f"commands ({self.prog} COMMAND --help says more):", *lines]
        return "\n".join([fill(text), *lines])
