"""The options of ``oe_web_socketio``."""

from __future__ import annotations

from oe_web_socketio.commands import COMMANDS
from pgsocketio.bounds import BOUNDS
from pgsocketio.config import Option, Options, one_of, seconds, whole


def port_or_off(text: str) -> int | str:
    """A port, or the word off."""
    return text if text == "off" else whole(0, 65535)(text)


OPTIONS = Options(
    prog="oe_web_socketio",
    description="The realtime server of oe.web.socketio, beside Odoo.",
    section="web_socketio",
    prefix="OE_WEB_SOCKETIO_",
    commands=COMMANDS,
    options=[
        Option("database", "database to serve; may be repeated; default: db_name of the conf file",
               (), short="-d", many=True),
        Option("interface", "address to listen on", "127.0.0.1", short="-i"),
        Option("port", "port to listen on, 0 for a free one", 8068, whole(0, 65535), "-p"),
        Option("monitor_interface", "address to answer /health, /ready and /metrics on",
               "127.0.0.1"),
        Option("monitor_port", "port to answer them on, 0 for a free one, off for none; default: "
               "two above --port", type=port_or_off),
        Option("max_cursor", "most cursors open at once, per database", 16, whole(1, 10_000)),
        Option("cursor_timeout", "seconds that a handler waits for a cursor", 30.0,
               seconds(0.1, 3600)),
        Option("config", "Odoo's conf file; this server reads [web_socketio] in it", short="-c"),
        Option("addons_path", "folders with addons, beside this distribution's own"),
        Option("allow_origin", "origin of web pages that may connect from another host or port, "
               "such as https://www.example.com; may be repeated", (), many=True),
        Option("trusted_proxy", "network (CIDR) of proxies whose X-Forwarded-* is believed; may be "
               "repeated", (), many=True),
        Option("listen_dsn", "connection string for LISTEN, if Odoo's own goes through a pooler"),
        Option("ping_interval", "seconds between pings", 25.0, seconds(0.1, 3600)),
        Option("ping_timeout", "seconds to wait for the answer to a ping", 20.0,
               seconds(0.1, 3600)),
        Option("ack_timeout", "seconds to wait for an acknowledgement", 10.0, seconds(0.1, 3600)),
        Option("auth_failures", "wrong credentials of one address at once, and per minute, after "
               "which it has to wait", 60, whole(1, 1_000_000)),
        Option("api_key_any_scope", "yes: take Odoo's API keys without scope too, which are good "
               "for everything", "no", one_of("yes", "no")),
        *BOUNDS,
        Option("blocking_threshold", "seconds after which a handler that blocks all others is "
               "logged by name", 0.1, seconds(0.01, 3600)),
        Option("drain_timeout", "seconds to end in", 5.0, seconds(0, 3600)),
        Option("limit_memory_soft", "bytes of memory, above which the server ends in order with "
               "status 75, to be started again; 0: no limit", 0, whole(0, 2**50)),
        Option("dev", "reload: start again when the Python of a loaded addon changes",
               type=one_of("reload")),
        Option("log_level", "debug, info, warn, error or critical", "info",
               one_of("debug", "info", "warn", "error", "critical")),
        Option("log_format", "text, or json for one object per line", "text",
               one_of("text", "json")),
        Option("logfile", "file to log to, instead of standard error"),
    ],
)  # fmt: skip
