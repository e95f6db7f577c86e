"""Malformed Socket.IO packets: (rule that is broken, inputs that break it, counter).

They come from a client of the namespaces ``/`` and ``/chat``; an input is the parts that a client
sends. Inputs of one case take the same path through the server; no two cases do. Source: Socket.IO
protocol, revision 5, "Packet encoding" and "Packet types"; bounds of this server are named as such.
"""

from __future__ import annotations

from typing import Final

from pgsocketio.packet import DEFAULT_LIMITS, RESERVED_EVENTS

from .clients import Part

Case = tuple[str, tuple[tuple[Part, ...], ...], str]
_DEPTH: Final = DEFAULT_LIMITS.depth
_B0: Final = '{"_placeholder":true,"num":0}'


def _case(rule: str, *inputs: str | tuple[Part, ...], counter: str = "invalid_packets") -> Case:
    return rule, tuple((one,) if isinstance(one, str) else one for one in inputs), counter


def _placeholders(rule: str, *numbers: str) -> Case:
    forms = (f'51-["say",{{"_placeholder":true,"num":{number}}}]' for number in numbers)
    missing = '51-["say",{"_placeholder":true}]'
    return _case(f"placeholder: {rule}", *((form, b"x") for form in (*forms, missing)))


HEADS = [
    _case("type that does not exist", "", '7["say"]', "9", 'e["say"]', ' 2["say"]', '\n2["say"]',
          "\x00", "-1", "\N{ARABIC-INDIC DIGIT TWO}" + '["say"]', '["say"]'),
    _case("event for a namespace not connected", '2/guarded,["say"]', '2/nowhere,["say"]'),
    _case("acknowledgement for a namespace not connected", "3/guarded,1[]"),
    _case("disconnect from a namespace not connected", "1/guarded,"),
    _case("JSON after a head that is none: namespace, id", '2chat,["say"]', "0/\x01,",
          "0/" + "x" * 256 + ",", '21.5["say"]', '21/chat,["say"]', '0/guarded,{"word":',
          '2["say",]', "2['say']"),
    _case("more than one JSON", '2-1["say"]', "2" + "1" * 16 + '["say"]', "0/guarded,{}{}",
          '2["say"]x'),
]  # fmt: skip
CONNECTS = [
    _case("CONNECT: a second time", "0", "0/chat,"),
    _case("CONNECT: auth is an object", "0/guarded,[]", "0/guarded,null", '0/guarded,"open"',
          "0/guarded, 1"),
    _case("CONNECT_ERROR is the server's", '4{"message":"x"}'),
    _case("CONNECT_ERROR without payload", "4"),
    _case("DISCONNECT has no payload", "1{}", "1/chat,null"),
    _case("DISCONNECT: twice", ("1/chat,", "1/chat,")),
    _case("DISCONNECT: then an event", ("1/chat,", '2/chat,["say"]')),
]  # fmt: skip
EVENTS = [
    _case("EVENT: no payload", "2", '2/chat["say"]'),
    _case("EVENT: a list that begins with a name", "2[]", '2{"say":1}', '2"say"', "2null", "2true",
          "2[1]", "2[null,1]", '2[["say"]]'),
    _case("EVENT: the name is an attachment", (f"51-[{_B0}]", b"say")),
    _case("EVENT: reserved name", *(f'2["{name}"]' for name in sorted(RESERVED_EVENTS))),
    _case("ACK: no payload", "31"),
    _case("ACK: an id and a list", '3["x"]', "31{}", "31null", '31"x"'),
]  # fmt: skip
JSON = [
    _case("JSON: a list that is not ended", '2["say"', '2["say"/**/]', '2["say",01]'),
    _case("JSON: NaN", '2["say",NaN]'),
    _case("JSON: Infinity", '2["say",-Infinity]'),
    _case("JSON: a line break in a text", '2["say","\n"]'),
    _case("JSON: a key that is no text", '2["say",{1:2}]'),
    _case("JSON: more digits than Python reads", '2["say",' + "9" * 10_000 + "]"),
    _case("JSON: 100000 open lists", '2["say",' + "[" * 100_000),
    _case("JSON: nested too deep (bound)", '2["say",' + "[" * _DEPTH + "]" * _DEPTH + "]",
          '2["say",' + '{"a":' * _DEPTH + "1" + "}" * _DEPTH + "]", counter="nested_too_deep"),
]  # fmt: skip
BINARIES = [
    _case("binary: an attachment of nothing", (b"x",)),
    _case("binary: an attachment too many", (f'51-["say",{_B0}]', b"x", b"y")),
    _case("binary: text where an attachment is due", (f'51-["say",{_B0}]', '2["say"]')),
    _case("binary: a new packet between attachments",
          (f'52-["say",{_B0}]', b"x", f'51-["say",{_B0}]')),
    _case("binary: a count and a dash, and only there", f'5["say",{_B0}]', f"61[{_B0}]",
          f'51["say",{_B0}]', '5-["say"]', '5-1-["say"]', '59999999999-["say"]',
          (f'21-["say",{_B0}]', b"x"), ("01-/guarded,{}", b"x"), (f"31-1[{_B0}]", b"x")),
    _case("binary: BINARY_ACK without id", (f"61-[{_B0}]", b"x")),
    _case("binary: for a namespace not connected", (f'51-/guarded,["say",{_B0}]', b"x")),
    _case("binary: more attachments than the bound", f'5{DEFAULT_LIMITS.attachments + 1}-["say"]',
          counter="too_many_attachments"),
    _case("binary: more bytes than the bound (of all together)",
          (f'52-["say",{_B0}]', b"x" * 600_000, b"x" * 400_001), counter="attachments_too_large"),
    _placeholders("without its attachment", "1", "-1", "true", "null", '"0"', "0.0", "[0]"),
]  # fmt: skip

CASES: list[Case] = [*HEADS, *CONNECTS, *EVENTS, *JSON, *BINARIES]
