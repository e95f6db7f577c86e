"""The message log over the life of the addon: installation, update, uninstallation, and again."""

from __future__ import annotations

from collections.abc import Callable

import psycopg2

from pgsocketio.log import schema
from tests.support.old_schema import version_1
from tools.console import run
from tools.odoo import OdooInstance
from tools.postgres import Postgres

# Whatever is named after us, in PostgreSQL and in Odoo: so what is added later is looked for, too.
LEFT = """
    SELECT 'relation ' || relname FROM pg_class WHERE relname LIKE 'web\\_socketio%'
    UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE proname LIKE 'web\\_socketio%'
    UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typname LIKE 'web\\_socketio%'
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgname LIKE 'web\\_socketio%'
    UNION ALL SELECT 'constraint ' || conname FROM pg_constraint
        WHERE conname LIKE 'web\\_socketio%'
    UNION ALL SELECT 'column ' || attname FROM pg_attribute
        WHERE attname LIKE 'web\\_socketio%' AND NOT attisdropped
    UNION ALL SELECT 'parameter ' || key FROM ir_config_parameter WHERE key LIKE 'web\\_socketio%'
    UNION ALL SELECT 'model ' || model FROM ir_model WHERE model LIKE 'web.socketio%'
    UNION ALL SELECT 'field ' || model || '.' || name FROM ir_model_fields
        WHERE name LIKE 'web\\_socketio%' OR relation LIKE 'web.socketio%'
    UNION ALL SELECT 'data ' || name FROM ir_model_data WHERE module = 'web_socketio'
    UNION ALL SELECT 'server action ' || id FROM ir_act_server
        WHERE code LIKE '%web.socketio%' OR model_id NOT IN (SELECT id FROM ir_model)
    UNION ALL SELECT 'window action ' || id FROM ir_act_window
        WHERE res_model LIKE 'web.socketio%'
    UNION ALL SELECT 'menu ' || id FROM ir_ui_menu WHERE name::text LIKE '%Realtime%'
    UNION ALL SELECT 'cron ' || id FROM ir_cron WHERE cron_name LIKE 'Realtime%'
    UNION ALL SELECT 'view ' || name FROM ir_ui_view
        WHERE model LIKE 'web.socketio%' OR arch_db::text LIKE '%web\\_socketio%'
    UNION ALL SELECT 'API key ' || name FROM res_users_apikeys WHERE scope = 'socketio'
    UNION ALL SELECT 'asset ' || name FROM ir_attachment WHERE name LIKE '%web\\_socketio%'
    ORDER BY 1
"""
PUBLISH = "SELECT web_socketio_notify('test', '{\"n\": 1}')"


def uninstall(instance: OdooInstance, db: str, addon: str) -> None:
    """Uninstall an addon, and with it what depends on it."""
    run(
        instance.command("module", "uninstall", "-c", instance.conf, "-d", db, addon),
        "test-uninstall", f"Odoo could not uninstall {addon}.", env=instance.odoo.env,
    )


def make_old(dsn: str) -> None:
    """Replace the message log of a database by one of version 1."""
    connection = psycopg2.connect(dsn)
    with connection, connection.cursor() as cursor, version_1():
        schema.uninstall(cursor)
        schema.install(cursor)
    connection.close()


def test_an_update_keeps_the_messages_and_the_secret_of_an_older_version(
    odoo_instance: OdooInstance, postgres: Postgres, clone_odoo_db: Callable[[], str]
) -> None:
    db = clone_odoo_db()
    make_old(postgres.dsn(db))
    published = postgres.psql(PUBLISH, db)
    kept = "SELECT key, value FROM web_socketio_meta WHERE key IN ('secret', 'log') ORDER BY key"
    before = postgres.psql(kept, db)
    odoo_instance.update(db, ["web_socketio"], log="test-update")
    assert postgres.psql("SELECT id FROM web_socketio_log WHERE channel = 'test'", db) == published
    assert postgres.psql(kept, db) == before
    assert int(postgres.psql(PUBLISH, db)) > int(published)
    version = "SELECT value FROM web_socketio_meta WHERE key = 'version'"
    assert postgres.psql(version, db) == str(schema.VERSION)
    assert postgres.psql("SELECT count(*) FROM web_socketio_node", db) == "0"


def test_uninstalling_leaves_nothing_and_it_can_be_installed_again(
    odoo_instance: OdooInstance, postgres: Postgres, clone_odoo_db: Callable[[], str]
) -> None:
    db = clone_odoo_db()
    found = postgres.psql(LEFT, db)
    for kind in ("relation web_socketio_log", "function web_socketio_notify", "data ", "cron "):
        assert kind in found, "the query finds something"
    postgres.psql(PUBLISH, db)
    parameter = "INSERT INTO ir_config_parameter (key, value) VALUES ('web_socketio.url', 'x')"
    postgres.psql(parameter, db)
    values = "'robot', 2, 'socketio', '12345678', 'x'"
    postgres.psql(
        f"INSERT INTO res_users_apikeys (name, user_id, scope, index, key) VALUES ({values})", db
    )
    uninstall(odoo_instance, db, "web_socketio")
    assert postgres.psql(LEFT, db) == ""
    odoo_instance.install(db, ["web_longpolling"], log="test-reinstall")
    assert postgres.psql("SELECT count(*) FROM web_socketio_log", db) == "0"
    assert int(postgres.psql(PUBLISH, db)) > 0


URL = "SELECT value FROM ir_config_parameter WHERE key = 'web_socketio.url'"
KEPT = "SELECT count(*) FROM web_socketio_log WHERE channel = 'test'"


def test_a_duplicate_does_not_look_for_the_server_of_the_original(
    odoo_instance: OdooInstance, postgres: Postgres, clone_odoo_db: Callable[[], str]
) -> None:
    db = clone_odoo_db()
    url = "https://erp.example.com"
    postgres.psql(
        f"INSERT INTO ir_config_parameter (key, value) VALUES ('web_socketio.url', '{url}')", db
    )
    postgres.psql(PUBLISH, db)
    copies = {f"{db}_copy": (), f"{db}_neutral": ("--neutralize",)}
    try:
        for copy, options in copies.items():
            run(
                odoo_instance.command("db", "-c", odoo_instance.conf, "duplicate", *options, db,
                                      copy),
                "test-duplicate", "Odoo could not duplicate it.", env=odoo_instance.odoo.env,
            )  # fmt: skip
            assert postgres.psql(URL, copy) == ""
        assert postgres.psql("SELECT count(*) FROM web_socketio_log", f"{db}_neutral") == "0"
    finally:
        for copy in copies:
            postgres.drop_database(copy)
    assert postgres.psql(URL, db) == url
    assert postgres.psql(KEPT, db) == "1"
