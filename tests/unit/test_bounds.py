"""Each bound is an option of every server process, with the default of the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from oe_web_socketio.options import OPTIONS
from pgsocketio.bounds import BOUNDS
from pgsocketio.config import Option
from pgsocketio.engine import EngineSettings
from pgsocketio.lifecycle import engine_settings, server_settings
from pgsocketio.settings import ServerSettings

PAGE = Path(__file__).parents[2] / "docs" / "limits.md"
SETTINGS = (EngineSettings(), ServerSettings())


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: bound.name)
def test_default(bound: Option) -> None:
    defaults = [getattr(s, bound.name) for s in SETTINGS if hasattr(s, bound.name)]
    assert defaults
    assert set(defaults) == {bound.default}


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: bound.name)
def test_what_is_chosen_holds(bound: Option) -> None:
    text = str(int(bound.default) + 1)
    values: dict[str, Any] = OPTIONS.parse(["--" + bound.name.replace("_", "-"), text], {})
    assert values[bound.name] == int(text)
    for settings in (engine_settings(values), server_settings(values)):
        assert getattr(settings, bound.name, int(text)) == int(text)


def test_sockets_follow_connections() -> None:
    """Two for each: a poll, and a POST beside it."""
    values = OPTIONS.parse(["--max-connections", "30000"], {})
    assert engine_settings(values).max_sockets == 60_000
    assert engine_settings(OPTIONS.parse([], {})) == EngineSettings()


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: bound.name)
def test_page(bound: Option) -> None:
    """docs/limits names each, with its default."""
    rows = [row for row in PAGE.read_text("utf-8").splitlines() if f"`{bound.name}`" in row]
    assert len(rows) == 1
    assert f" {int(bound.default):,} |" in rows[0]
