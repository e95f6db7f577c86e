"""Which sessions are doubted: those whose file changed, however, and those that Odoo signals."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oe_web_socketio.sessions import SLICE, Sessions
from pgsocketio.files import file_stat

SIGNALS = (1, 1)


class Session:
    """One whose file was read, and that Odoo was asked about."""

    def __init__(self, path: Path | None, key: int | None = None) -> None:
        self.path = None if path is None else str(path)
        self.key, self.due = key, float("inf")
        self.ask()

    def ask(self) -> None:
        self.stat = None if self.path is None else file_stat(self.path)
        self.signals: Any = SIGNALS

    def doubt(self) -> None:
        self.signals = None


def client(closed: bool = False) -> Any:
    return SimpleNamespace(connection=SimpleNamespace(closed=closed))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """More than are compared at once."""
    paths = [tmp_path / str(number) for number in range(SLICE + 2)]
    for path in paths:
        path.write_text("old")
    return paths


@pytest.fixture
def all_of(files: list[Path]) -> list[Any]:
    return [Session(path) for path in files]


@pytest.fixture
def sessions(all_of: list[Any]) -> Sessions:
    """They were looked at, and all is well."""
    made = Sessions()
    for session in all_of:
        made.add(session, client())
    assert made.doubtful(SIGNALS, 0.0) == []
    assert made.doubtful(SIGNALS, 0.0) == []
    return made


def rewrite(path: Path) -> None:
    before = path.stat()
    path.write_text("new")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))


def replace(path: Path) -> None:
    """By one of the same size and time."""
    before, other = path.stat(), path.with_suffix(".new")
    other.write_text("new")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(path)


@pytest.mark.parametrize("change", [rewrite, replace, Path.touch, Path.unlink])
@pytest.mark.parametrize("number", [0, SLICE + 1])
def test_a_changed_file_is_noticed(
    sessions: Sessions, all_of: list[Any], files: list[Path], change: Callable[[Path], Any],
    number: int,
) -> None:
    change(files[number])
    session = all_of[number]
    assert sessions.doubtful(SIGNALS, 0.0) == [session]
    assert sessions.doubtful(SIGNALS, 0.0) == [session]  # as long as Odoo was not asked
    session.ask()
    sessions.renew()
    assert sessions.doubtful(SIGNALS, 0.0) == []


def test_a_look_without_files_asks_nothing_of_the_disk(
    sessions: Sessions, all_of: list[Any], files: list[Path]
) -> None:
    rewrite(files[0])
    assert sessions.doubtful(SIGNALS, 0.0, files=False) == []
    assert set(sessions.doubtful((1, 2), 0.0, files=False)) == set(all_of)
    assert all_of[0] in sessions.doubtful(SIGNALS, 0.0)


def test_signals_doubt_all_and_changed_files_come_first(
    sessions: Sessions, all_of: list[Any], files: list[Path]
) -> None:
    files[-1].unlink()
    found = sessions.doubtful((1, 2), 0.0)
    assert found[0] is all_of[-1]
    assert set(found) == set(all_of)


def test_a_moment_at_which_odoo_may_think_otherwise(sessions: Sessions, all_of: list[Any]) -> None:
    all_of[3].due = 10.0
    sessions.renew()
    assert sessions.doubtful(SIGNALS, 9.9) == []
    assert sessions.doubtful(SIGNALS, 10.0) == [all_of[3]]


def test_who_comes_is_asked_about_once_more(sessions: Sessions) -> None:
    """On the strength of what was true before it may have been let in."""
    new: Any = Session(None, key=7)
    new.doubt()
    sessions.add(new, client())
    assert sessions.doubtful(SIGNALS, 0.0) == [new]
    assert sessions.keyed == {new: 7}
    assert sessions.remove(new) is not None
    assert sessions.doubtful(SIGNALS, 0.0) == []
    assert sessions.keyed == {}


def test_who_left_meanwhile_is_not_kept(sessions: Sessions) -> None:
    gone: Any = Session(None)
    sessions.add(gone, client(closed=True))
    assert sessions.client(gone) is None
    assert gone not in set(sessions)


def test_a_question_that_failed_is_asked_again(
    sessions: Sessions, all_of: list[Any], files: list[Path]
) -> None:
    """Also when the file was read already: PostgreSQL may be away just then."""
    rewrite(files[3])
    assert sessions.doubtful(SIGNALS, 0.0) == [all_of[3]]
    all_of[3].stat = file_stat(files[3])
    assert sessions.doubtful(SIGNALS, 0.0) == [all_of[3]]
    all_of[3].ask()
    sessions.renew()
    assert sessions.doubtful(SIGNALS, 0.0) == []
