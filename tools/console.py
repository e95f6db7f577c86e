"""What the tools print, how they run commands, and how they fail: one sentence, exit status 1."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.paths import LOGS


class SetupError(Exception):
    """Something is missing or went wrong; the message is one sentence for a person to act on."""


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Print what happens now and, when it took over a second, how long it took."""
    say(f"-- {text}")
    started = time.monotonic()
    yield
    seconds = time.monotonic() - started
    if seconds > 1:
        say(f"   done in {seconds:.0f} s")


def log_file(name: str) -> Path:
    """Return the path of the log file of that name; its folder exists."""
    LOGS.mkdir(parents=True, exist_ok=True)
    return LOGS / f"{name}.log"


def run(
    command: Sequence[object],
    log: str,
    failure: str,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | Path = os.devnull,
) -> None:
    """Run a command to its end with all its output in a log file.

    On a terminal the seconds count up meanwhile.

    :param log: name of the log file, without folder and suffix; appended to
    :param failure: the sentence to fail with; the log file is named after it
    :param env: variables to set besides those of this process
    :param stdin: path of the file it reads
    :raises SetupError: when the command is missing or its exit status is not 0
    """
    path = log_file(log)
    with path.open("ab") as output, open(stdin, "rb") as source:
        output.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        output.flush()
        try:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=source,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
            )
        except FileNotFoundError as error:
            raise SetupError(f"{failure} The command {command[0]} is missing.") from error
        if _wait_counting(process) != 0:
            raise SetupError(f"{failure} The output is in {path}.")


def _wait_counting(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process; show the seconds on a terminal. Return its exit status."""
    started = time.monotonic()
    try:
        while True:
            try:
                return process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                if sys.stdout.isatty():
                    print(f"   {time.monotonic() - started:.0f} s\r", end="", flush=True)
    except BaseException:
        process.terminate()
        process.wait()
        raise


def main(function: Callable[[], None]) -> None:
    """Run a tool's main function; a SetupError becomes its sentence and exit status 1."""
    try:
        function()
    except SetupError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
