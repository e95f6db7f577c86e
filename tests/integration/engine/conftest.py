"""Starts the echo server in a process of its own; the test process stays unpatched."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .wire import PATIENCE

SCRIPT = Path(__file__).with_name("echo_server.py")
ROOT = SCRIPT.parents[3]


class EchoServer:
    """A running echo server.

    Args:
        log: file for its standard error.
        words: words of its command line, such as 'patched', 'fallback' or 'files=30'.
        settings: EngineSettings fields.
    """

    script = SCRIPT

    def __init__(self, log: Path, *words: str, **settings: Any) -> None:
        self.log = log
        self._started = time.monotonic()
        command = [sys.executable, str(self.script), json.dumps(settings), *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
        with log.open("w") as stderr:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.end()
        assert line, log.read_text()
        self.port = int(line)

    def has_said_once(self, words: str) -> bool:
        """Whether the log has a line with these words, and one only.

        On a machine so slow that the test took several of the ten seconds in which a line comes
        once, it may have as many.
        """
        periods = 1 + (time.monotonic() - self._started) // 10
        return 1 <= len(re.findall(words, self.log.read_text())) <= periods

    def end(self) -> None:
        """End the process, if it has not ended."""
        self.process.terminate()
        self.process.wait(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()


Start = Callable[..., EchoServer]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start a server with these words and settings; the same ones give the same server."""
    servers: dict[str, EchoServer] = {}

    def started(*words: str, **settings: Any) -> EchoServer:
        key = json.dumps([words, settings])
        if key not in servers:
            log = tmp_path_factory.mktemp("engine") / "stderr"
            servers[key] = EchoServer(log, *words, **settings)
        return servers[key]

    yield started
    dead = [
        server.log.read_text() for server in servers.values() if server.process.poll() is not None
    ]
    for server in servers.values():
        server.end()
    assert not dead


@pytest.fixture
def start_own(tmp_path: Path) -> Iterator[Start]:
    """Start one server for this test alone, which may end it."""
    servers: list[EchoServer] = []

    def started(*words: str, **settings: Any) -> EchoServer:
        servers.append(EchoServer(tmp_path / "stderr", *words, **settings))
        return servers[-1]

    yield started
    for server in servers:
        server.end()


@pytest.fixture
def port(start: Start) -> int:
    """The port of a server with default settings."""
    return start().port
