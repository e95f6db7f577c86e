"""Events, acknowledgements and the rest of gevent-socketio's BaseNamespace."""

from __future__ import annotations

import pytest

from tests.integration.clients import Rejected
from tests.integration.conftest import Connect


@pytest.fixture(params=[None, 1], ids=["plain", "v1"])
def v(request: pytest.FixtureRequest) -> int | None:
    """What kind of client it is."""
    version: int | None = request.param
    return version


def test_an_event_is_acknowledged_with_what_its_method_returns(
    connect: Connect, v: int | None
) -> None:
    client = connect("demo", v=v)
    assert client.call("echo", {"a": [1, None, "é"]}) == {"a": [1, None, "é"]}
    assert client.call("echo", 1, 2) == [1, 2]
    assert client.call("nothing") is None


def test_a_tuple_acknowledges_with_several_values(connect: Connect) -> None:
    plain, versioned = connect("demo"), connect("demo", v=1)
    assert plain.answer(plain.start_call("tuple")) == ["one", 2, [3]]
    assert versioned.answer(versioned.start_call("tuple")) == [None, "one", 2, [3]]


def test_spaces_in_an_events_name_are_underscores(connect: Connect) -> None:
    client = connect("demo")
    assert client.call("my long event name", 1) == "my long event name: 1"
    assert client.call("my_long_event_name", 2) == "my long event name: 2"
