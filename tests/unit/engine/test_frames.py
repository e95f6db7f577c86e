"""Messages out of frames. Source: RFC 6455."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from pgsocketio.engine.frames import MessageReader

MESSAGES = st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.binary(), max_size=5)


def fragmented(message: str | bytes, cuts: list[int]) -> bytes:
    """Write a message in fragments, a ping after each."""
    data = message.encode() if isinstance(message, str) else message
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in pairwise(edges)]
    opcode = Opcode.TEXT if isinstance(message, str) else Opcode.BINARY
    frames = b""
    for number, piece in enumerate(pieces):
        final = number == len(pieces) - 1
        frames += Frame(opcode, piece, final).serialize(mask=True)
        frames += Frame(Opcode.PING, b"").serialize(mask=True)
        opcode = Opcode.CONT
    return frames


def slices(data: bytes, sizes: list[int]) -> list[bytes]:
    """Cut data as a network might."""
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    return [piece for piece in [*pieces, data[at:]] if piece]


@given(MESSAGES, st.lists(st.integers(0, 50), max_size=4), st.lists(st.integers(1, 9), max_size=40))
def test_messages_survive_any_fragmentation_and_segmentation(
    messages: list[str | bytes], cuts: list[int], sizes: list[int]
) -> None:
    reader = MessageReader(100_000)
    data = b"".join(fragmented(message, cuts) for message in messages)
    received: list[str | bytes] = []
    for piece in slices(data, sizes):
        received += reader.receive(piece)
    assert received == messages
    assert reader.failure is None
    assert reader.to_send() == (b"\x8a\x00" * len(messages) * (len(cuts) + 1), False)


@given(st.binary(min_size=1), st.lists(st.integers(1, 9), max_size=20))
def test_any_bytes_are_read_or_refused(data: bytes, sizes: list[int]) -> None:
    reader = MessageReader(1000)
    for piece in slices(data, sizes):
        reader.receive(piece)
    sent, end = reader.to_send()
    assert end == (reader.failure is not None or reader.close_code is not None)
    assert not end or sent


@given(st.binary(), st.lists(st.integers(1, 3), max_size=40))
def test_what_is_read_does_not_depend_on_segmentation(data: bytes, sizes: list[int]) -> None:
    whole, cut = MessageReader(1000), MessageReader(1000)
    messages = whole.receive(data)
    assert [m for piece in slices(data, sizes) for m in cut.receive(piece)] == messages
    assert (str(cut.failure), cut.close_code) == (str(whole.failure), whole.close_code)
    assert cut.to_send() == whole.to_send()


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
def test_message_at_the_bound(opcode: Opcode) -> None:
    reader = MessageReader(100)
    assert len(reader.receive(Frame(opcode, b"x" * 100).serialize(mask=True))) == 1
    reader.receive(Frame(opcode, b"x" * 101).serialize(mask=True)[:2])
    assert str(reader.failure) == "message of more than 100 bytes"


def test_good_messages_before_a_violation_are_delivered() -> None:
    reader = MessageReader(100)
    good = Frame(Opcode.TEXT, b"good").serialize(mask=True)
    assert reader.receive(good + b"\xc1\x80") == ["good"]
    assert str(reader.failure) == "reserved bits must be 0"
    assert reader.receive(good) == []


def test_closing_twice_sends_one_frame() -> None:
    reader = MessageReader(100)
    reader.close(1001)
    reader.close(1000)
    assert reader.to_send() == (b"\x88\x02\x03\xe9", False)
    assert not reader.ended
