"""Malformed Socket.IO packets: (rule that is broken, parts as a client sends them, counter).

They come from a client of the namespaces ``/`` and ``/chat``. Source: Socket.IO protocol,
revision 5, "Packet encoding" and "Packet types"; bounds of this server are named as such.
"""

from __future__ import annotations

from typing import Final

from pgsocketio.packet import DEFAULT_LIMITS, RESERVED_EVENTS

from .clients import Part

Case = tuple[str, tuple[Part, ...], str]
_DEPTH: Final = DEFAULT_LIMITS.depth
_B0: Final = '{"_placeholder":true,"num":0}'


def _case(rule: str, *parts: Part, counter: str = "invalid_packets") -> Case:
    return rule, parts, counter


def _placeholder(rule: str, number: str) -> Case:
    text = f'51-["say",{{"_placeholder":true,"num":{number}}}]'
    return _case(f"placeholder: {rule}", text, b"x")


HEADS = [
    _case("type: none", ""),
    _case("type: 7", '7["say"]'),
    _case("type: 9", "9"),
    _case("type: a letter", 'e["say"]'),
    _case("type: a space before it", ' 2["say"]'),
    _case("type: a line break before it", '\n2["say"]'),
    _case("type: NUL", "\x00"),
    _case("type: minus", "-1"),
    _case("type: a digit of another script", "\N{ARABIC-INDIC DIGIT TWO}" + '["say"]'),
    _case("type: the payload alone", '["say"]'),
    _case("namespace: no comma after it", '2/chat["say"]'),
    _case("namespace: not connected", '2/guarded,["say"]'),
    _case("namespace: unknown", '2/nowhere,["say"]'),
    _case("namespace: no slash", '2chat,["say"]'),
    _case("namespace: a control character", "0/\x01,"),
    _case("namespace: longer than 256 (bound)", "0/" + "x" * 256 + ","),
    _case("namespace: acknowledgement for one not connected", "3/guarded,1[]"),
    _case("namespace: disconnect from one not connected", "1/guarded,"),
    _case("id: negative", '2-1["say"]'),
    _case("id: a fraction", '21.5["say"]'),
    _case("id: of 16 digits (bound)", '2' + "1" * 16 + '["say"]'),
    _case("id: before the namespace", '21/chat,["say"]'),
]
CONNECTS = [
    _case("CONNECT: a second time", "0"),
    _case("CONNECT: a second time, elsewhere", "0/chat,"),
    _case("CONNECT: auth is a list", "0/guarded,[]"),
    _case("CONNECT: auth is null", "0/guarded,null"),
    _case("CONNECT: auth is text", '0/guarded,"open"'),
    _case("CONNECT: auth is a number behind a blank", "0/guarded, 1"),
    _case("CONNECT: auth is cut short", '0/guarded,{"word":'),
    _case("CONNECT: auth is JSON twice", "0/guarded,{}{}"),
    _case("CONNECT_ERROR is the server's", '4{"message":"x"}'),
    _case("CONNECT_ERROR without payload", "4"),
    _case("DISCONNECT: has no payload", "1{}"),
    _case("DISCONNECT: has no payload, not even null", "1/chat,null"),
    _case("DISCONNECT: twice", "1/chat,", "1/chat,"),
    _case("DISCONNECT: then an event", "1/chat,", '2/chat,["say"]'),
]
EVENTS = [
    _case("EVENT: no payload", "2"),
    _case("EVENT: empty list", "2[]"),
    _case("EVENT: an object", '2{"say":1}'),
    _case("EVENT: text", '2"say"'),
    _case("EVENT: null", "2null"),
    _case("EVENT: true", "2true"),
    _case("EVENT: the name is a number", "2[1]"),
    _case("EVENT: the name is null", "2[null,1]"),
    _case("EVENT: the name is a list", '2[["say"]]'),
    _case("EVENT: the name is an attachment", f"51-[{_B0}]", b"say"),
    *(_case(f"EVENT: reserved name {name}", f'2["{name}"]') for name in sorted(RESERVED_EVENTS)),
    _case("ACK: no payload", "31"),
    _case("ACK: no id", '3["x"]'),
    _case("ACK: an object", "31{}"),
    _case("ACK: null", "31null"),
    _case("ACK: text", '31"x"'),
]
JSON = [
    _case("JSON: cut short", '2["say"'),
    _case("JSON: something behind", '2["say"]x'),
    _case("JSON: a comma at the end", '2["say",]'),
    _case("JSON: single quotes", "2['say']"),
    _case("JSON: NaN", '2["say",NaN]'),
    _case("JSON: Infinity", '2["say",-Infinity]'),
    _case("JSON: a comment", '2["say"/**/]'),
    _case("JSON: a line break in a text", '2["say","\n"]'),
    _case("JSON: a key that is no text", '2["say",{1:2}]'),
    _case("JSON: leading zero", '2["say",01]'),
    _case("JSON: more digits than Python reads", '2["say",' + "9" * 10_000 + "]"),
    _case("JSON: 100000 open lists", '2["say",' + "[" * 100_000),
    _case("JSON: lists nested too deep (bound)",
          '2["say",' + "[" * _DEPTH + "]" * _DEPTH + "]", counter="nested_too_deep"),
    _case("JSON: objects nested too deep (bound)",
          '2["say",' + '{"a":' * _DEPTH + "1" + "}" * _DEPTH + "]",
          counter="nested_too_deep"),
]  # fmt: skip
BINARIES = [
    _case("binary: an attachment of nothing", b"x"),
    _case("binary: an attachment too many", f'51-["say",{_B0}]', b"x", b"y"),
    _case("binary: text where an attachment is due", f'51-["say",{_B0}]', '2["say"]'),
    _case("binary: a new packet between attachments",
          f'52-["say",{_B0}]', b"x", f'51-["say",{_B0}]'),
    _case("binary: BINARY_EVENT without a count", f'5["say",{_B0}]'),
    _case("binary: BINARY_ACK without a count", f"61[{_B0}]"),
    _case("binary: a count without dash", f'51["say",{_B0}]'),
    _case("binary: a dash without count", '5-["say"]'),
    _case("binary: a negative count", '5-1-["say"]'),
    _case("binary: EVENT with attachments", f'21-["say",{_B0}]', b"x"),
    _case("binary: CONNECT with attachments", "01-/guarded,{}", b"x"),
    _case("binary: ACK with attachments", f"31-1[{_B0}]", b"x"),
    _case("binary: BINARY_ACK without id", f"61-[{_B0}]", b"x"),
    _case("binary: for a namespace not connected", f'51-/guarded,["say",{_B0}]', b"x"),
    _case("binary: more attachments than the bound", f'5{DEFAULT_LIMITS.attachments + 1}-["say"]',
          counter="too_many_attachments"),
    _case("binary: a count of ten digits", '59999999999-["say"]'),
    _case("binary: more bytes than the bound (of all together)", f'52-["say",{_B0}]',
          b"x" * 600_000, b"x" * 400_001, counter="attachments_too_large"),
    _placeholder("beyond the attachments", "1"),
    _placeholder("negative", "-1"),
    _placeholder("true", "true"),
    _placeholder("null", "null"),
    _placeholder("text", '"0"'),
    _placeholder("a fraction", "0.0"),
    _placeholder("a list", "[0]"),
    _case("placeholder: no number", '51-["say",{"_placeholder":true}]', b"x"),
]  # fmt: skip

CASES: list[Case] = [*HEADS, *CONNECTS, *EVENTS, *JSON, *BINARIES]
