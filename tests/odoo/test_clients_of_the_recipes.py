"""The clients that docs/recipes.md shows, run as they stand there against a server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.documents import DocumentAddons
from tests.support.servers import RealtimeServer
from tools.console import log_file
from tools.paths import ROOT, VENV_PYTHON
from tools.postgres import Postgres
from tools.processes import Child
from tools.programs import NODE_TESTS, node_bin, node_modules

APIKEY = ("apikey", "--login", "demo", "--name", "recipes")
# What an app does with the recipe: its storage is a file, its screen is stdout.
APP = """
import { readFileSync, writeFileSync } from "node:fs";
const [url, api_key, file] = process.argv.slice(1);
let last = "nothing";
const storage = {
    get() {
        try {
            return JSON.parse(readFileSync(file, "utf-8"));
        } catch {
            return null;
        }
    },
    set(state) {
        writeFileSync(file, JSON.stringify(state));
        console.log(state.position ? `stored: ${last}` : "stands nowhere");
    },
};
follow(url, { api_key }, storage, (event, [{ text }]) => {
    console.log(`${event}: ${text}`);
    last = text;
});
"""


@pytest.fixture(scope="module")
def server(document_addons: DocumentAddons) -> Iterator[RealtimeServer]:
    """A realtime server for the documents' database."""
    with RealtimeServer(document_addons.instance, document_addons.db) as server:
        yield server


@pytest.fixture(scope="module")
def key(document_addons: DocumentAddons) -> str:
    """An API key of Marc Demo, made as docs/security.md says."""
    options = ("-c", document_addons.instance.conf, "-d", document_addons.db)
    child = Child(
        "apikey", [VENV_PYTHON, "server.py", *APIKEY, *options], log_file("test-recipes-apikey"),
        cwd=ROOT, env=document_addons.instance.odoo.env,
    )  # fmt: skip
    assert child.process.wait(120) == 0, child.log
    return child.wait_for_line(r"^[0-9a-f]{40}$")[0]


@pytest.fixture
def tell(postgres: Postgres, document_addons: DocumentAddons) -> Callable[..., None]:
    """Publish what the adapter of the recipe gives to Marc Demo."""
    uid = int(postgres.psql("SELECT id FROM res_users WHERE login = 'demo'", document_addons.db))

    def tell(*texts: str) -> None:
        for text in texts:
            values = json.dumps({"to_ids": [uid], "text": text})
            postgres.psql(
                f"SELECT web_socketio_notify('recipes.tell', '{values}')", document_addons.db
            )

    return tell


def test_the_client_in_python(
    server: RealtimeServer, key: str, tell: Callable[..., None], document_addons: DocumentAddons
) -> None:
    script = document_addons.folder / "recipes" / "clients" / "listen.py"
    client = Child(
        "listen.py", [VENV_PYTHON, script, server.url, key], log_file("test-recipes-listen")
    )
    try:
        client.wait_for_line("listening")
        tell("one", "two")
        client.wait_for_line("^two$")
        assert client.output.splitlines()[-2:] == ["one", "two"]
    finally:
        client.stop()


def test_the_mobile_client_gets_what_came_while_it_was_away(
    server: RealtimeServer, key: str, tell: Callable[..., None], document_addons: DocumentAddons,
    tmp_path: Path,
) -> None:
    node_modules()
    recipe = document_addons.folder / "recipes" / "clients" / "mobile.mjs"
    source = recipe.read_text(encoding="utf-8") + APP

    def run(number: int, *texts: str) -> list[str]:
        """Run the app until it has stored what is told; return what it showed of this test."""
        app = Child(
            "mobile.mjs",
            [node_bin() / "node", "--input-type=module", "-e", source, "--", server.url, key,
             tmp_path / "state.json"],
            log_file(f"test-recipes-mobile-{number}"), cwd=NODE_TESTS,
        )  # fmt: skip
        try:
            app.wait_for_line("^stored: ")
            tell(*texts)
            app.wait_for_line(f"^stored: {texts[-1]}$")
        finally:
            app.stop()
        return re.findall(r"^told: (mobile \d)$", app.output, re.MULTILINE)

    assert run(1, "mobile 1", "mobile 2") == ["mobile 1", "mobile 2"]
    tell("mobile 3", "mobile 4")
    assert run(2, "mobile 5") == ["mobile 3", "mobile 4", "mobile 5"]
