"""What a client may know of a handler's error, and what the log must."""

from __future__ import annotations

import pytest

from tests.integration.clients import Rejected
from tests.integration.conftest import Connect
from tests.support.servers import RealtimeServer

FRENCH = "Ceci n'est pas permis."


@pytest.fixture(params=[None, 1], ids=["plain", "v1"])
def v(request: pytest.FixtureRequest) -> int | None:
    """What kind of client it is."""
    version: int | None = request.param
    return version


@pytest.mark.parametrize("login, text", [("demo", "This is not allowed."), ("francoise", FRENCH)])
@pytest.mark.parametrize("kind", ["UserError", "ValidationError", "AccessError", "MissingError"])
def test_user_errors_reach_the_client_in_its_language(
    connect: Connect, v: int | None, kind: str, login: str, text: str
) -> None:
    with pytest.raises(Rejected) as rejected:
        connect(login, v=v).call("refuse", kind)
    assert (rejected.value.name, str(rejected.value)) == (kind, text)


def test_a_redirect_warning_reaches_the_client_with_its_text(
    connect: Connect, v: int | None
) -> None:
    with pytest.raises(Rejected, match="^Allez ailleurs.$") as rejected:
        connect("francoise", v=v).call("refuse", "RedirectWarning")
    assert rejected.value.name == "RedirectWarning"


def test_constraints_reach_the_client_in_its_language(connect: Connect) -> None:
    client = connect("francoise")
    create = ("model", "test.realtime.item", "create")
    with pytest.raises(Rejected, match="Ce nom est interdit") as rejected:
        client.call(*create, [{"name": "forbidden"}])
    assert rejected.value.name == "ValidationError"
    with pytest.raises(Rejected, match="The count is not negative") as rejected:
        client.call(*create, [{"name": "x", "count": -1}])
    assert rejected.value.name == "ValidationError"
    with pytest.raises(Rejected) as rejected:
        client.call(*create, [{"count": 1}])
    assert rejected.value.name == "ValidationError"


def test_a_handlers_own_error_is_in_the_users_language(connect: Connect) -> None:
    with pytest.raises(Rejected, match="^Pas d'ici.$"):
        connect("francoise").call("refuse in environment")


def test_a_lazy_text_is_in_the_users_language(connect: Connect) -> None:
    with pytest.raises(Rejected, match="^Pas d'ici.$"):
        connect("francoise").call("refuse lazily")


def test_a_conflict_that_does_not_end_says_try_again(
    connect: Connect, v: int | None, server: RealtimeServer
) -> None:
    with pytest.raises(Rejected, match="^try again$") as rejected:
        connect("demo", v=v).call("conflict")
    assert rejected.value.name == "ConcurrencyError"


def test_any_other_error_hides_what_is_inside_and_is_logged(
    connect: Connect, v: int | None, server: RealtimeServer
) -> None:
    client = connect("demo", v=v)
    with pytest.raises(Rejected) as rejected:
        client.call("fail")
    assert "42" not in str(rejected.value) + rejected.value.name
    assert rejected.value.name == "Error"
    server.child.wait_for_line(r"TestNameSpace\.on_fail failed")
    server.child.wait_for_line(r"RuntimeError: the secret is 42")
    assert client.call("count") == 1, "the client is still there"


def test_without_acknowledgement_the_error_is_an_event(connect: Connect) -> None:
    plain, versioned = connect("demo"), connect("demo", v=1)
    failure = {"name": "UserError", "message": "This is not allowed."}
    for client in (plain, versioned):
        client.emit("refuse", "UserError")
    assert plain.wait_for("error") == [[failure]]
    assert versioned.wait_for("error") == [[failure, None]]
    plain.emit("fail")
    assert "42" not in str(plain.wait_for("error", 2)[1])


def test_the_answer_of_an_error_is_as_the_protocol_says(connect: Connect) -> None:
    plain, versioned = connect("demo"), connect("demo", v=1)
    failure = {"name": "UserError", "message": "This is not allowed."}
    assert plain.answer(plain.start_call("refuse", "UserError")) == [{"error": failure}]
    assert versioned.answer(versioned.start_call("refuse", "UserError")) == [failure]
