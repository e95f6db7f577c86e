"""``make vendor``: put the socket.io client of npm into the addon, with its version and licence.

It is the one that ``tests/node`` is locked to. npm checks the registry's integrity hash; recorded,
it lets anyone check the file.
"""

from __future__ import annotations

import json
import shutil

from tools.console import main, say
from tools.paths import ROOT
from tools.programs import NODE_TESTS, node_modules

FILES = {"dist/socket.io.min.js": "socket.io.min.js", "LICENSE": "LICENSE"}
TARGET = ROOT / "web_socketio" / "static" / "lib" / "socket.io"

TURBOGEARS = ROOT / "tgext" / "tgext" / "socketio" / "static"

README = """\
# socket.io-client {version}

The browser build of the npm package `socket.io-client`, unchanged. Licence: {license}, see LICENSE.
Made by `make vendor`; the version is the one in `tests/node/package-lock.json`.

- package integrity: `{integrity}`
"""


def vendor() -> None:
    """Copy from the installed package what the addon serves."""
    package = node_modules() / "socket.io-client"
    TARGET.mkdir(parents=True, exist_ok=True)
    for source, target in FILES.items():
        shutil.copyfile(package / source, TARGET / target)
    shutil.copyfile(TARGET / "socket.io.min.js", TURBOGEARS / "socket.io.min.js")
    shutil.copyfile(TARGET / "LICENSE", TURBOGEARS / "LICENSE.socket.io")
    lock = json.loads((NODE_TESTS / "package-lock.json").read_text(encoding="utf-8"))
    entry = lock["packages"]["node_modules/socket.io-client"]
    (TARGET / "README.md").write_text(README.format(**entry), encoding="utf-8")
    say(f"-- socket.io-client {entry['version']} is in {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main(vendor)
