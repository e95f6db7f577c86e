"""``oe_web_socketio scaffold``: an addon of another name, and errors for people."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from oe_web_socketio import cli
from oe_web_socketio.commands import COMMANDS, run
from oe_web_socketio.commands.scaffold import LONGEST, TEMPLATE, write_addon
from pgsocketio.errors import ConfigError


def files_of(folder: Path) -> dict[str, str]:
    """Text by path."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {str(path.relative_to(folder)): path.read_text("latin-1") for path in paths}


def test_the_template_is_an_addon_of_the_name_my_addon(tmp_path: Path) -> None:
    assert files_of(write_addon("my_addon", tmp_path)) == files_of(TEMPLATE)


def test_every_name_in_it_is_the_addons_own(tmp_path: Path) -> None:
    written = files_of(write_addon("door_bell_2", tmp_path))
    assert len(written) == len(files_of(TEMPLATE))
    for path, text in written.items():
        for word in ("my_addon", "my.addon", "MyAddon", "myAddon", "My Addon"):
            assert word not in path
            assert word not in text
        if path.endswith(".py"):
            ast.parse(text)
    assert '_name = "door.bell.2.note"' in written["models/door_bell_2_note.py"]
    assert "class DoorBell2NameSpace(" in written["namespace.py"]
    assert "doorBell2Service" in written["static/src/door_bell_2_service.js"]
    assert '"Door Bell 2"' in written["__manifest__.py"]


@pytest.mark.parametrize(
    "name", ["", "My_addon", "my-addon", "2nd", "a__b", "a_", "class", "../x", "a" * (LONGEST + 1)]
)
def test_a_bad_name_is_told_what_it_takes(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="lower-case letters.* such as my_addon"):
        write_addon(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(ConfigError, match=f"{tmp_path}/mine exists already; choose another name"):
        write_addon("mine", tmp_path)
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=f"{tmp_path}/file.* cannot be written: "):
        write_addon("mine", tmp_path / "file")


def test_the_command_says_what_to_do_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("scaffold", ["mine", str(tmp_path / "new")]) == 0
    assert (tmp_path / "new" / "mine" / "__manifest__.py").exists()
    said = capsys.readouterr().out
    assert f"oe -d mydb --addons-path {tmp_path}/new -i mine" in said
    assert f"oe_web_socketio -d mydb --addons-path {tmp_path}/new" in said


def test_a_first_word_is_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["scaffold", "mine", str(tmp_path)])
    assert ended.value.code == 0
    with pytest.raises(SystemExit) as ended:
        cli.main(["nonsense"])
    assert "oe_web_socketio: unknown command 'nonsense', it knows scaffold" in str(ended.value.code)
    with pytest.raises(SystemExit) as ended:
        cli.main(["scaffold"])
    assert "required: name; see oe_web_socketio scaffold --help" in str(ended.value.code)


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    said = capsys.readouterr().out
    for name, text in COMMANDS.items():
        assert f"  {name:<10} {text}" in said
