"""``oe_web_socketio doctor`` before a site that works, and before what operators do to one."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pgsocketio.log import schema
from tests.integration.clients import eventually
from tests.integration.site import Site
from tests.support.pooler import transaction_pooler
from tests.support.proxies import Edit, Front
from tests.support.servers import RealtimeServer
from tests.support.tls import Certificate, self_signed
from tools.odoo import OdooInstance
from tools.paths import ROOT, VENV_PYTHON
from tools.postgres import Postgres
from tools.processes import free_port

PING = 2.0
TRUSTED = "[web_socketio]\ntrusted_proxy = 127.0.0.1\n"

EDITED = "needs restart: changed Python of"
"""A warning that is right where somebody edits this checkout while the tests run."""

Findings = dict[str, dict[str, Any]]


class Patient:
    """A site with everything that doctor looks at.

    :ivar conf: Odoo's and the server's conf file.
    """

    def __init__(
        self, instance: OdooInstance, site: Site, db: str, certificate: Certificate, folder: Path
    ) -> None:
        self.db, self.site, self.certificate = db, site, certificate
        self.folder, self._instance = folder, instance
        self.conf = folder / "odoo.conf"
        text = instance.conf.read_text(encoding="utf-8")
        self.text = text.replace("[options]", "[options]\nproxy_mode = True") + TRUSTED
        self.conf.write_text(self.text, encoding="utf-8")
        self._numbers = iter(range(100))
        self.server = self.start()

    def start(self, conf: Path | None = None) -> RealtimeServer:
        """A realtime server."""
        options = ("-c", str(conf or self.conf), "--ping-interval", str(PING))
        return RealtimeServer(self._instance, self.db, *options)

    def reconfigure(self, text: str) -> None:
        """Write the conf file, and wait until the server has read it again."""
        said, child = "options read again; changed: trusted_proxy", self.server.child
        before = child.output.count(said)
        self.conf.write_text(text, encoding="utf-8")
        child.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: child.output.count(said) > before)

    def front(self, kind: str = "nginx", edit: Edit = lambda text: text, *ports: int) -> Front:
        """Put a proxy before it all."""
        folder = self.folder / f"doctor-{kind}-{next(self._numbers)}"
        ports = ports or (self.server.port,)
        return Front(kind, folder, self.certificate, self.site.port, ports, edit)

    def run(self, url: str, *options: str, conf: Path | None = None) -> tuple[int, str]:
        """Run doctor; returns its exit status and what it wrote."""
        command = [
            str(VENV_PYTHON), "server.py", "doctor", "-c", str(conf or self.conf), "-d", self.db,
            "--url", url, "--cafile", str(self.certificate.certificate), *options,
        ]  # fmt: skip
        result = subprocess.run(
            command, cwd=ROOT, text=True, capture_output=True, timeout=300, check=False,
            env={"PATH": "/usr/bin:/bin", **self._instance.odoo.env},
        )
        output = result.stdout + result.stderr
        assert "Traceback" not in output, output
        self.assert_silent(output)
        return result.returncode, output

    def assert_silent(self, output: str) -> None:
        """Nothing secret is in it: no session, and no secret of the log."""
        assert not re.search(r"[A-Za-z0-9_-]{84}", output), "a session id"

    def findings(self, url: str, *options: str, conf: Path | None = None) -> tuple[int, Findings]:
        """Run doctor; returns its exit status and the worst finding of each check."""
        status, output = self.run(url, "--json", "--no-wait", *options, conf=conf)
        report = json.loads(output[output.index("{") :])
        assert report["status"] == status
        levels = ["ok", "warning", "error"]
        found: Findings = {}
        for finding in report["findings"]:
            known = found.get(finding["check"], {"level": "ok"})
            if levels.index(finding["level"]) >= levels.index(known["level"]):
                found[finding["check"]] = finding
        return status, found


@pytest.fixture(scope="module")
def patient(
    instance: OdooInstance, site: Site, new_db: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Patient]:
    certificate = self_signed(tmp_path_factory.mktemp("tls"))
    patient = Patient(instance, site, new_db(), certificate, tmp_path_factory.mktemp("doctor"))
    yield patient
    patient.server.close()


@pytest.fixture
def front(patient: Patient) -> Iterator[Callable[..., Front]]:
    """Put proxies before the patient; they end with the test."""
    fronts: list[Front] = []

    def start(*args: Any, **options: Any) -> Front:
        fronts.append(patient.front(*args, **options))
        return fronts[-1]

    yield start
    for each in fronts:
        each.close()


def without(*words: str) -> Edit:
    """Drop the lines with these words."""
    return lambda text: "".join(
        line for line in text.splitlines(True) if not any(word in line for word in words)
    )


def assert_well(status: int, output: str) -> None:
    """Neither errors nor warnings."""
    troubles = [line for line in output.splitlines() if line.startswith(("  error", "  warning"))]
    assert [line for line in troubles if EDITED not in line] == [], output
    if not troubles:
        assert status == 0
        assert re.search(r"^All is well: \d\d checks\.$", output, re.MULTILINE)


def errors(findings: Findings) -> set[str]:
    """The checks that found errors."""
    return {check for check, finding in findings.items() if finding["level"] == "error"}


@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_a_site_as_documented_is_well(
    kind: str, patient: Patient, front: Callable[..., Front]
) -> None:
    status, output = patient.run(front(kind).origin)
    assert_well(status, output)
    assert "\x1b" not in output, "no colours where there is no terminal"
    assert max(map(len, output.splitlines())) <= 100
    lines = output.splitlines()
    assert [line for line in lines if line and line[0] != " "][:-1] == [
        "Installation", "Database", "Server", "Address"
    ]  # fmt: skip
    for sentence in (
        "Odoo 19", "no other WebSocket package", "a NOTIFY is heard after", "answered within",
        "proxy_mode is on, and a proxy is in front", "Odoo answers, and knows the session",
        "polling opens at", "websocket opens at", "X-Forwarded-For, -Host and -Proto arrive",
        "pages of other origins are refused", "the server takes an Odoo session over polling",
        "the server takes an Odoo session over websocket", "polling survives 2 s of silence",
        "websocket survives 2 s of silence",
    ):  # fmt: skip
        assert sentence in " ".join(output.split()), sentence


def test_it_leaves_nothing_behind(patient: Patient, front: Callable[..., Front]) -> None:
    sessions = patient.site.session_file("xx").parent.parent

    def files() -> set[str]:
        return {file.name for file in sessions.glob("*/*")}

    admin = patient.site.user("admin", patient.db)
    before = files()
    patient.findings(front().origin)
    assert files() == before
    identifiers = [name[:42] for name in before]
    domain = [["session_identifier", "not in", identifiers]]
    devices = admin.call("res.device.log", "search_count", domain)
    assert devices == 0


@pytest.mark.parametrize("kind, edit, line", [
    ("nginx", without("Upgrade $http", "Connection $conn"), "proxy_set_header Upgrade"),
    ("apache", lambda text: text.replace(" upgrade=websocket", ""), "upgrade=websocket"),
])  # fmt: skip
def test_a_proxy_that_drops_upgrade_headers(
    kind: str, edit: Edit, line: str, patient: Patient, front: Callable[..., Front]
) -> None:
    status, found = patient.findings(front(kind, edit).origin)
    assert (status, errors(found)) == (2, {"address.websocket"})
    websocket = found["address.websocket"]
    assert "without its Upgrade header" in websocket["text"]
    assert line in "\n".join(websocket["paste"].values())
    assert found["address.polling"]["level"] == "ok"


def test_a_proxy_that_cuts_idle_connections(patient: Patient, front: Callable[..., Front]) -> None:
    short = front(edit=lambda text: text.replace("proxy_read_timeout 90s", "proxy_read_timeout 1s"))
    status, output = patient.run(short.origin)
    text = " ".join(output.split())
    assert status == 2
    cut = r"an idle connection is cut after \d s"  # 1 s, or what a slow machine makes of it
    assert re.search(rf"polling: {cut} \(HTTP status 504\)", text)
    assert re.search(rf"websocket: {cut} \(the connection ended\)", text)
    assert "proxy_read_timeout 90s;" in text
    assert re.search(r"2 errors; \d\d checks are fine\.$", text)


def test_a_proxy_that_buffers_does_no_harm(patient: Patient, front: Callable[..., Front]) -> None:
    """Answers to polls are complete at once, so there is nothing to hold back."""
    buffering = front(edit=lambda text: text.replace("proxy_buffering off", "proxy_buffering on"))
    assert_well(*patient.run(buffering.origin))


@pytest.mark.parametrize("edit, text", [
    (without("X-Forwarded-Proto"), "does not send X-Forwarded-Proto: the server sees http://"),
    (without("X-Forwarded-F", "X-Forwarded-H", "X-Forwarded-P"), "does not send X-Forwarded-For"),
    (lambda text: text.replace("$http_host", "$host"), "says that browsers see https://localhost,"),
    (lambda text: text.replace("$remote_addr", "$http_x_forwarded_for"), "a client invented"),
], ids=["scheme", "none", "port", "passed on"])  # fmt: skip
def test_a_proxy_with_wrong_headers(
    edit: Edit, text: str, patient: Patient, front: Callable[..., Front]
) -> None:
    status, found = patient.findings(front(edit=edit).origin)
    assert status == 2
    assert text in found["address.forwarded"]["text"]
    paste = "\n".join(found["address.forwarded"]["paste"].values())
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in paste
    origin = found["address.origin"]
    assert origin["level"] == ("ok" if "invented" in text else "error")


def test_a_server_that_does_not_trust_the_proxy(
    patient: Patient, front: Callable[..., Front]
) -> None:
    patient.reconfigure(patient.text.replace(TRUSTED, ""))
    try:
        status, found = patient.findings(front().origin)
    finally:
        patient.reconfigure(patient.text)
    assert status == 2
    assert errors(found) == {"address.forwarded", "address.origin"}
    assert "--trusted-proxy 127.0.0.1" in found["address.forwarded"]["advice"]


def test_wrong_addresses(patient: Patient, front: Callable[..., Front]) -> None:
    status, found = patient.findings(f"https://localhost:{free_port()}")
    assert status == 2
    assert "no connection to localhost" in found["address.odoo"]["text"]
    assert "Connection refused" in found["address.websocket"]["text"]
    route = re.compile(r"location /socket.io/ \{.*?\}", re.DOTALL)
    odoo_only = front(edit=lambda text: route.sub("", text))
    status, found = patient.findings(odoo_only.origin)
    assert status == 2
    assert found["address.odoo"]["level"] == "ok"
    for transport in ("polling", "websocket"):
        assert "is not the realtime server" in found[f"address.{transport}"]["text"]
        assert str(patient.server.port) in found[f"address.{transport}"]["advice"]
    lines = found["address.polling"]["paste"]
    upgrade = re.compile(r"map \$http_upgrade .*?\}", re.DOTALL)
    mended = front(edit=lambda text: upgrade.sub(
        lambda _: lines["nginx, in http { }"],
        route.sub(lambda _: lines["nginx, in server { }"], text),
    ))  # fmt: skip
    _status, found = patient.findings(mended.origin)
    assert {finding["level"] for finding in found.values()} <= {"ok", "warning"}


def test_a_certificate_that_nobody_trusts(patient: Patient, front: Callable[..., Front]) -> None:
    other = self_signed(patient.folder)
    status, found = patient.findings(front().origin, "--cafile", str(other.certificate))
    assert status == 2
    assert "certificate is not accepted" in found["address.polling"]["text"]


def test_a_server_with_another_folder_of_sessions(
    patient: Patient, front: Callable[..., Front]
) -> None:
    conf = patient.folder / "elsewhere.conf"
    data = f"data_dir = {patient.folder / 'elsewhere'}"
    conf.write_text(re.sub("data_dir = .*", data, patient.text), encoding="utf-8")
    with patient.start(conf) as server:
        status, found = patient.findings(front("nginx", lambda text: text, server.port).origin)
    assert status == 2
    assert errors(found) == {"server.sessions", "address.session"}
    assert str(patient.folder / "elsewhere") in found["server.sessions"]["text"]
    assert "same conf file or data_dir" in found["address.session"]["advice"]


def test_two_servers_need_a_proxy_that_keeps_polling_at_one(
    patient: Patient, front: Callable[..., Front]
) -> None:
    with patient.start() as second:
        ports = (patient.server.port, second.port)
        status, found = patient.findings(front("nginx", lambda text: text, *ports).origin)
        assert errors(found) == set()
        assert "stays at one of 2 servers" in found["address.sticky"]["text"]
        status, found = patient.findings(front("nginx", without("ip_hash;"), *ports).origin)
    assert status == 2
    assert "6 of 6 polling clients lost their server" in found["address.sticky"]["text"]
    assert "ip_hash;" in "".join(found["address.sticky"]["paste"].values())
    assert found["address.websocket"]["level"] == "ok"


def test_no_server(
    patient: Patient, front: Callable[..., Front], new_db: Callable[[], str]
) -> None:
    port, db = free_port(), patient.db
    patient.db = new_db()
    try:
        status, found = patient.findings(front("nginx", lambda text: text, port).origin)
    finally:
        patient.db = db
    assert status == 2
    assert errors(found) == {"server.running", "address.polling", "address.websocket"}
    assert "no realtime server serves" in found["server.running"]["text"]
    assert "reaches no realtime server (HTTP status 502)" in found["address.polling"]["text"]


@pytest.mark.parametrize("version, level", [(schema.VERSION + 2, "error"), (0, "error")])
def test_another_version_of_the_log(
    version: int, level: str, patient: Patient, postgres: Postgres
) -> None:
    change = "UPDATE web_socketio_meta SET value = '{}' WHERE key = 'version'"
    postgres.psql(change.format(version), patient.db)
    try:
        status, found = patient.findings("https://localhost:1")
    finally:
        postgres.psql(change.format(schema.VERSION), patient.db)
    assert (status, found["database.schema"]["level"]) == (2, level)
    assert f"oe -d {patient.db} -u web_socketio" in found["database.schema"]["advice"]


def test_a_transaction_pooler_and_a_wrong_dsn(
    patient: Patient, postgres: Postgres, run_dir: Path
) -> None:
    with transaction_pooler(run_dir, patient.db, postgres) as port:
        dsn = f"host=127.0.0.1 port={port} user=odoo password=geheim"
        status, output = patient.run("https://localhost:1", "--no-wait", "--listen-dsn", dsn)
    text = " ".join(output.split())
    assert status == 2
    assert "a NOTIFY is not heard over listen_dsn: it goes through a transaction pooler" in text
    assert "--listen-dsn 'host=… port=5432 …'" in text
    assert "geheim" not in output
    wrong = "host=127.0.0.1 port=1 user=odoo password=geheim geheim"
    status, output = patient.run("https://localhost:1", "--no-wait", "--listen-dsn", wrong)
    assert "no LISTEN over listen_dsn: that is no connection string" in " ".join(output.split())
    assert "geheim" not in output


def test_what_cannot_begin_is_a_finding_too(patient: Patient) -> None:
    db, patient.db = patient.db, "no_such_db"
    try:
        status, found = patient.findings("https://localhost:1")
    finally:
        patient.db = db
    assert status == 2
    assert 'database "no_such_db" does not exist' in found["installation.start"]["text"]
    assert patient.run("erp.example.com")[0] == 1


def test_an_odoo_without_proxy_mode(
    patient: Patient, front: Callable[..., Front], instance: OdooInstance
) -> None:
    status, found = patient.findings(front().origin, conf=instance.conf)
    assert (status, errors(found)) == (2, {"address.proxy_mode"})
    assert "proxy_mode = True" in found["address.proxy_mode"]["advice"]
