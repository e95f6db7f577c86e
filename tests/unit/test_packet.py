"""The Socket.IO codec: every rule of protocol revision 5, and hostile input."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsocketio.errors import InvalidPacket, NotEncodable
from pgsocketio.packet import (
    ACK,
    CONNECT,
    CONNECT_ERROR,
    DEFAULT_LIMITS,
    DISCONNECT,
    EVENT,
    RESERVED_EVENTS,
    Decoder,
    Packet,
    PacketLimits,
    encode,
)

B0, B1 = '{"_placeholder":true,"num":0}', '{"_placeholder":true,"num":1}'

# Section "Packet encoding" of the protocol document: what goes over the wire, and what it means.
BOTH_WAYS: list[tuple[list[str | bytes], Packet]] = [
    (["0"], Packet(CONNECT)),
    (['0{"token":"x"}'], Packet(CONNECT, "/", {"token": "x"})),
    (["0/admin,"], Packet(CONNECT, "/admin")),
    (['0/admin,{"sid":"oSO0"}'], Packet(CONNECT, "/admin", {"sid": "oSO0"})),
    (["1"], Packet(DISCONNECT)),
    (["1/admin,"], Packet(DISCONNECT, "/admin")),
    (['2["foo"]'], Packet(EVENT, "/", ["foo"])),
    (['2/admin,["bar",1,{"a":[]}]'], Packet(EVENT, "/admin", ["bar", 1, {"a": []}])),
    (['212["foo"]'], Packet(EVENT, "/", ["foo"], 12)),
    (['20["foo"]'], Packet(EVENT, "/", ["foo"], 0)),
    (['2/admin,13["foo"]'], Packet(EVENT, "/admin", ["foo"], 13)),
    (["312[]"], Packet(ACK, "/", [], 12)),
    (['3/admin,13["bar"]'], Packet(ACK, "/admin", ["bar"], 13)),
    (
        [f'51-["baz",{B0}]', b"\1\2"],
        Packet(EVENT, "/", ["baz", b"\1\2"]),
    ),
    (
        [f'52-/admin,["baz",{B0},{{"a":{B1}}}]', b"", b"\3"],
        Packet(EVENT, "/admin", ["baz", b"", {"a": b"\3"}]),
    ),
    (
        [f'61-/admin,15["bar",{B0}]', b"\1"],
        Packet(ACK, "/admin", ["bar", b"\1"], 15),
    ),
]
IDS = [str(parts[0]) for parts, _packet in BOTH_WAYS]


def decode(parts: list[str | bytes], decoder: Decoder | None = None) -> Packet | None:
    """Feed all parts; only the last may complete the packet."""
    decoder = decoder or Decoder()
    for part in parts[:-1]:
        assert decoder.feed(part) is None
    return decoder.feed(parts[-1])


@pytest.mark.parametrize(("parts", "packet"), BOTH_WAYS, ids=IDS)
def test_encodes(parts: list[str | bytes], packet: Packet) -> None:
    assert encode(packet) == parts


@pytest.mark.parametrize(("parts", "packet"), BOTH_WAYS, ids=IDS)
def test_decodes(parts: list[str | bytes], packet: Packet) -> None:
    assert decode(parts) == packet


def test_only_the_server_sends_connect_error() -> None:
    error = Packet(CONNECT_ERROR, "/admin", {"message": "Not authorized"})
    assert encode(error) == ['4/admin,{"message":"Not authorized"}']
    with pytest.raises(InvalidPacket):
        decode(['4/admin,{"message":"Not authorized"}'])


@pytest.mark.parametrize(
    ("text", "namespace"),
    [("0/admin", "/admin"), ("0/admin?token=1,", "/admin"), ("0/,", "/"), ("0/a b/ü,", "/a b/ü")],
)
def test_forms_of_a_namespace_that_clients_use(text: str, namespace: str) -> None:
    packet = decode([text])
    assert packet is not None
    assert packet.namespace == namespace


HOSTILE = [
    "", " ", "7", "9[]", "x", "-1", "\x00", "²",
    "1[]", "1{}", "1/admin,[1]",                       # DISCONNECT has no data
    "0[]", "0null", '0"text"', "0/a\x1eb,", "0/\n,",   # CONNECT has an object
    "2", "2[]", "2{}", "2null", '2"foo"', "2[1]", '2[["a"]]', "2[null]",  # EVENT has name first
    "3", "3[]", '3["a"]', "312", "312{}", "312null",   # ACK has id and list
    '4{"message":"x"}', "4",
    '2["a"', '2["a"]x', '2["a"],', "2['a']", '2["a",NaN]', '2["a",Infinity]', '2["\ud800"',
    '2-1["a"]', '2/a["a"]', '2/a,-1["a"]', '21.5["a"]', '2 ["a"]x',
    '5["a"]', '5-["a"]', '51["a"]', '6["a"]', '612["a"]', '2' + '1' * 30 + '["a"]',
    '21-["a"]', '01-{}',                               # attachments of what is not binary
    f'5{DEFAULT_LIMITS.attachments + 1}-["a"]', '5999999999999-["a"]',
    "0/" + "x" * 300 + ",",
    '2["a",' + "[" * (DEFAULT_LIMITS.depth + 1) + "]" * (DEFAULT_LIMITS.depth + 1) + "]",
    '2["a",' + '{"a":' * DEFAULT_LIMITS.depth + "1" + "}" * DEFAULT_LIMITS.depth + "]",
    '2["a",' + "[" * 100_000,
    '2["a",' + "9" * 10_000 + "]",                      # beyond Python's limit of digits
    *(f'2["{name}"]' for name in sorted(RESERVED_EVENTS)),
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:40])
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidPacket):
        decode([text])


def test_depth_is_counted_not_brackets() -> None:
    depth = DEFAULT_LIMITS.depth - 1  # the list of name and arguments is one
    deepest = '2["a",' + "[" * depth + "]" * depth + "]"
    assert decode([deepest]) is not None
    wide = '2["a",' + "[]," * 1_000 + "[]]"
    assert decode([wide]) is not None


@pytest.mark.parametrize("number", ["-1", "1", "99", "true", "null", '"0"', "0.0", "1e400", "[]"])
def test_a_placeholder_must_have_its_attachment(number: str) -> None:
    with pytest.raises(InvalidPacket, match="without its attachment"):
        decode([f'51-["a",{{"_placeholder":true,"num":{number}}}]', b"x"])


def test_text_where_an_attachment_is_due() -> None:
    with pytest.raises(InvalidPacket):
        decode(['51-["a"]', '2["b"]'])


def test_an_attachment_that_belongs_to_nothing() -> None:
    with pytest.raises(InvalidPacket):
        decode([b"x"])
    decoder = Decoder()
    assert decode([f'51-["a",{B0}]', b"x"], decoder) is not None
    with pytest.raises(InvalidPacket):
        decoder.feed(b"y")


def test_attachments_are_bounded_together() -> None:
    text = f'52-["a",{B0},{B1}]'
    assert decode([text, b"123", b"45"], Decoder(PacketLimits(size=5))) is not None
    with pytest.raises(InvalidPacket, match="more than 5 bytes"):
        decode([text, b"123", b"456"], Decoder(PacketLimits(size=5)))


def test_a_decoder_is_fresh_after_each_packet() -> None:
    decoder = Decoder(PacketLimits(size=3))
    for _ in range(3):
        packet = decode([f'51-["a",{B0}]', b"123"], decoder)
        assert packet == Packet(EVENT, "/", ["a", b"123"])
        assert decode(['2["b"]'], decoder) == Packet(EVENT, "/", ["b"])


def test_values_of_the_framework_travel() -> None:
    date = datetime.date(2026, 1, 2)
    assert encode(Packet(EVENT, "/", ["a", date])) == ['2["a","2026-01-02"]']
    assert encode(Packet(EVENT, "/", ["a", bytearray(b"x"), memoryview(b"y")]))[1:] == [b"x", b"y"]


@pytest.mark.parametrize(
    ("argument", "where"),
    [({"b": object()}, "[1].b: object"), ("\ud800", "[1]: a lone surrogate"),
     (float("nan"), "[1]: ")],
)
def test_what_cannot_travel_is_named(argument: Any, where: str) -> None:
    with pytest.raises(NotEncodable) as caught:
        encode(Packet(EVENT, "/", ["a", argument]))
    assert where in str(caught.value)


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=3).filter(lambda key: key[:1] != "_"), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from([EVENT, ACK]),
    st.sampled_from(["/", "/chat", "/a b"]),
    st.lists(VALUE, max_size=3),
    st.none() | st.integers(0, 10**14),
)
def test_what_is_encoded_is_decoded(
    kind: int, namespace: str, args: list[Any], number: int | None
) -> None:
    if kind == ACK:
        number = number or 0
    packet = Packet(kind, namespace, ["name", *args] if kind == EVENT else args, number)
    parts = encode(packet)
    assert all("\x1e" not in part for part in parts if isinstance(part, str))
    assert decode(parts) == packet


FRAGMENT = st.sampled_from(
    [*"0123456789", "-", "/", ",", "[", "]", "{", "}", '"', '"a"', ":", '"_placeholder":true',
     '"num":0', "null", "/ns,", '["a"]', "51-", "\x1e", "é"]
)  # fmt: skip


@given(st.lists(st.lists(FRAGMENT, max_size=12).map("".join) | st.binary(max_size=4), max_size=4))
def test_whatever_arrives_is_a_packet_or_refused(stream: list[str | bytes]) -> None:
    decoder = Decoder()
    for part in stream:
        try:
            packet = decoder.feed(part)
        except InvalidPacket:
            return
        if packet is not None:
            assert packet.type in (CONNECT, DISCONNECT, EVENT, ACK)
            assert packet.namespace.startswith("/")
