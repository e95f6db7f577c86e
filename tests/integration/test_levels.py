"""Which kinds of users a namespace is open to: its attribute ``auth``."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from tests.integration.clients import Client, Rejected
from tests.integration.conftest import Connect
from tests.integration.site import Login, Site
from tests.support.servers import RealtimeServer


@pytest.fixture(scope="module")
def portal(site: Site) -> Login:
    """A customer who can log in."""
    return site.new_user("customer", group="group_portal")


def test_an_employee_may_be_everywhere(connect: Connect, site: Site) -> None:
    uid = site.user("demo").uid()
    for namespace in ("/other", "/portal", "/public"):
        assert connect("demo", namespace).call("whoami") == uid


def test_a_portal_user_is_refused_where_employees_are_asked_for(
    connect: Connect, portal: Login
) -> None:
    for namespace in ("/other", "/longpolling"):
        for who in ({"session_id": portal.session_id}, {"cookie": portal.session_id}):
            client = connect(None, namespace, wait=False, **who)
            assert client.refused()["message"] == "access denied"
    for namespace in ("/portal", "/public"):
        assert connect(portal, namespace).call("whoami") == portal.uid()


def test_a_portal_user_who_says_so_late_is_refused_too(connect: Connect, portal: Login) -> None:
    client = connect(None, "/other", v=1)
    client.start_call("session id", portal.session_id)
    assert client.gone() == "io server disconnect"
    assert client.events("web_socketio:closed")[0][0] == {"reason": "access denied"}


def visitors(connect: Connect, site: Site) -> list[Client]:
    """Without cookie, with a visitor's, and with one that is none of a session any more."""
    with requests.Session() as browser:
        browser.get(f"{site.url}/web/login?db={site.db}", timeout=60).raise_for_status()
        cookie = browser.cookies["session_id"]
    return [connect(None, "/public", cookie=c) for c in (None, cookie, "x" * 84)]


def test_a_visitor_is_the_public_user_and_only_where_visitors_are_welcome(
    connect: Connect, site: Site
) -> None:
    for visitor in visitors(connect, site):
        assert visitor.call("is public") is True
        assert visitor.call("whoami") not in (None, 1, site.user("demo").uid())
        for namespace in ("/other", "/portal", "/longpolling"):
            stranger = connect(None, namespace, share=visitor)
            with pytest.raises(Rejected) as rejected:
                stranger.call("whoami")
            assert rejected.value.name == "method_access_denied"


def test_a_visitor_stays_one_when_a_user_comes_to_the_same_connection(
    connect: Connect, site: Site
) -> None:
    visitor = connect(None, "/public")
    uid = visitor.call("whoami")
    with pytest.raises(Rejected, match="visitor"):
        visitor.call("session id", site.user("demo").session_id)
    other = connect(None, "/other", share=visitor)
    assert other.call("session id", site.user("demo").session_id) is True
    assert other.call("whoami") == site.user("demo").uid()
    assert visitor.call("whoami") == uid


def test_wrong_credentials_are_no_visitors(connect: Connect) -> None:
    client = connect(None, "/public", session_id="x" * 84, wait=False)
    assert client.refused()["message"] == "session expired"


def test_between_two_databases_a_visitor_has_none_unless_a_session_names_it(
    connect: Connect, start: Callable[..., RealtimeServer], new_db: Callable[[], str], site: Site
) -> None:
    server = start(f"{site.db},{new_db()}")
    with requests.Session() as browser:
        browser.get(f"{site.url}/web/login?db={site.db}", timeout=60).raise_for_status()
        cookie = browser.cookies["session_id"]
    assert connect(None, "/public", server=server, cookie=cookie).call("is public") is True
    with pytest.raises(Rejected):
        connect(None, "/public", server=server).call("is public")
