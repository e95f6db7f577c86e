"""python-socketio's clients, each over each transport, all at once; run by ``test_clients.py``.

Argument: the server's address. Prints "ready" when all did the main job; then the server has to be
restarted, after which they come back by themselves. Exits with status 0 when all went well.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import socketio

TRANSPORTS = [["polling"], ["websocket"], ["polling", "websocket"]]
FAST = {"reconnection_delay": 0.1, "reconnection_delay_max": 0.3}
PATIENCE = 60.0
CLIENTS = 9 if hasattr(socketio, "SimpleClient") else 6
READY = threading.Barrier(CLIENTS + 1, timeout=120)


class Heard:
    """What one client heard, and when it connected."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.changed = threading.Condition()

    def add(self, *event: Any) -> None:
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def wait(self, event: tuple[Any, ...], count: int = 1) -> None:
        with self.changed:
            if not self.changed.wait_for(lambda: self.events.count(event) >= count, PATIENCE):
                raise TimeoutError(f"{count} times {event} expected: {self.events}")


def prepare(client: Any) -> Heard:
    """Register what the clients of both kinds listen to."""
    heard = Heard()
    for namespace in ("/", "/chat"):
        def said(*args: Any, name: str = namespace) -> None:
            heard.add(name, *args)

        def asked(*args: Any) -> tuple[Any, ...]:
            return args

        def answered(*args: Any, name: str = namespace) -> None:
            heard.add(name, "answered", *args)

        def connected(name: str = namespace) -> None:
            heard.add(name, "connected")

        client.on("said", said, namespace=namespace)
        client.on("asked", asked, namespace=namespace)
        client.on("answered", answered, namespace=namespace)
        client.on("connect", connected, namespace=namespace)
    return heard


def run_client(url: str, transports: list[str]) -> None:
    client = socketio.Client(**FAST)
    heard = prepare(client)
    client.connect(url, namespaces=["/", "/chat"], transports=transports, wait_timeout=PATIENCE)
    for round in (1, 2):
        for namespace in ("/", "/chat"):
            heard.wait((namespace, "connected"), round)
            answer = client.call("echo", ({"a": [1]}, b"\x00\xff"), namespace, timeout=PATIENCE)
            assert answer == ({"a": [1]}, b"\x00\xff") or list(answer) == [{"a": [1]}, b"\x00\xff"]
            client.emit("say", (b"\x01", b"\x02"), namespace)
            heard.wait((namespace, b"\x01", b"\x02"), round)
            client.emit("ask", ("who", b"\x03"), namespace)
            heard.wait((namespace, "answered", "who", b"\x03"), round)
        if round == 1:
            READY.wait()
    client.disconnect()


async def run_async_client(url: str, transports: list[str]) -> None:
    client = socketio.AsyncClient(**FAST)
    heard = prepare(client)
    await client.connect(
        url, namespaces=["/", "/chat"], transports=transports, wait_timeout=PATIENCE
    )
    for round in (1, 2):
        for namespace in ("/", "/chat"):
            await asyncio.to_thread(heard.wait, (namespace, "connected"), round)
            answer = await client.call(
                "echo", ({"a": [1]}, b"\x00\xff"), namespace, timeout=PATIENCE
            )
            assert list(answer) == [{"a": [1]}, b"\x00\xff"]
            await client.emit("say", (b"\x01", b"\x02"), namespace)
            await asyncio.to_thread(heard.wait, (namespace, b"\x01", b"\x02"), round)
            await client.emit("ask", ("who", b"\x03"), namespace)
            expected = (namespace, "answered", "who", b"\x03")
            await asyncio.to_thread(heard.wait, expected, round)
        if round == 1:
            await asyncio.to_thread(READY.wait)
    await client.disconnect()


def run_simple_client(url: str, transports: list[str]) -> None:
    """It knows one namespace, and comes back inside of its calls."""
    with socketio.SimpleClient(**FAST) as client:
        client.connect(url, namespace="/chat", transports=transports, wait_timeout=PATIENCE)
        for round in (1, 2):
            answer = client.call("echo", ({"a": [1]}, b"\x00\xff"), timeout=PATIENCE)
            assert list(answer) == [{"a": [1]}, b"\x00\xff"]
            client.emit("say", (b"\x01", b"\x02"))
            assert client.receive(PATIENCE) == ["said", b"\x01", b"\x02"]
            if round == 1:
                READY.wait()
                gone = client.client.eio
                while gone.state == "connected":  # it would lose an event sent just now
                    client.client.sleep(0.02)


def main() -> None:
    url = sys.argv[1]
    with ThreadPoolExecutor(CLIENTS) as pool:
        jobs = []
        for transports in TRANSPORTS:
            jobs.append(pool.submit(run_client, url, transports))
            jobs.append(pool.submit(lambda t=transports: asyncio.run(run_async_client(url, t))))
            if CLIENTS == 9:
                jobs.append(pool.submit(run_simple_client, url, transports))
        READY.wait()
        print("ready", flush=True)  # noqa: T201
        for job in jobs:
            job.result()
    print(f"{len(jobs)} clients", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
