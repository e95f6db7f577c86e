"""Packet and payload codec. Source: Engine.IO protocol, revision 4."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Opcode
from websockets.protocol import Protocol, Side

from pgsocketio.engine import Prepared
from pgsocketio.engine.errors import PacketError
from pgsocketio.engine.packets import PING, decode_payload, encode_payload, frame

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1e"))
PACKETS = st.lists(TEXTS | st.binary(), min_size=1, max_size=20)


def received(frames: bytes) -> list[str | bytes]:
    """Read frames with the websockets library's client."""
    client = Protocol(Side.CLIENT, max_size=None)
    client.receive_data(frames)
    return [
        bytes(event.data).decode() if event.opcode == Opcode.TEXT else bytes(event.data)  # type: ignore[union-attr]
        for event in client.events_received()
    ]


@given(PACKETS)
def test_what_is_prepared_arrives_on_both_transports(packets: list[str | bytes]) -> None:
    prepared = Prepared(packets)
    expected = ["4" + p if isinstance(p, str) else p for p in packets]
    assert received(prepared.frames) == expected
    assert b"".join(map(prepared.frame, range(len(prepared)))) == prepared.frames
    assert decode_payload(encode_payload(prepared.polling), 20) == expected


@given(st.binary())
def test_any_body_is_decoded_or_refused(body: bytes) -> None:
    try:
        packets = decode_payload(body, 5)
    except PacketError:
        return
    assert len(packets) <= 5
    again = [p.encode() if isinstance(p, str) else b"b" + base64.b64encode(p) for p in packets]
    assert encode_payload(again) == body


def test_each_form_is_built_once() -> None:
    prepared = Prepared(("text", b"binary"))
    assert prepared.frames is prepared.frames
    assert prepared.polling is prepared.polling


def test_lengths_of_frames() -> None:
    assert frame("x" * 125)[:2] == b"\x81\x7d"
    assert frame(b"x" * 126)[:4] == b"\x82\x7e\x00\x7e"
    assert frame(b"x" * 65_536)[:10] == b"\x82\x7f" + (65_536).to_bytes(8, "big")


def test_control_packet() -> None:
    assert Prepared.control(PING).frames == b"\x81\x012"
    assert Prepared.control(PING).polling == (b"2",)


@pytest.mark.parametrize("text", ["a\x1eb", "\ud800"])
def test_text_that_cannot_travel(text: str) -> None:
    with pytest.raises(ValueError, match=r"U\+001E|surrogates"):
        Prepared((text,))


def test_number_of_packets_is_bounded_inclusively() -> None:
    assert len(decode_payload(b"4\x1e4\x1e4", 3)) == 3
    with pytest.raises(PacketError, match="more than 2"):
        decode_payload(b"4\x1e4\x1e4", 2)


def test_bytes_like_packets_are_copied() -> None:
    data = bytearray(b"ab")
    prepared = Prepared((data,))  # type: ignore[arg-type]  # at run time it is what callers pass
    data[0] = 0
    assert received(prepared.frames) == [b"ab"]
