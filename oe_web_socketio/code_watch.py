"""Python that changed on disk after it was loaded."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

logger = logging.getLogger("oe_web_socketio")

_ADDONS = "odoo.addons."
_WATCHED = ("odoo", "oe_web_socketio", "pgsocketio")
_BATCH = 200  # files; a look takes a few milliseconds in all, others get their turn in between

State = tuple[int, int]


class CodeWatch:
    """Compares the files of loaded modules with what they were when they were first seen.

    It polls their stat: that needs no library and no kernel's watches, works on every file system,
    and knows just the files that were loaded.

    :param sleep: gives way for some seconds.
    :ivar stale: addons and packages whose Python changed.
    """

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self._seen: dict[str, tuple[str, State | None]] = {}
        self._files: list[tuple[str, str]] = []
        self._modules = 0
        self._broken: dict[Path, State | None] = {}
        self.stale: dict[str, None] = {}

    @property
    def reasons(self) -> list[str]:
        """Why the process should be started again."""
        return [f"needs restart: changed Python of {name}" for name in self.stale]

    def run(self, interval: float, changed: Callable[[], None] = lambda: None) -> None:
        """Look for ever.

        :param interval: seconds between two looks.
        :param changed: called when Python changed that can be compiled.
        """
        while True:
            files = self.look()
            if files and all(self._compiles(path) for path in files):
                changed()
            self._sleep(interval)

    def look(self) -> list[Path]:
        """Look once; says each addon once in the log.

        :returns: the files that changed since they were loaded.
        """
        files = []
        self._find()
        for number, (name, path) in enumerate(self._files, 1):
            state = _state(path)
            if self._seen.setdefault(name, (path, state)) != (path, state):
                files.append(Path(path))
                self._changed(name)
            if number % _BATCH == 0:
                self._sleep(0)
        return files

    def _find(self) -> None:
        """The files to look at: others only when more modules are loaded than before."""
        if len(sys.modules) == self._modules:
            return
        self._modules = len(sys.modules)
        paths = [(name, getattr(one, "__file__", None)) for name, one in list(sys.modules.items())]
        self._files = [
            (name, path) for name, path in paths if path and name.partition(".")[0] in _WATCHED
        ]

    def _changed(self, module: str) -> None:
        package = module.partition(".")[0]
        if module.startswith(_ADDONS):
            package = f"addon {module.removeprefix(_ADDONS).partition('.')[0]}"
        if package not in self.stale:
            self.stale[package] = None
            logger.warning("needs restart: changed Python of %s", package)

    def _compiles(self, path: Path) -> bool:
        """Whether a file is worth a restart; an error is said once per version of the file."""
        try:
            compile(path.read_bytes(), str(path), "exec")
        except (OSError, SyntaxError, ValueError) as error:
            state = _state(str(path))
            if self._broken.get(path) != state:
                self._broken[path] = state
                logger.error("not started again, because of an error in %s: %s", path, error)
            return False
        return True


def _state(path: str) -> State | None:
    """What changes when a file does; None: it is gone."""
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
