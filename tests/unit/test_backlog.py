"""What was heard goes out in order, and not what a read brings, which knows the order better."""

from __future__ import annotations

import pytest

from pgsocketio.backlog import Backlog
from pgsocketio.position import Snapshot
from pgsocketio.testing import MemoryDatabase
from pgsocketio.wire import NotifyCodec

from .fake_postgres import SECRET, sealed

HINT = "1:"
SEEN, UNSEEN = 5, 15
READING = Snapshot(10, 10)


@pytest.fixture
def backlog() -> Backlog:
    made = Backlog(10)
    made.codec = NotifyCodec(SECRET)
    return made


def hear(backlog: Backlog, *words: str | tuple[str, int | None]) -> None:
    """Hints, and content by its text and transaction; None is volatile."""
    database = MemoryDatabase()
    for word in words:
        if isinstance(word, str):
            backlog.hear(word)
        else:
            text, xid = word
            backlog.hear(sealed(database.message("chat", {"n": text}, xid)))


def take(backlog: Backlog, reading: Snapshot | None = None) -> str:
    return "".join(message["values"]["n"] for message in backlog.take(reading))


def test_content_up_to_a_hint(backlog: Backlog) -> None:
    hear(backlog, ("a", SEEN), ("b", None), HINT, ("c", UNSEEN))
    assert take(backlog) == "ab"
    assert take(backlog) == ""
    assert backlog


def test_a_read_brings_what_was_heard_before_it_but_nothing_volatile(backlog: Backlog) -> None:
    hear(backlog, ("a", SEEN), HINT, ("b", None))
    backlog.cover()
    hear(backlog, ("c", UNSEEN))
    assert take(backlog) == "bc"
    assert not backlog


def test_while_it_reads_only_what_it_cannot_see_goes_out(backlog: Backlog) -> None:
    """The first of a transaction may be a hint, heard before; the rest waits for the read."""
    hear(backlog, HINT)
    backlog.cover()
    hear(backlog, ("a", SEEN), ("b", UNSEEN), HINT, ("c", UNSEEN))
    assert take(backlog, READING) == "b"
    assert take(backlog, READING) == ""  # the hint needs another read
    backlog.cover()
    assert take(backlog) == ""
    assert not backlog


def test_volatile_messages_wait_for_the_end_of_a_read_and_let_others_pass(
    backlog: Backlog,
) -> None:
    hear(backlog, ("a", None), ("b", SEEN))
    backlog.cover()
    hear(backlog, ("c", None), ("d", UNSEEN), ("e", None))
    assert take(backlog, READING) == "d"
    hear(backlog, ("f", UNSEEN))
    assert take(backlog, READING) == "f"
    assert take(backlog) == "ace"


def test_what_is_too_much_is_one_hint(backlog: Backlog) -> None:
    hear(backlog, *[("x", UNSEEN)] * 10, ("y", UNSEEN))
    assert take(backlog) == ""
    backlog.cover()
    hear(backlog, ("z", UNSEEN))
    assert take(backlog) == "z"
