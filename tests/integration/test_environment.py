"""The parts that other tests stand on: PostgreSQL, Odoo, Chromium, Node.js, nginx."""

from __future__ import annotations

from collections.abc import Callable

import psycopg2
import pytest
import requests

from tests.support.node import run_node
from tests.support.servers import Nginx, OdooServer
from tools.postgres import Postgres


def test_postgres_answers_on_socket_and_tcp(postgres: Postgres, empty_db: str) -> None:
    for tcp in (False, True):
        connection = psycopg2.connect(postgres.dsn(empty_db, tcp=tcp))
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT current_user, current_database()")
            assert cursor.fetchone() == ("odoo", empty_db)
        connection.close()


def test_clone_has_the_users_and_keeps_to_itself(
    postgres: Postgres, clone_odoo_db: Callable[[], str]
) -> None:
    first, second = clone_odoo_db(), clone_odoo_db()
    postgres.psql("UPDATE res_users SET login = 'renamed' WHERE login = 'other'", first)
    logins = "SELECT string_agg(login, ' ' ORDER BY login) FROM res_users WHERE active AND id > 1"
    assert postgres.psql(logins, first) == "admin demo renamed"
    assert postgres.psql(logins, second) == "admin demo other"
    in_files = "SELECT count(*) FROM ir_attachment WHERE store_fname IS NOT NULL"
    assert postgres.psql(in_files, second) == "0"


def test_odoo_logs_users_in(odoo: OdooServer) -> None:
    session_id = odoo.login("demo")
    response = requests.post(
        f"{odoo.url}/web/session/get_session_info",
        json={"params": {}},
        cookies={"session_id": session_id},
        timeout=60,
    )
    assert response.json()["result"]["username"] == "demo"
    with pytest.raises(AssertionError, match="could not log in"):
        odoo.login("demo", "wrong")


@pytest.mark.parametrize("alias", ["", "-4.0", "-3.1"])
def test_node_has_the_socketio_clients(alias: str) -> None:
    source = f"""
        import {{ createRequire }} from "node:module";
        const {{ io }} = createRequire(import.meta.url)("socket.io-client{alias}");
        const socket = io("http://127.0.0.1:1", {{ autoConnect: false }});
        console.log(typeof socket.emit);
    """
    assert run_node(source).strip() == "function"


def test_nginx_passes_requests_on(odoo_http: str, nginx: Callable[..., Nginx]) -> None:
    proxy = nginx(f"location / {{ proxy_pass {odoo_http}; }}")
    response = requests.get(f"{proxy.url}/web/login", timeout=60)
    assert response.status_code == 200
    assert response.headers["Server"].startswith("nginx")
