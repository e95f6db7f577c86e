"""Node.js scripts with the official Socket.IO clients."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools.console import log_file
from tools.processes import Child
from tools.programs import NODE_TESTS, node_bin, node_modules


def run_node(source: str, *arguments: str, timeout: float = 60.0) -> str:
    """Run an ES module given as text in ``tests/node``; return what it printed.

    :param timeout: seconds
    :raises AssertionError: when its exit status is not 0; tells what it wrote to stderr
    """
    node_modules()
    command = [str(node_bin() / "node"), "--input-type=module", "-e", source, "--", *arguments]
    result = subprocess.run(
        command, cwd=NODE_TESTS, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert result.returncode == 0, f"node ended with {result.returncode}:\n{result.stderr}"
    return result.stdout


def start_node(script: Path, *arguments: str) -> Child:
    """Start a script of ``tests/node`` and return the running process."""
    node_modules()
    log = log_file(f"test-node-{script.stem}")
    return Child(script.name, [node_bin() / "node", script, *arguments], log, cwd=NODE_TESTS)
