"""The rules of the Socket.IO protocol, revision 5, on packets and over both transports."""

from __future__ import annotations

import json

import pytest

from .clients import Client, WebSocketClient
from .conftest import Open, Start

ATTACHED = '{"_placeholder":true,"num":0}', '{"_placeholder":true,"num":1}'


@pytest.mark.parametrize("auth", [None, {}, {"word": "x", "deep": [{"a": None}]}])
def test_connect(client: Client, auth: object) -> None:
    assert client.connect("/", auth) != client.sid
    assert client.is_served()


def test_each_namespace_has_its_own_sid(client: Client) -> None:
    names = ["/", "/chat", "/a b/\N{EURO SIGN}"]
    sids = [client.connect(name) for name in names]
    assert len({client.sid, *sids}) == 4
    client.tell("21" + '["sids"]', '2/chat,2["sids"]', '2/a b/\N{EURO SIGN},3["sids"]')
    answers = sorted(str(client.hear()) for _ in names)
    assert [answer.partition("[")[2] for answer in answers] == [
        f'["{sid}","{client.sid}"]]' for sid in reversed(sids)
    ]


def test_the_query_of_a_namespace_is_no_part_of_its_name(client: Client) -> None:
    client.tell("0/chat?token=1,")
    assert str(client.hear()).startswith('0/chat,{"sid"')


@pytest.mark.parametrize("name", ["/nowhere", "/Chat", "/chat/", "/__class__"])
def test_unknown_namespace(client: Client, name: str) -> None:
    client.connect()
    client.tell(f"0{name},")
    assert client.hear() == f'4{name},{{"message":"Invalid namespace"}}'
    assert client.is_served()


def test_refused_with_the_namespaces_words(client: Client) -> None:
    client.tell('0/guarded,{"word":"please"}')
    answer = '{"message":"not with that","data":{"got":{"word":"please"}}}'
    assert client.hear() == f"4/guarded,{answer}"
    assert client.connect("/guarded", {"word": "open"})


def test_disconnect_of_one_namespace_leaves_the_others(client: Client) -> None:
    client.connect()
    sid = client.connect("/chat")
    client.tell("1/chat,")
    assert client.reason_of(sid) == "client namespace disconnect"
    assert client.connect("/chat") != sid


def test_connect_right_after_disconnect(client: Client) -> None:
    """As an official client does whose sockets share a connection."""
    client.connect()
    sid = client.connect("/chat")
    client.tell('2/chat,["say",1]', "1/chat,", "0/chat,", '2/chat,["say",2]')
    heard = sorted(str(client.hear()) for _ in range(3))
    assert heard[0].startswith("0/chat,")
    assert heard[1:] == ['2/chat,["said",1]', '2/chat,["said",2]']
    assert client.reason_of(sid) == "client namespace disconnect"


def test_events_with_and_without_acknowledgement(client: Client) -> None:
    client.connect()
    client.tell('2["say","one",2,null]')
    assert client.hear() == '2["said","one",2,null]'
    client.tell('20["echo",{"a":[true]}]')
    assert client.hear() == '30[{"a":[true]}]'
    client.tell('2999999999999999["echo"]')
    assert client.hear() == "3999999999999999[]"


def test_events_of_a_namespace_stay_there(client: Client) -> None:
    client.connect()
    client.connect("/chat")
    client.tell('2/chat,5["echo",1]')
    assert client.hear() == "3/chat,5[1]"
    client.tell('2/chat,["say",1]')
    assert client.hear() == '2/chat,["said",1]'


def test_the_server_asks_for_acknowledgements(client: Client) -> None:
    client.connect()
    client.tell('2["ask","who"]', '2["ask","what"]')
    asked = [str(client.hear()) for _ in range(2)]
    ids = [text[1:].partition("[")[0] for text in asked]
    assert ids[0] != ids[1]
    client.tell(f'3{ids[1]}["second"]', f'3{ids[0]}["first",1]')
    assert sorted(map(str, (client.hear(), client.hear()))) == [
        '2["answered","first",1]', '2["answered","second"]',
    ]  # fmt: skip


def test_unknown_and_repeated_acknowledgements_are_ignored(client: Client) -> None:
    client.connect()
    client.tell("30[]", '3987654["x"]', '2["ask"]')
    number = str(client.hear())[1:].partition("[")[0]
    client.tell(f"3{number}[1]", f"3{number}[2]")
    assert client.hear() == '2["answered",1]'
    client.tell('2["say",0]')
    assert client.hear() == '2["said",0]'


def test_binary_events(client: Client) -> None:
    client.connect()
    first, second = ATTACHED
    client.tell(f'52-["say",{second},{{"a":[{first}]}}]', b"\x00\xff", b"")
    assert [client.hear() for _ in range(3)] == [
        f'52-["said",{first},{{"a":[{second}]}}]', b"", b"\x00\xff"
    ]  # fmt: skip


def test_binary_acknowledgements(client: Client) -> None:
    client.connect("/chat")
    first, second = ATTACHED
    client.tell(f'52-/chat,8["echo",{first},"text",{second}]', b"one", b"two")
    heard = [client.hear() for _ in range(3)]
    assert heard == [f'62-/chat,8[{first},"text",{second}]', b"one", b"two"]
    client.tell('2/chat,["ask"]')
    number = str(client.hear()).partition(",")[2].partition("[")[0]
    client.tell(f"61-/chat,{number}[{first}]", b"answer")
    assert [client.hear(), client.hear()] == [f'51-/chat,["answered",{first}]', b"answer"]


def test_events_between_packets_of_one_connection_keep_their_order(client: Client) -> None:
    client.connect()
    first, _ = ATTACHED
    client.tell('2["wait",0.05]')
    for number in range(50):
        client.tell(f'51-["say",{number},{first}]', b"x", f'2["say",{number}]')
    heard = [part for part in (client.hear() for _ in range(150)) if isinstance(part, str)]
    numbers = [json.loads(text.partition("-")[2] or text[1:])[1] for text in heard]
    assert numbers == [number for number in range(50) for _ in range(2)]


def test_message_is_an_event_like_others(client: Client) -> None:
    client.connect()
    client.tell('2["message","text"]', '2["message",{"a":1}]')
    assert [client.hear(), client.hear()] == ['2["text","text"]', '2["json",{"a":1}]']


def test_server_disconnects_one_namespace(client: Client) -> None:
    client.connect()
    sid = client.connect("/chat")
    client.tell('2/chat,["leave"]')
    assert client.hear() == "1/chat,"
    assert client.reason_of(sid) == "server namespace disconnect"
    client.tell('2/chat,["say",1]')  # not connected any more
    assert client.ends()


def test_server_closes_the_transport(open_client: Open) -> None:
    client, other = open_client(), open_client()
    other.connect()
    sids = [client.connect(), client.connect("/chat")]
    client.tell('2["send away"]')
    assert client.ends()
    assert {other.reason_of(sid) for sid in sids} == {"forced close"}


def test_transport_close(start: Start) -> None:
    client, other = WebSocketClient(start().port), WebSocketClient(start().port)
    other.connect()
    sids = [client.connect(), client.connect("/chat")]
    client.close()
    assert {other.reason_of(sid) for sid in sids} == {"transport close"}
    other.close()


def test_ping_timeout(start: Start) -> None:
    fast = start(engine={"ping_interval": 0.2, "ping_timeout": 1})
    client = WebSocketClient(fast.port)
    sid = client.connect()
    client.answers_pings = False
    with pytest.raises((EOFError, ConnectionResetError)):
        client.hear()
    client.close()
    other = WebSocketClient(fast.port)
    other.connect()
    assert other.reason_of(sid) == "ping timeout"
    other.close()
