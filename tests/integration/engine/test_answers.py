"""What every answer says, and what none does, whatever was asked."""

from __future__ import annotations

import pytest

from .wire import POLLING, Http

MARK = "sCr1pT"
ASKED = {
    "opened": (POLLING, 200),
    "transport": (f"/socket.io/?EIO=4&transport={MARK}", 400),
    "version": (f"/socket.io/?EIO={MARK}&transport=polling", 400),
    "sid": (f"{POLLING}&sid={MARK}", 400),
    "query": (f"{POLLING}&{MARK}={MARK}", 200),
    "path": (f"/{MARK}?{MARK}", 404),
}


@pytest.mark.parametrize("asked", ASKED)
def test_answers_are_not_guessed_not_kept_and_reflect_nothing(port: int, asked: str) -> None:
    target, status = ASKED[asked]
    with Http(port) as http:
        response = http.get(target, X_Marked=MARK, Cookie=f"{MARK}={MARK}")
    assert response.status == status
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    assert MARK not in f"{response.headers} {response.body!r}"
    for name in ("set-cookie", "server", "x-powered-by", "access-control-allow-origin"):
        assert name not in response.headers
