"""What a check found, and how it is shown. Pure."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import IntEnum


class Level(IntEnum):
    """How bad it is; the worst one is the exit status."""

    OK = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    :ivar check: its name, which stays the same: a group and a word, such as ``address.polling``.
    :ivar text: what was found.
    :ivar advice: what to do.
    :ivar paste: lines for a configuration file, by the program that reads it.
    """

    check: str
    level: Level
    text: str
    advice: str = ""
    paste: Mapping[str, str] = field(default_factory=dict)


NOTHING: Mapping[str, str] = {}


def ok(check: str, text: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, text)


def warning(
    check: str, text: str, advice: str, paste: Mapping[str, str] = NOTHING
) -> Finding:
    """It works, but not well, or not for long."""
    return Finding(check, Level.WARNING, text, advice, paste)


def error(check: str, text: str, advice: str, paste: Mapping[str, str] = NOTHING) -> Finding:
    """It does not work."""
    return Finding(check, Level.ERROR, text, advice, paste)


def status(findings: Iterable[Finding]) -> int:
    """Exit status: 0 all is well, 1 warnings, 2 errors."""
    return int(max((finding.level for finding in findings), default=Level.OK))


def summary(findings: Sequence[Finding]) -> str:
    """All of it in a sentence."""
    errors, warnings, fine = (
        sum(finding.level == level for finding in findings)
        for level in (Level.ERROR, Level.WARNING, Level.OK)
    )
    if not errors and not warnings:
        return f"All is well: {fine} checks."
    parts = [f"{errors} error{'s' * (errors != 1)}"] if errors else []
    parts += [f"{warnings} warning{'s' * (warnings != 1)}"] if warnings else []
    return f"{', '.join(parts)}; {fine} checks are fine."


def as_json(findings: Sequence[Finding]) -> str:
    """One object: ``status``, ``summary`` and ``findings``."""
    shown = [{**asdict(f), "level": f.level.name.lower()} for f in findings]
    whole = {"status": status(findings), "summary": summary(findings), "findings": shown}
    return json.dumps(whole, indent=2, ensure_ascii=False)


_COLOURS = {Level.OK: "32", Level.WARNING: "33", Level.ERROR: "31"}
_INDENT = " " * 11


class Text:
    """Findings as lines for a person.

    :param width: columns of the terminal.
    :param colour: whether it shows colours.
    """

    def __init__(self, width: int, colour: bool) -> None:
        self._width, self._colour = max(50, min(width, 100)), colour
        self._group = ""

    def lines(self, finding: Finding) -> Iterator[str]:
        """The lines of a finding, after a heading where a group begins."""
        group = finding.check.partition(".")[0]
        if group != self._group:
            yield from ([""] if self._group else [])
            yield self._paint(group.capitalize(), "1")
            self._group = group
        word = self._paint(f"{finding.level.name.lower():<7}", _COLOURS[finding.level])
        first, *others = self._wrapped(finding.text, _INDENT)
        yield f"  {word}  {first.strip()}"
        yield from others
        if finding.advice:
            first, *others = self._wrapped(finding.advice, f"{_INDENT}  ")
            yield f"{_INDENT}→ {first.strip()}"
            yield from others
        for program, text in finding.paste.items():
            yield f"{_INDENT}  {program}:"
            yield from (f"{_INDENT}      {line}" for line in text.splitlines())

    def _wrapped(self, text: str, indent: str) -> list[str]:
        return textwrap.wrap(
            text, self._width, initial_indent=indent, subsequent_indent=indent,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text
