"""The systemd unit of the documentation fits the program that it starts."""

from __future__ import annotations

import shlex
from configparser import RawConfigParser
from pathlib import Path

from oe_web_socketio.options import OPTIONS
from pgsocketio.lifecycle import engine_settings

UNIT = Path(__file__).parents[2] / "docs" / "conf" / "oe_web_socketio.service"


def service() -> dict[str, str]:
    parser = RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT, "utf-8")
    return dict(parser["Service"])


def test_its_command_is_understood(tmp_path: Path) -> None:
    program, *words = shlex.split(service()["ExecStart"])
    assert Path(program).name == OPTIONS.prog
    conf = tmp_path / "odoo.conf"
    conf.write_text("[options]\n", "utf-8")
    words[words.index("-c") + 1] = str(conf)
    values = OPTIONS.parse(words, {})
    assert values["database"] == ("mydb",)
    assert values["trusted_proxy"] == ("127.0.0.1",)


def test_systemd_waits_for_ready_and_looks_whether_it_lives() -> None:
    found = service()
    assert found["Type"] == "notify"
    assert int(found["WatchdogSec"]) >= 30
    assert found["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert found["Restart"] == "on-failure", "status 75 above the memory limit is one"


def test_it_gives_time_to_end_and_descriptors_for_all_clients() -> None:
    values, found = OPTIONS.parse([], {}), service()
    assert int(found["TimeoutStopSec"]) > values["drain_timeout"]
    assert int(found["LimitNOFILE"]) > engine_settings(values).max_sockets + 256
