"""``gearbox serve`` with the server of tgext.socketio, seen by socket.io-client and by HTTP."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import requests

from tests.integration.clients import PATIENCE, Client, Rejected, eventually
from tests.tgext.conftest import APPS
from tests.tgext.servers import SERVING, Gearbox, write_ini
from tools.console import log_file
from tools.processes import Child, free_port
from tools.turbogears import VERSIONS, environment

NEWEST = VERSIONS[-1]
WAITS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
Connect = Callable[..., Client]
Serve = Callable[..., Gearbox]


@pytest.fixture(scope="module")
def server(version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gearbox]:
    """The application ``events``, on each version of TurboGears."""
    options = {"ack_timeout": 1, "max_body": 2_000}
    ini = write_ini(tmp_path_factory.mktemp("events"), "events", options, {})
    with Gearbox(version, ini, APPS) as server:
        yield server


def get(server: Gearbox, path: str) -> requests.Response:
    return requests.get(f"{server.url}{path}", timeout=PATIENCE)


def test_one_process_serves_pages_static_files_and_sockets(server: Gearbox) -> None:
    assert get(server, "/").text == "patched: True"
    assert get(server, "/socketio").text == "the controller's index"
    assert get(server, "/socketio/").text == "the controller's index"
    assert get(server, "/socketio/page").text == "the controller's page"
    assert get(server, "/file.txt").text == "a static file\n"
    assert "Socket.IO v4" in get(server, "/socketio/socket.io.js").text
    assert get(server, "/socketio/socketio_handshake").status_code == 404
    assert get(server, "/nothing").status_code == 404


def test_how_much_may_be_uploaded_is_an_option(server: Gearbox) -> None:
    for size, status in ((2_000, 404), (2_001, 413)):
        answer = requests.post(f"{server.url}/nothing", data=bytes(size), timeout=PATIENCE)
        assert answer.status_code == status


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]])
def test_events_and_acknowledgements(
    server: Gearbox, client: Connect, transports: list[str]
) -> None:
    socket = client(server, "/events", transports=transports).connected()
    assert socket.call("ping", {"a": [1, "é"]}) == ["/socketio/", "127.0.0.1"]
    assert socket.wait_for("pong") == [[{"a": [1, "é"]}]]
    assert socket.call("binary", b"\x00\x01\x02") == b"\x02\x01\x00"


@pytest.mark.parametrize("transports", [["websocket"], ["polling"]])
def test_what_goes_wrong_is_told_and_the_rest_goes_on(
    server: Gearbox, client: Connect, transports: list[str]
) -> None:
    socket = client(server, "/events", transports=transports).connected()
    for event, *args in (("fail",), ("meant",), ("secret",), ("nothing",), ("number", "x")):
        socket.emit(event, *args)
    assert socket.call("number", "12") == 12
    assert socket.events("error") == [
        ["internal_error", "Internal error"],
        ["locked", "the door is locked"],
        ["method_access_denied", 'You do not have access to method "on_secret"'],
        ["no_such_method", 'The method "on_nothing" was not found'],
        ["invalid_method_args", {"number": "No number"}],
    ]
    server.child.wait_for_line("KeyError: 'unexpected'")
    with pytest.raises(Rejected):
        socket.call("fail")


def test_namespaces_of_one_connection(server: Gearbox, client: Connect) -> None:
    events = client(server, "/events").connected()
    plain = client(server, "/plain", share=events).connected()
    assert "EIO=4" in plain.call("query")
    assert events.call("ping")[0] == "/socketio/"
    assert client(server, "/none").refused()["message"] == "Invalid namespace"
    assert client(server, "/").refused()["message"] == "Invalid namespace"


def test_rooms(server: Gearbox, client: Connect) -> None:
    one, other, third = (client(server, "/events").connected() for _ in range(3))
    for socket in (one, other):
        socket.call("join", "kitchen")
    one.call("say", "kitchen", "hello")
    assert other.wait_for("said") == [["hello"]]
    assert one.events("said") == third.events("said") == []


def test_a_handler_that_waits_holds_up_nobody(server: Gearbox, client: Connect) -> None:
    slow, quick = client(server, "/events").connected(), client(server, "/events").connected()
    waiting = slow.start_call("wait", "handler")
    quick.call("ping")
    assert get(server, "/").status_code == 200
    assert not slow.reports("answer", call=waiting)
    quick.call("open", "handler")
    assert slow.answer(waiting) == ["waited"]


def test_each_has_its_own_request_after_waiting(server: Gearbox, client: Connect) -> None:
    sockets = [client(server, "/events").connected() for _ in range(3)]
    pages = [
        subprocess.Popen(["curl", "-s", f"{server.url}/wait?seconds={seconds}"], stdout=-1)
        for seconds in (1, 1.5, 2)
    ]
    numbers = [socket.start_call("overlap", 1 + n / 2) for n, socket in enumerate(sockets)]
    for socket, number in zip(sockets, numbers):  # who came first ends first
        assert socket.answer(number) == [[True, "/socketio/"]]
    assert [page.communicate()[0] for page in pages] == [b"waited"] * 3


def test_a_query_that_waits_holds_up_nobody(server: Gearbox, client: Connect, dsn: str) -> None:
    slow, quick = client(server, "/events").connected(), client(server, "/events").connected()
    with closing(psycopg2.connect(dsn)) as locked, locked.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(1)")
        waiting = slow.start_call("query", dsn, 1)
        cursor.execute(WAITS)
        while not cursor.fetchone()[0]:
            quick.call("ping")
            cursor.execute(WAITS)
        quick.call("ping")
        assert not slow.reports("answer", call=waiting)
    assert slow.answer(waiting) == ["waited"]


def test_too_much_at_once_ends_one_connection(server: Gearbox, client: Connect) -> None:
    greedy, other = client(server, "/events").connected(), client(server, "/events").connected()
    greedy.emit("ping", "x" * 1_100_000)
    assert greedy.gone() == "transport close"
    assert other.call("ping")
    greedy.connected(2)
    assert greedy.call("ping")


def test_a_page_that_waits_holds_up_no_socket(server: Gearbox, client: Connect) -> None:
    socket = client(server, "/events").connected()
    url = f"{server.url}/pass_gate?gate=page"
    with subprocess.Popen(["curl", "-s", url], stdout=-1) as page:
        socket.call("ping")
        assert page.poll() is None
        socket.call("open", "page")
        assert page.communicate()[0] == b"waited"


def test_sigterm_ends_it_and_clients_come_back(serve: Serve, client: Connect) -> None:
    port = free_port()
    server = serve(NEWEST, "events", server={"port": port})
    socket = client(server, "/events", reconnectionDelay=100).connected()
    server.close()
    assert socket.gone() == "transport close"
    serve(NEWEST, "events", server={"port": port})
    assert socket.connected(2).call("ping")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"debug": True}, "does not run in debug mode: set 'debug = false' in"),
        ({"server": {"speed": 9}}, "has no option speed; it knows socketio_resource"),
        ({"server": {"port": "http"}}, "'http' is not valid for port"),
    ],
)
def test_a_wrong_configuration_ends_the_start_and_says_why(
    serve: Serve, options: dict[str, object], said: str
) -> None:
    server = serve(NEWEST, "events", ready=None, **options)
    server.child.wait_for_line(said)
    assert server.child.process.wait(PATIENCE) != 0


def test_a_port_that_is_taken(serve: Serve, server: Gearbox) -> None:
    second = serve(NEWEST, "events", server={"port": server.port}, ready=None)
    second.child.wait_for_line(f"cannot listen on 127.0.0.1:{server.port}")
    assert second.child.process.wait(PATIENCE) != 0


def test_a_resource_that_is_not_mounted(serve: Serve, client: Connect) -> None:
    said = "no SocketIOController answers at /elsewhere: mount one"
    server = serve(NEWEST, "events", server={"socketio_resource": "elsewhere"}, ready=said)
    refusal = client(server, "/events", path="/elsewhere").refused()
    assert refusal["data"] == {"status": 404}
    assert get(server, "/socketio/page").status_code == 200


def test_reload(serve: Serve, client: Connect, tmp_path: Path) -> None:
    module = tmp_path / "events.py"
    source = (APPS / "events.py").read_text()
    module.write_text(source)
    server = serve(
        NEWEST, "events", "--reload", path=tmp_path, server={"port": free_port()}
    )
    socket = client(server, "/events", reconnectionDelay=100).connected()
    before, _mark = socket.call("pid")
    module.write_text(f'{source}\nos.environ["MARK"] = "reloaded"\n')

    def reloaded() -> bool:
        return len(socket.reports("connect")) > 1

    # The monitor looks once per second and learns of a module as late as that, so it may have
    # missed the change.
    assert eventually(reloaded, 5) or module.touch() or eventually(reloaded)
    after, mark = socket.call("pid")
    assert (mark, after != before) == ("reloaded", True)
    server.child.stop()  # the monitor's own status
    assert eventually(lambda: not Path(f"/proc/{after}").exists())


def test_daemon(tmp_path: Path) -> None:
    port = free_port()
    ini = write_ini(tmp_path, "events", {"port": port}, {})
    gearbox = environment(NEWEST).with_name("gearbox")
    files = ["--pid-file", tmp_path / "pid", "-c", ini]
    variables = {**os.environ, "PYTHONPATH": str(APPS)}
    subprocess.run([gearbox, "serve", "--daemon", *files], check=True, env=variables, cwd=APPS)

    def answers() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/", timeout=10).ok
        except requests.RequestException:
            return False

    try:
        assert eventually(answers)
    finally:
        stop = [gearbox, "serve", "--stop-daemon", *files]
        subprocess.run(stop, check=True, env=variables, cwd=APPS, timeout=PATIENCE)
    assert not answers()


PROGRAMS = {
    "paste_deploy": """
from paste.deploy import loadapp, loadserver
server = loadserver("config:{ini}")
server(loadapp("config:{ini}"))
""",
    "own_program": """
from gevent.monkey import patch_all
patch_all()
from events import make_app
from tgext.socketio.server import socketio_server_runner
socketio_server_runner(make_app({{}}), {{}}, host="127.0.0.1", port=0, socketio_resource="socketio")
""",
}


PROGRAMS["unpatched"] = PROGRAMS["own_program"].partition("patch_all()\n")[2]


@pytest.mark.parametrize("kind", PROGRAMS)
def test_other_ways_to_start(client: Connect, tmp_path: Path, kind: str) -> None:
    patched = kind != "unpatched"
    ini = write_ini(tmp_path, "events", {}, {})
    source = "import logging; logging.basicConfig(level='INFO')\n" + PROGRAMS[kind].format(ini=ini)
    warnings = ["-W", "error::RuntimeWarning"] if patched else []
    command = [environment(NEWEST), *warnings, "-c", source]
    log = log_file(f"test-turbogears-{kind}")
    child = Child(kind, command, log, env={"PYTHONPATH": str(APPS)}, cwd=APPS)
    try:
        server = Gearbox.__new__(Gearbox)
        server.url = child.wait_for_line(SERVING)[1]
        assert client(server, "/events").connected().call("ping")
        assert get(server, "/").text == f"patched: {patched}"
        assert ("gevent has not patched" in Path(log).read_text()) is not patched
        child.process.send_signal(signal.SIGINT)
        assert child.process.wait(PATIENCE) == 0
    finally:
        child.stop()
