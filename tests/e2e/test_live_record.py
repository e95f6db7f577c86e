"""A live record on two users' pages: what one changes the other sees, as far as she may."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.site import Site, WebClient

Login = Callable[[str], WebClient]
FOLLOW = """([id]) => {
    const { liveRecord } = odoo.loader.modules.get("@web_socketio/live");
    window.shown = [];
    window.record = liveRecord("res.partner", id, {
        fields: ["name"], onChange: (data) => window.shown.push(data && data.name),
    });
}"""


def follow(client: WebClient, partner: int) -> None:
    """Follow a partner; it is read when asked for, and again once changes are told."""
    client.page.evaluate(FOLLOW, [partner])
    client.page.wait_for_function("window.shown.length >= 2")


def wait_for(client: WebClient, name: str | None) -> None:
    """Wait until the page shows that name; None: nothing any more."""
    client.page.wait_for_function("name => window.shown.at(-1) === name", arg=name)


def test_a_change_appears_until_the_record_may_not_be_read_any_more(
    site: Site, login: Login
) -> None:
    site.start_realtime()
    admin, demo = login("admin"), login("demo")
    (partner,) = admin.call("res.partner", "create", [{"name": "First"}])
    (model,) = admin.call("ir.model", "search", [["model", "=", "res.partner"]])
    mine_or_open = "['|', ('create_uid', '=', user.id), ('ref', '!=', 'secret')]"
    rule = {"name": "Secrets", "model_id": model, "domain_force": mine_or_open}
    admin.call("ir.rule", "create", [rule])
    follow(demo, partner)

    admin.call("res.partner", "write", [partner], {"name": "Second"})
    wait_for(demo, "Second")
    assert demo.page.evaluate("window.record.data.name") == "Second"

    admin.call("res.partner", "write", [partner], {"name": "Third", "ref": "secret"})
    wait_for(demo, None)
    assert demo.page.evaluate("window.record.data") is None
    assert demo.page.evaluate("window.record.error.exceptionName").endswith("AccessError")
    assert "Third" not in demo.page.evaluate("window.shown")
    assert not demo.errors


def test_a_deleted_record_is_gone_and_a_closed_one_is_not_read_any_more(
    site: Site, login: Login
) -> None:
    site.start_realtime()
    admin, demo = login("admin"), login("demo")
    deleted, closed = admin.call("res.partner", "create", [{"name": "One"}, {"name": "Two"}])
    follow(demo, closed)
    demo.page.evaluate("window.record.close()")
    shown = demo.page.evaluate("window.shown.length")
    demo.page.evaluate("window.before = window.shown")
    follow(demo, deleted)
    admin.call("res.partner", "write", [closed], {"name": "Three"})
    admin.call("res.partner", "unlink", [deleted])
    wait_for(demo, None)  # comes after what the closed one would have shown
    assert demo.page.evaluate("window.before.length") == shown
    assert demo.page.evaluate("window.record.error.name") == "MissingError"
    assert not demo.errors
