"""The message log over the life of the addon: installation, update, uninstallation, and again."""

from __future__ import annotations

from collections.abc import Callable

from tools.console import run
from tools.odoo import OdooInstance
from tools.postgres import Postgres

LEFT = """
    SELECT 'relation ' || relname FROM pg_class
        WHERE relname LIKE 'web\\_socketio%' AND relkind IN ('r', 'p', 'S', 'v')
    UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE proname LIKE 'web\\_socketio%'
    UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typname LIKE 'web\\_socketio%'
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgname LIKE 'web\\_socketio%'
    UNION ALL SELECT 'parameter ' || key FROM ir_config_parameter WHERE key LIKE 'web\\_socketio%'
    UNION ALL SELECT 'model ' || model FROM ir_model WHERE model LIKE 'web.socketio%'
    UNION ALL SELECT 'data ' || name FROM ir_model_data WHERE module = 'web_socketio'
    UNION ALL SELECT 'cron ' || code FROM ir_act_server WHERE code LIKE '%\\_trim()%'
    ORDER BY 1
"""
PUBLISH = "SELECT web_socketio_notify('test', '{\"n\": 1}')"


def uninstall(instance: OdooInstance, db: str, addon: str) -> None:
    """Uninstall an addon, and with it what depends on it."""
    run(
        instance.command("module", "uninstall", "-c", instance.conf, "-d", db, addon),
        "test-uninstall", f"Odoo could not uninstall {addon}.", env=instance.odoo.env,
    )


def test_an_update_keeps_the_messages_and_the_secret(
    odoo_instance: OdooInstance, postgres: Postgres, clone_odoo_db: Callable[[], str]
) -> None:
    db = clone_odoo_db()
    published = postgres.psql(PUBLISH, db)
    kept = "SELECT key, value FROM web_socketio_meta WHERE key IN ('secret', 'log') ORDER BY key"
    before = postgres.psql(kept, db)
    odoo_instance.update(db, ["web_socketio"], log="test-update")
    assert postgres.psql("SELECT id FROM web_socketio_log WHERE channel = 'test'", db) == published
    assert postgres.psql(kept, db) == before
    assert int(postgres.psql(PUBLISH, db)) > int(published)


def test_uninstalling_leaves_nothing_and_it_can_be_installed_again(
    odoo_instance: OdooInstance, postgres: Postgres, clone_odoo_db: Callable[[], str]
) -> None:
    db = clone_odoo_db()
    assert "function web_socketio_notify" in postgres.psql(LEFT, db), "the query finds something"
    postgres.psql(PUBLISH, db)
    parameter = "INSERT INTO ir_config_parameter (key, value) VALUES ('web_socketio.url', 'x')"
    postgres.psql(parameter, db)
    uninstall(odoo_instance, db, "web_socketio")
    assert postgres.psql(LEFT, db) == ""
    odoo_instance.install(db, ["web_longpolling"], log="test-reinstall")
    assert postgres.psql("SELECT count(*) FROM web_socketio_log", db) == "0"
    assert int(postgres.psql(PUBLISH, db)) > 0
