"""Python that changed on disk after it was loaded."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path

from pgsocketio.files import Stat, file_stat, file_stats

logger = logging.getLogger("oe_web_socketio")

_ADDONS = "odoo.addons."
_WATCHED = ("odoo", "oe_web_socketio", "pgsocketio")
_BATCH = 200  # files; a look takes a few milliseconds in all, others get their turn in between


class CodeWatch:
    """Compares the files of loaded modules with what they were when they were first seen.

    :param sleep: gives way for some seconds.
    :ivar stale: addons and packages whose Python changed.
    """

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self._seen: dict[str, tuple[str, Stat | None]] = {}
        self._files: list[tuple[str, str]] = []
        self._modules = 0
        self._broken: dict[Path, Stat | None] = {}
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
        for start in range(0, len(self._files), _BATCH):
            some = self._files[start : start + _BATCH]
            for (name, path), stat in zip(some, file_stats([path for _name, path in some])):
                if self._seen.setdefault(name, (path, stat)) != (path, stat):
                    files.append(Path(path))
                    self._changed(name)
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
            stat = file_stat(str(path))
            if self._broken.get(path) != stat:
                self._broken[path] = stat
                logger.error("not started again, because of an error in %s: %s", path, error)
            return False
        return True
