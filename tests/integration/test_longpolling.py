"""The shared namespace /longpolling: functions bound to it with ``on``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.clients import Rejected, eventually, numbers
from tests.integration.conftest import Connect
from tests.integration.site import Site
from tests.support.servers import RealtimeServer

Publish = Callable[..., int]


def test_connect_handlers_run_once_the_session_is_validated(connect: Connect, site: Site) -> None:
    client = connect(None, "/longpolling")
    with pytest.raises(Rejected):
        client.call("handler log")
    assert client.events("greeting") == []
    client.call("session id", site.user("demo").session_id)
    assert client.wait_for("greeting") == [[site.user("demo").uid()]]


def test_the_loop_of_2013_delivers_to_each_user_his_own(
    connect: Connect, site: Site, publish: Publish
) -> None:
    demo, second_tab = connect("demo", "/longpolling"), connect("demo", "/longpolling")
    other = connect("other", "/longpolling")
    for client in (demo, second_tab, other):
        client.wait_for("greeting")
    uid = site.user("demo").uid()
    publish(topic=f"uid-{uid}", n=1)
    publish(topic=f"uid-{site.user('other').uid()}", n=2)
    for client in (demo, second_tab):
        assert client.wait_for("own topic") == [[[{"topic": f"uid-{uid}", "n": 1}]]]
    other.wait_for("own topic")
    assert numbers(other, "own topic") == [2]


def test_messages_between_two_connections_of_a_versioned_client_are_not_lost(
    connect: Connect, site: Site, publish: Publish
) -> None:
    client = connect("second", "/longpolling", v=1)
    uid = client.wait_for("greeting")[0][0]
    position = client.wait_for("web_socketio:position")[-1][0]["p"]
    client.disconnect()
    client.gone()
    publish(topic=f"uid-{uid}", n=1)
    client.connect_again({**client.auth, "position": position})
    client.wait_for("own topic")
    assert numbers(client, "own topic") == [1]


def test_every_function_of_an_event_is_called_and_the_first_value_acknowledges(
    connect: Connect, site: Site
) -> None:
    client = connect("demo", "/longpolling")
    assert client.call("add numbers", 20, 3) == 23
    assert client.events("added") == [[23]]
    assert ["numbers", site.user("demo").uid(), 20, 3] in client.call("handler log")


def test_an_event_without_function_is_refused(connect: Connect) -> None:
    client = connect("demo", "/longpolling")
    for event, *args in (["no such event"], ["add numbers", 1], ["greet"], ["uid topic"]):
        with pytest.raises(Rejected):
            client.call(event, *args)


def test_a_function_with_an_adapter_runs_as_a_job(
    connect: Connect, publish: Publish, topic: str
) -> None:
    client = connect("demo", "/longpolling")
    assert client.call("whole topic", topic) is None
    publish(topic=topic, n=1)
    assert client.wait_for("whole topic") == [[topic, [{"topic": topic, "n": 1}]]]


def test_a_job_is_not_begun_with_arguments_that_do_not_fit(connect: Connect) -> None:
    client = connect("demo", "/longpolling")
    for arguments in ([], ["a", "b"]):
        with pytest.raises(Rejected) as refused:
            client.call("whole topic", *arguments)
        assert refused.value.name == "invalid_method_args"


def test_jobs_of_a_connection_end_with_it_and_disconnect_handlers_run(
    connect: Connect, site: Site, server: RealtimeServer, topic: str
) -> None:
    user = site.new_user(topic)
    client, watcher = connect(user, "/longpolling"), connect("demo", "/longpolling")
    uid = client.wait_for("greeting")[0][0]
    assert ["handler started", uid] in watcher.call("handler log")
    assert ["handler ended", uid] not in watcher.call("handler log")
    client.disconnect()
    assert eventually(lambda: ["handler ended", uid] in watcher.call("handler log"))
    assert eventually(lambda: ["goodbye", uid] in watcher.call("handler log"))
    server.child.wait_for_line("goodbye failed on purpose")


def test_a_handler_that_raises_is_logged_and_takes_up_again_where_it_was(
    connect: Connect, server: RealtimeServer, publish: Publish, topic: str
) -> None:
    client = connect("demo", "/longpolling")
    client.wait_for("greeting")
    for n, extra in enumerate([{}, {"boom": topic}, {}]):
        publish(topic="fragile", run=topic, n=n, **extra)

    def mine() -> list[int]:
        messages = [args[0] for args in client.events("fragile topic")]
        return [m["n"] for m in messages if m["run"] == topic]

    client.wait_until(lambda: mine()[-2:] == [1, 2], "what came after the failure")
    server.child.wait_for_line(r"handler \S*follow_fragile_topic failed")


def test_errors_and_slow_functions_behave_as_in_any_namespace(connect: Connect) -> None:
    client = connect("francoise", "/longpolling")
    with pytest.raises(Rejected, match="Ceci n'est pas permis") as rejected:
        client.call("refuse", "UserError")
    assert rejected.value.name == "UserError"
    slow = client.start_call("slow", 0.3)
    assert client.call("add numbers", 1, 1) == 2
    assert client.answer(slow) == ["slept"]
