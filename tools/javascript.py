"""Part of ``make lint``: ESLint over all our JavaScript, TypeScript over what we declare for it."""

from __future__ import annotations

import subprocess

from tools.console import SetupError, main
from tools.paths import ROOT
from tools.programs import NODE_TESTS, node_bin, node_modules


def lint() -> None:
    """Run both; what they find is printed.

    :raises SetupError: when they find something
    """
    modules = node_modules()
    commands = {
        "ESLint": [modules / "eslint" / "bin" / "eslint.js", "--max-warnings", "0", "."],
        "TypeScript": [modules / "typescript" / "bin" / "tsc", "-p", NODE_TESTS / "types"],
    }
    running = {
        name: subprocess.Popen([node_bin() / "node", *command], cwd=ROOT)
        for name, command in commands.items()
    }
    failed = [name for name, process in running.items() if process.wait() != 0]
    if failed:
        raise SetupError(f"{' and '.join(failed)} found what is printed above; correct it.")


if __name__ == "__main__":
    main(lint)
