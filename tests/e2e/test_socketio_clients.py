"""socket.io-client as it was published, in Chromium: three versions, each over each transport."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.integration.socketio.conftest import SocketioServer
from tools.programs import node_modules

VERSIONS = {"3.1": "socket.io-client-3.1", "4.0": "socket.io-client-4.0", "4.8": "socket.io-client"}
WORK = """
async (transports) => {
    const bytes = (...values) => new Uint8Array(values).buffer;
    const plain = (value) => value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value;
    const within = (promise) => Promise.race([
        promise, new Promise((_, fail) => setTimeout(() => fail(new Error("too late")), 60000)),
    ]);
    const next = (socket, event) => within(new Promise((done) => socket.once(event,
        (...args) => done(args.map(plain)))));
    const work = async (socket) => {
        const echoed = await within(new Promise((done) =>
            socket.emit("echo", { a: [1, null] }, bytes(0, 255), (...args) => done(args))));
        const said = next(socket, "said");
        socket.emit("say", bytes(1), "text", bytes(2));
        socket.once("asked", (value, acknowledge) => acknowledge(value, bytes(3)));
        const answered = next(socket, "answered");
        socket.emit("ask", "who");
        return [echoed.map(plain), await said, await answered];
    };
    const socket = io("/", { transports, reconnectionDelay: 50, forceNew: true });
    const chat = socket.io.socket("/chat").connect();
    await Promise.all([next(socket, "connect"), next(chat, "connect")]);
    const engine = socket.io.engine;
    if (engine.transport.name !== transports.at(-1))
        await within(new Promise((done) => engine.once("upgrade", done)));
    const results = await Promise.all([work(socket), work(chat)]);
    const back = next(socket, "connect");
    socket.emit("send away"); // closes the transport, as an ending server does
    await back;
    results.push(await work(socket), engine.transport.name);
    socket.disconnect();
    return results;
}
"""
WORKED = [[{"a": [1, None]}, [0, 255]], [[1], "text", [2]], ["who", [3]]]
TRANSPORTS = [["polling"], ["websocket"], ["polling", "websocket"]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SocketioServer]:
    server = SocketioServer(tmp_path_factory.mktemp("socketio") / "stderr")
    yield server
    server.end()


@pytest.mark.parametrize("version", VERSIONS)
def test_client(
    server: SocketioServer, new_context: Callable[[], BrowserContext], version: str
) -> None:
    """Events and acknowledgements both ways, binary too, two namespaces; it comes back alone."""
    page = new_context().new_page()
    page.goto(f"http://127.0.0.1:{server.port}/")
    page.add_script_tag(path=_script(version))
    for transports in TRANSPORTS:
        results = page.evaluate(WORK, transports)
        assert results == [WORKED, WORKED, WORKED, transports[-1]]


def _script(version: str) -> Path:
    return node_modules() / VERSIONS[version] / "dist" / "socket.io.min.js"
