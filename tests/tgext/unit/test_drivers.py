"""A database driver that would hold up every client is named at the start."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from psycopg2.extensions import get_wait_callback, set_wait_callback
from tgext.socketio.drivers import warn_of_blocking


@pytest.fixture(autouse=True)
def wait_callback() -> Any:
    """The process is as it was, afterwards."""
    before = get_wait_callback()
    yield set_wait_callback
    set_wait_callback(before)


def warnings(driver: str | None, caplog: pytest.LogCaptureFixture) -> str:
    """What is said of an application with that driver; None: it has no database."""
    engine = driver and SimpleNamespace(dialect=SimpleNamespace(driver=driver))
    warn_of_blocking({"tg.app_globals": SimpleNamespace(sa_engine=engine)})
    return caplog.text


@pytest.mark.parametrize("driver", ["mysqldb", "pyodbc", "oracledb"])
def test_a_driver_that_waits_in_c_is_named(driver: str, caplog: pytest.LogCaptureFixture) -> None:
    text = warnings(driver, caplog)
    assert f"the database driver {driver} holds up every client" in text
    assert "take one that works with gevent" in text


@pytest.mark.parametrize("driver", [None, "pysqlite", "psycopg", "pymysql"])
def test_others_are_not(driver: str | None, caplog: pytest.LogCaptureFixture) -> None:
    assert warnings(driver, caplog) == ""


def test_psycopg2_is_one_until_it_gives_way(
    wait_callback: Any, caplog: pytest.LogCaptureFixture
) -> None:
    wait_callback(None)
    assert "serve with 'use = egg:tgext.socketio#socketio'" in warnings("psycopg2", caplog)
    caplog.clear()
    wait_callback(lambda _connection: None)
    assert warnings("psycopg2", caplog) == ""
