"""What anybody may send on the NOTIFY channel, and why none of it may be delivered."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable
from typing import Any

_ids = itertools.count(10**9)
BODY = {
    "x": str(2**40), "c": "news", "u": 1, "d": "2030-01-01T00:00:00.000000+00:00",
    "n": None, "p": {"n": -1, "transaction": -1, "index": 0, "to": 0, "pad": ""},
}  # fmt: skip
WRONG = "0" * 64


def sign(text: str, key: bytes) -> str:
    """As the database signs, with a key that is not its own."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def body(**changes: Any) -> str:
    """Content that would be delivered to everybody, if it were believed."""
    return json.dumps({"i": next(_ids), **BODY, **changes})


def forgeries(genuine: str, old: str) -> dict[str, str]:
    """Payloads by the rule that each breaks.

    :param genuine: a payload of a volatile message that was delivered already.
    :param old: one that the database signed with an earlier secret.
    """
    version, signature, text = genuine.split(":", 2)
    content = json.loads(text)
    unsigned, by_nobody, hashed = body(), body(), body()
    flipped = signature[:-1] + ("0" if signature[-1] != "0" else "1")

    def changed(**changes: Any) -> str:
        fresh = {**content, "n": f"nonce {next(_ids)}", **changes}
        return f"{version}:{signature}:{json.dumps(fresh)}"

    made: dict[str, Callable[[], str]] = {
        "content is signed": lambda: f"1:{WRONG}:{unsigned}",
        "with the secret of the database, not an empty one": lambda: (
            f"1:{sign(by_nobody, b'')}:{by_nobody}"
        ),
        "not with a plain hash": lambda: (
            f"1:{hashlib.sha256(hashed.encode()).hexdigest()}:{hashed}"
        ),
        "not with an older secret": lambda: old,
        "every bit of the signature counts": lambda: f"{version}:{flipped}:{text}",
        "the signature is lower case": lambda: f"{version}:{signature.upper()}:{text}",
        "the signature is whole": lambda: f"{version}:{signature[:32]}:{text}",
        "the signature is there": lambda: f"{version}::{text}",
        "values are signed": lambda: changed(p={**content["p"], "n": -1}),
        "the channel is signed": lambda: changed(c="mail"),
        "the user is signed": lambda: changed(u=2),
        "the date is signed": lambda: changed(d=BODY["d"]),
        "the nonce is signed": lambda: changed(),
        "durable and volatile are signed": lambda: changed(i=1, x="1"),
        "every byte is signed": lambda: f"{genuine} ",
        "a volatile message counts once": lambda: genuine,
        "the version is known": lambda: f"2:{signature}:{text}",
        "the version is a number": lambda: f"x:{signature}:{text}",
        "there is a version": lambda: f"{signature}:{text}",
        "content is an object": lambda: f"1:{sign('[]', b'')}:[]",
        "content is JSON": lambda: f"1:{WRONG}:{{]",
        "bare JSON of another application is foreign": body,
        "text of another application is foreign": lambda: "hello",
        "nothing is no content": lambda: "",
        "control characters are foreign": lambda: "1:\x01\x02\x7f:{}",
        "other alphabets are foreign": lambda: "١:٠:{}",
        "the longest payload is foreign": lambda: "x" * 7_999,
        "deep nesting is not read": lambda: f"1:{WRONG}:{{{'[' * 7_000}",
        "a beat of another server is not ours": lambda: "beat:somebody",
    }
    return {rule: make() for rule, make in made.items()}
