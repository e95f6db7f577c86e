"""The examples in Chromium, with two browsers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.tgext.servers import Gearbox, Redis
from tools.paths import EXAMPLES
from tools.processes import free_port
from tools.turbogears import VERSIONS

from ..integration.test_brokers import ready_line, settings  # noqa: F401  fixtures

Serve = Callable[..., Gearbox]


@pytest.fixture
def open_page(new_context: Callable[[], BrowserContext]) -> Iterator[Callable[[str], Page]]:
    """Open pages, each in a browser of its own; an error in one of them fails the test."""
    errors: list[str] = []

    def start(url: str) -> Page:
        page = new_context().new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        return page

    yield start
    assert errors == []


@pytest.mark.parametrize("version", VERSIONS)
def test_pingpong(serve: Serve, open_page: Callable[[str], Page], version: str) -> None:
    server = serve(version, "pingpong", path=EXAMPLES / "tg_pingpong")
    page, other = (open_page(f"{server.url}/socketio/page") for _ in range(2))
    pongs, errors = page.locator(".pong"), page.locator(".error")
    page.get_by_text("Ping", exact=True).click()
    expect(pongs).to_have_text(["pong"])
    page.get_by_text("Fireball").click()
    expect(pongs).to_have_text(["pong", *["bang!"] * 10])
    page.get_by_text("Error").click()
    expect(errors).to_have_text(["invalid_method_args: Got an error!"])
    before = pongs.count()
    page.get_by_text("Auto").click()
    expect(pongs.nth(before)).to_have_text(re.compile("pong|bang!"))
    assert other.locator(".pong").count() == 0


def say(page: Page, text: str) -> None:
    page.get_by_label("Message").fill(text)
    page.get_by_role("button", name="Send").click()


def joined(page: Page) -> Page:
    expect(page.locator("body[data-ready]")).to_be_visible()
    return page


@pytest.mark.parametrize("settings", ["memory", "redis", "postgres"], indirect=True)
def test_chat(
    serve: Serve, open_page: Callable[[str], Page], settings: dict[str, Any]  # noqa: F811
) -> None:
    server = serve(
        VERSIONS[-1], "chat", path=EXAMPLES / "tg_chat", settings=settings,
        ready=ready_line(settings),
    )
    ann, bob = (joined(open_page(f"{server.url}/")) for _ in range(2))
    cleo = joined(open_page(f"{server.url}/?room=2"))
    say(ann, "Is anybody there?")
    say(bob, "<b>Me</b>")
    for page in (ann, bob):
        expect(page.locator("#lines p")).to_have_count(2)
        assert sorted(page.locator("#lines p").all_text_contents()) == [
            "<b>Me</b>", "Is anybody there?"
        ]  # fmt: skip
    expect(ann.locator("#lines p.mine")).to_have_text(["Is anybody there?"])
    expect(bob.locator("#lines p.mine")).to_have_text(["<b>Me</b>"])
    assert cleo.locator("#lines p").count() == 0


def test_a_chat_over_postgres_goes_on_after_the_server_was_away(
    serve: Serve, open_page: Callable[[str], Page], dsn: str
) -> None:
    options: dict[str, Any] = {
        "path": EXAMPLES / "tg_chat", "ready": "ready for database",
        "settings": {"anypubsub.backend": "postgres", "anypubsub.dsn": dsn},
    }  # fmt: skip
    port = free_port()
    first = serve(VERSIONS[-1], "chat", server={"port": port}, **options)
    second = serve(VERSIONS[-1], "chat", **options)
    ann, bob = joined(open_page(f"{first.url}/?room=9")), joined(open_page(f"{second.url}/?room=9"))
    say(bob, "one")
    expect(ann.locator("#lines p")).to_have_text(["one"])
    first.close()
    say(bob, "two")
    say(bob, "three")
    expect(bob.locator("#lines p")).to_have_text(["one", "two", "three"])
    serve(VERSIONS[-1], "chat", server={"port": port}, **options)
    expect(ann.locator("#lines p")).to_have_text(["one", "two", "three"])
    say(bob, "four")
    expect(ann.locator("#lines p")).to_have_text(["one", "two", "three", "four"])


def test_a_chat_over_redis_goes_on_after_redis_was_away(
    serve: Serve, open_page: Callable[[str], Page]
) -> None:
    with Redis(free_port()) as redis:
        settings = {"anypubsub.backend": "redis", "anypubsub.port": redis.port}  # noqa: F811
        server = serve(VERSIONS[-1], "chat", path=EXAMPLES / "tg_chat", settings=settings)
        ann, bob = (joined(open_page(f"{server.url}/")) for _ in range(2))
        redis.child.stop()
        server.child.wait_for_line("is away, trying again")
        redis.start()
        server.child.wait_for_line("is back")
        say(ann, "hello again")
        expect(bob.locator("#lines p")).to_have_text(["hello again"])
