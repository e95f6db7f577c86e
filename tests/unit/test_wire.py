"""The protocol beyond Socket.IO: what a CONNECT brings, envelopes, and what a NOTIFY may carry."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.errors import ConnectRefused
from pgsocketio.wire import MAX_AGE, MAX_SEEN, NotifyCodec, envelope, parse_auth, reader_key


def test_a_plain_client_declares_nothing() -> None:
    for data in (None, {}, {"token": "x"}, {"v": None}):
        auth = parse_auth(data)
        assert (auth.version, auth.position, auth.seen) == (None, None, {})
        assert auth.raw == (data or {})


def test_what_a_client_of_version_1_brings() -> None:
    seen = {"a1.event.0": [1, 2], "a1.other.1": [3], "b2": [4]}
    auth = parse_auth({"v": 1, "position": "p", "seen": seen, "session_id": "s"})
    assert auth.version == 1
    assert auth.position == "p"
    assert auth.seen == {"a1": {1, 2, 3}, "b2": {4}}
    assert auth.raw["session_id"] == "s"


@pytest.mark.parametrize("version", [0, 2, -1, 99, "1", True, False, [1], {}, 1.5])
def test_a_version_that_is_not_spoken(version: Any) -> None:
    with pytest.raises(ConnectRefused) as caught:
        parse_auth({"v": version})
    assert str(caught.value) == "unsupported protocol version"
    assert caught.value.data == {"supported": [1]}


@pytest.mark.parametrize(
    "seen",
    [None, 5, "x", [], ["a"], {"a": None}, {"a": 5}, {"a": "17"}, {"a": ["17"]}, {"a": [1.5]},
     {"a": [True]}, {"a": [[1]]}, {"a": {"1": 2}}],
)  # fmt: skip
def test_malformed_ids_are_left_out(seen: Any) -> None:
    assert parse_auth({"v": 1, "position": "p", "seen": seen}).seen == {}


def test_one_malformed_entry_does_not_spoil_the_others() -> None:
    assert parse_auth({"v": 1, "seen": {"a": ["x"], "b": [1]}}).seen == {"b": {1}}


def test_ids_are_bounded() -> None:
    many = {"a": [1], "b": list(range(MAX_SEEN))}
    newest = {"a": {1}, "b": set(range(1, MAX_SEEN))}
    assert parse_auth({"v": 1, "seen": many}).seen == newest
    assert len(parse_auth({"v": 1, "seen": {"b": list(range(MAX_SEEN))}}).seen["b"]) == MAX_SEEN


@given(st.dictionaries(st.text(max_size=4), st.lists(st.integers() | st.none()) | st.text()))
def test_seen_is_ids_whatever_came(seen: dict[str, Any]) -> None:
    for reader, ids in parse_auth({"v": 1, "seen": seen}).seen.items():
        assert "." not in reader
        assert all(type(number) is int for number in ids)


class Chat(AbstractAdapter):
    channel = "chat"


class Other(AbstractAdapter):
    channel = "chat"


def test_a_subscription_keeps_its_name_after_a_restart() -> None:
    adapter = type("Chat", (AbstractAdapter,), {"__module__": "addon", "channel": "chat"})
    assert reader_key("addon.handler", adapter, (2, "a")) == "0cbb864864ee"


def test_a_subscription_has_its_own_name() -> None:
    keys = [
        reader_key("one", Chat, ()),
        reader_key("two", Chat, ()),
        reader_key("one", Other, ()),
        reader_key("one", Chat, (1,)),
        reader_key("one", Chat, ("1",)),
        reader_key("one", Chat, (True,)),
    ]
    assert len(set(keys)) == len(keys)


def test_envelope() -> None:
    assert envelope("k3f9", "say", 0, [17, None, 19], 41) == {
        "s": "k3f9.fcc99c65.0", "ids": [17, 19], "g": 41,
    }  # fmt: skip
    assert envelope("k3f9", "say", 0, [None], 41)["ids"] is None


def test_events_of_one_batch_have_names_of_their_own() -> None:
    names = {envelope("k", event, n, [1], 0)["s"] for event in ("a", "b") for n in (0, 1)}
    assert len(names) == 4
    assert {name.partition(".")[0] for name in names} == {"k"}


SECRET = b"0123456789abcdef0123456789abcdef"
BODY: dict[str, Any] = {
    "i": 17, "x": "900719925474099312", "c": "chat", "u": 2, "n": None,
    "d": "2026-01-01T00:00:00.000000+00:00", "p": {"text": "é {}"},
}  # fmt: skip


def sealed(body: str, secret: bytes = SECRET, version: str = "1") -> str:
    """As ``web_socketio_sealed`` in ``sql/`` writes it."""
    mac = hmac.new(secret, body.encode(), hashlib.sha256).hexdigest()
    return f"{version}:{mac}:{body}"


def test_content_with_its_hash_is_a_message() -> None:
    body = json.dumps(BODY, ensure_ascii=False)
    message = NotifyCodec(SECRET).decode(sealed(body))
    assert message == {
        "id": 17, "channel": "chat", "uid": 2, "values": {"text": "é {}"},
        "date": "2026-01-01T00:00:00.000000+00:00",
    }  # fmt: skip
    assert message.xid == 900719925474099312
    assert message.size > 0


def volatile(nonce: str) -> str:
    return sealed(json.dumps({**BODY, "i": None, "x": None, "u": None, "n": nonce}))


def test_volatile_content_has_no_id() -> None:
    message = NotifyCodec(SECRET).decode(volatile("5e2b"))
    assert message is not None
    assert (message["id"], message["uid"], message.xid) == (None, None, None)


def test_volatile_content_counts_once() -> None:
    """Whoever may LISTEN could send it again."""
    codec = NotifyCodec(SECRET)
    codec.clock = datetime.fromisoformat(BODY["d"]).timestamp()
    assert codec.decode(volatile("a")) is not None
    assert codec.decode(volatile("b")) is not None
    assert codec.decode(volatile("a")) is None
    codec.clock += MAX_AGE
    assert codec.decode(volatile("c")) is not None
    codec.clock += 1
    assert codec.decode(volatile("d")) is None


GENUINE = sealed(json.dumps(BODY))
MAC = GENUINE[2:66]
FOREIGN = [
    "1:",                                              # the hint of our own
    "", "hello", "{}", json.dumps(BODY), "beat:x", ":", "1::", "1:x:{}", "null", "\0",
    GENUINE.replace('"text"', '"tixt"'),               # content changed
    GENUINE[:-1], GENUINE + " ", " " + GENUINE, GENUINE + "\n",
    GENUINE.replace("1:", "2:", 1), GENUINE.replace("1:", "", 1), GENUINE.replace("1:", "١:", 1),
    sealed(json.dumps(BODY), b"another secret"), sealed(json.dumps(BODY), b""),
    sealed(json.dumps(BODY), version="2"),
    f"1:{MAC.upper()}:{json.dumps(BODY)}",
    f"1:{'0' * 64}:{json.dumps(BODY)}", f"1:{MAC[:-1]}:{json.dumps(BODY)}", f"1:{MAC}:", f"1:{MAC}",
    f"1:{MAC}:" + "{" * 7_000, "x" * 7_999, "1:" + "é" * 3_000,
]  # fmt: skip


@pytest.mark.parametrize("payload", FOREIGN, ids=lambda payload: ascii(payload)[:40])
def test_foreign_or_forged_content_is_a_hint_at_most(payload: str) -> None:
    assert NotifyCodec(SECRET).decode(payload) is None


@pytest.mark.parametrize("value", ["[" * 500 + "]" * 500, "1" + "0" * 5_000], ids=["deep", "long"])
def test_genuine_content_that_nobody_can_read_is_a_hint(value: str) -> None:
    body = json.dumps(BODY).replace('"x"', f'"y": {value}, "x"', 1)
    assert NotifyCodec(SECRET).decode(sealed(body)) is None


@given(st.integers(0, len(GENUINE) - 1), st.characters(exclude_categories=["Cs"]))
def test_one_character_changed_is_forged(index: int, character: str) -> None:
    changed = GENUINE[:index] + character + GENUINE[index + 1 :]
    assert (NotifyCodec(SECRET).decode(changed) is None) == (changed != GENUINE)
