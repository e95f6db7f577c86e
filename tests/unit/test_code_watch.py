"""Python that changes on disk while it is loaded."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from oe_web_socketio.code_watch import CodeWatch

Load = Callable[[str], Path]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Pretend that a module was loaded from a file."""

    def load(name: str) -> Path:
        module = ModuleType(name)
        path = tmp_path / f"{name}.py"
        path.write_text("n = 1\n")
        module.__file__ = str(path)
        monkeypatch.setitem(sys.modules, name, module)
        return path

    return load


@pytest.fixture
def watch() -> CodeWatch:
    return CodeWatch(lambda _seconds: None)


def test_a_changed_addon_is_named_once(
    watch: CodeWatch, load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    path, other = load("odoo.addons.shop.namespace"), load("odoo.addons.shop.adapters")
    load("odoo.addons.same.namespace")
    assert watch.look() == []
    path.write_text("number = 2\n")
    other.write_text("number = 2\n")
    with caplog.at_level(logging.WARNING):
        assert watch.look() == [path, other]
        assert watch.look() == [path, other]
    assert watch.reasons == ["needs restart: changed Python of addon shop"]
    assert caplog.messages == ["needs restart: changed Python of addon shop"]


def test_what_was_installed_later_is_no_change(watch: CodeWatch, load: Load) -> None:
    watch.look()
    load("odoo.addons.late.namespace")
    assert watch.look() == []
    assert watch.reasons == []


def test_a_file_that_is_gone_changed(watch: CodeWatch, load: Load) -> None:
    path = load("odoo.addons.shop.namespace")
    watch.look()
    path.unlink()
    assert watch.look() == [path]


def test_the_server_and_odoo_themselves_are_named_too(watch: CodeWatch, load: Load) -> None:
    path = load("pgsocketio.invented")
    load("unrelated.module").write_text("n = 3\n")
    watch.look()
    path.write_text("number = 2\n")
    watch.look()
    assert watch.reasons == ["needs restart: changed Python of pgsocketio"]


class Enough(Exception):
    """Ends a loop without end."""


def test_only_what_compiles_starts_it_again(
    load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    path = load("odoo.addons.shop.namespace")
    contents = ["n =\n", "n =\n", "n = 22\n"]
    events: list[str] = []

    def sleep(seconds: float) -> None:
        if seconds:
            events.append("slept")
            if not contents:
                raise Enough
            path.write_text(contents.pop(0))

    with pytest.raises(Enough):
        CodeWatch(sleep).run(0.5, lambda: events.append("again"))
    assert events == ["slept", "slept", "slept", "again", "slept"]
    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert len(errors) in (1, 2)  # a file that was written again is another version
    assert all(str(path) in error and "invalid syntax" in error for error in errors)
