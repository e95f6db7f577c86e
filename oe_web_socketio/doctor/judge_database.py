"""What the facts of installation, database and servers mean. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgsocketio.log import schema

from .facts import Database, Installation, Listening, Server
from .finding import Finding, error, ok, warning

IN_THE_WAY = {
    "gevent-websocket": "the WebSocket of another server, which takes over gevent's",
    "gevent-socketio": "its module socketio hides that of python-socketio",
}
"""Packages, and why they are. Their names as PyPI has them."""

QUEUE_WARNING, QUEUE_ERROR = 0.1, 0.5
CLOCK_WARNING, CLOCK_ERROR = 2.0, 60.0
SLOW = 2.0
"""Seconds of a message through the log; later it was the poll that found it, not NOTIFY."""


def milliseconds(seconds: float) -> str:
    """How long it took."""
    return f"{max(1, round(seconds * 1000))} ms"


def installation(facts: Installation) -> Iterator[Finding]:
    """Versions and packages."""
    shown = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    if facts.versions["Odoo"].startswith("19."):
        yield ok("installation.versions", shown)
    else:
        yield error("installation.versions", shown, "This version works with Odoo 19.0.")
    if facts.addon == facts.own_addon:
        yield ok("installation.addon", f"one copy of the addon, in {facts.addon}")
    else:
        yield error(
            "installation.addon",
            f"Odoo takes the addon web_socketio from {facts.addon}, which is not the one of this "
            f"server in {facts.own_addon}",
            "Remove that folder from addons_path, or install the version it belongs to.",
        )
    for name, version in facts.packages.items():
        yield warning(
            "installation.packages", f"{name} {version} is installed: {IN_THE_WAY[name]}",
            f"Nothing here uses it. Remove it if no other program does: pip uninstall {name}",
        )
    if not facts.packages:
        yield ok("installation.packages", "no other WebSocket package for gevent is in the way")


def database(facts: Database) -> Iterator[Finding]:
    """PostgreSQL, and what the addon keeps in it."""
    if facts.standby:
        yield error(
            "database.server", f"PostgreSQL {facts.server} is a standby: it takes no LISTEN",
            "Connect to the primary.",
        )
        return
    yield ok("database.server", f"PostgreSQL {facts.server}, role {facts.role}")
    yield from _addon(facts)
    if facts.schema:
        yield from _rights(facts)
    yield _queue(facts.queue)
    yield clock("database.clock", "PostgreSQL's clock", facts.ahead)


def _addon(facts: Database) -> Iterator[Finding]:
    update = f"Run: oe -d {facts.name} -u web_socketio --stop-after-init"
    if facts.state != "installed":
        text = f"web_socketio is not installed in {facts.name!r} (state: {facts.state or 'none'})"
        yield error("database.addon", text, update.replace("-u", "-i"))
    elif facts.version != facts.code:
        text = f"the database has web_socketio {facts.version}, the disk {facts.code}"
        yield warning("database.addon", text, f"{update}, then restart Odoo and the server.")
    else:
        yield ok("database.addon", f"web_socketio {facts.version} is installed")
    if facts.schema == schema.VERSION:
        yield ok("database.schema", f"the message log has version {facts.schema}")
    elif facts.schema == 0:
        yield error("database.schema", "there is no message log", update)
    else:
        text = f"the message log has version {facts.schema}, this server's is {schema.VERSION}"
        if abs(facts.schema - schema.VERSION) > 1:
            advice = f"{update}, with the newest addon; then restart Odoo and the server."
            yield error("database.schema", f"{text}: they do not work together", advice)
        else:
            yield warning("database.schema", f"{text}: they do work together, for a while", update)


def _rights(facts: Database) -> Iterator[Finding]:
    function = "web_socketio_notify(text, jsonb, jsonb)"
    if not facts.may_publish:
        yield error(
            "database.publishing", f"the role {facts.role} may not publish",
            f'As the owner of {function}: GRANT EXECUTE ON FUNCTION {function} TO "{facts.role}"',
        )
    elif facts.anybody:
        yield warning(
            "database.publishing", "every role of the database may publish",
            f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC, and grant it to those who need it",
        )
    else:
        yield ok("database.publishing", f"the role {facts.role} may publish, and not everybody")


def listening(facts: Listening) -> Finding:
    """Whether NOTIFY is heard as the server has to hear it."""
    direct = (
        "Give the server a connection to PostgreSQL itself: --listen-dsn 'host=… port=5432 …' "
        "(listen_dsn in [web_socketio]). Odoo may go on through the pooler."
    )
    whose = facts.whose
    if facts.error:
        return error("database.listen", f"no LISTEN over {whose}: {facts.error}", direct)
    if facts.seconds is None and facts.pooler:
        text = f"a NOTIFY is not heard over {whose}: it goes through a transaction pooler"
        return error("database.listen", text, direct)
    if facts.seconds is None:
        advice = "Is the database very busy, or a proxy between? Then: " + direct
        return error("database.listen", f"a NOTIFY is not heard over {whose}", advice)
    if facts.pooler:
        text = f"a NOTIFY is heard, but {whose} goes through a pooler (in session mode)"
        return warning("database.listen", text, direct)
    text = f"a NOTIFY is heard after {milliseconds(facts.seconds)}, without a pooler"
    return ok("database.listen", text)


def _queue(used: float) -> Finding:
    text = f"{used:.0%} of PostgreSQL's NOTIFY queue is in use"
    advice = (
        "Some session listens and does not read: SELECT pid, application_name, state, xact_start "
        "FROM pg_stat_activity ORDER BY xact_start. When the queue is full, every COMMIT with a "
        "NOTIFY fails, Odoo's own too."
    )
    if used >= QUEUE_ERROR:
        return error("database.queue", text, advice)
    return warning("database.queue", text, advice) if used >= QUEUE_WARNING else ok(
        "database.queue", text
    )  # fmt: skip


def clock(check: str, whose: str, ahead: float) -> Finding:
    """Whether clocks agree: expirations and figures of latency depend on it.

    :param ahead: seconds.
    """
    if abs(ahead) < CLOCK_WARNING:
        return ok(check, f"{whose} agrees with this machine's")
    text = f"{whose} is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
    advice = "Let NTP set both clocks (timedatectl status; chronyc tracking)."
    return (error if abs(ahead) >= CLOCK_ERROR else warning)(check, text, advice)


def servers(found: Sequence[Server], install: Installation, database: str) -> Iterator[Finding]:
    """The realtime servers of the database."""
    alive = [server for server in found if server.alive]
    if not alive:
        gone = ", ".join(server.where for server in found)
        yield error(
            "server.running",
            f"no realtime server serves {database!r}" + (f"; gone: {gone}" if gone else ""),
            f"Start one: systemctl start oe_web_socketio, or oe_web_socketio -d {database}. Its "
            "log says why it ended: journalctl -u oe_web_socketio",
        )
    for server in alive:
        yield from _server(server, install)


def _server(server: Server, install: Installation) -> Iterator[Finding]:
    name = f"{server.where} at {server.address}"
    log = "Its log says more: journalctl -u oe_web_socketio"
    if server.state == "restart":
        yield warning("server.running", f"{name}: {'; '.join(server.restart)}", "Restart it.")
    elif server.state != "ready":
        text = f"{name} is {'ending' if server.state == 'draining' else 'not ready'}"
        yield error("server.running", f"{text}: {server.error}" if server.error else text, log)
    else:
        yield ok("server.running", f"{name} is ready")
    own = install.versions["oe.web.socketio"]
    if server.version != own:
        text = f"{server.where} runs version {server.version}, installed is {own}"
        yield warning("server.version", text, "Restart it.")
    if server.seconds is None:
        yield error("server.delivery", f"{server.where} does not answer over the log", log)
    elif server.seconds > SLOW:
        yield error(
            "server.delivery",
            f"{server.where} heard a message after {server.seconds:.1f} s only: it read the log by "
            "itself, no NOTIFY reached it", "See the LISTEN of the database above, and its log.",
        )  # fmt: skip
    else:
        within = milliseconds(server.seconds)
        text = f"{server.where} heard a message and answered within {within}"
        yield ok("server.delivery", text)
    yield from _sessions(server, install)


def _sessions(server: Server, install: Installation) -> Iterator[Finding]:
    folder = server.about.get("sessions")
    if folder is None:
        return  # it does not answer, or is too old to
    if server.here and folder != install.sessions:
        yield error(
            "server.sessions",
            f"{server.where} reads sessions in {folder}, Odoo keeps them in {install.sessions}",
            f"Start it with Odoo's conf file (-c {install.conf}), or with the same data_dir.",
        )
    else:
        yield ok("server.sessions", f"{server.where} reads Odoo's sessions in {folder}")
