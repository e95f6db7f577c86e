"""Publishing in a method that says it only reads: it is told, and the call does not fail of it."""

from __future__ import annotations

import requests

from tests.support.documents import DocumentAddons
from tests.support.servers import OdooServer
from tools.postgres import Postgres

CALL = {"model": "recipes.note", "method": "publish", "args": [], "kwargs": {}}


def test_odoo_calls_it_again_where_it_may_write(
    document_addons: DocumentAddons, postgres: Postgres
) -> None:
    # So a method of @api.readonly gets a transaction that only reads.
    replica = ("--db_replica_host", str(postgres.socket_dir))
    port = ("--db_replica_port", str(postgres.port))
    with OdooServer(document_addons.instance, document_addons.db, *replica, *port) as odoo:
        answer = requests.post(
            f"{odoo.url}/web/dataset/call_kw", json={"params": CALL},
            cookies={"session_id": odoo.login("admin")}, timeout=60,
        )  # fmt: skip
        assert type(answer.json().get("result")) is int, answer.text
        told = odoo.child.wait_for_line(r"cannot publish on 'recipes.tell' in a read-only .*")
        assert "take @api.readonly" in told[0]
