"""The options of ``[server:main]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pgsocketio.bounds import BOUNDS
from pgsocketio.config import Option, seconds, whole
from pgsocketio.errors import ConfigError

OPTIONS = (
    Option("socketio_resource", "path where the SocketIOController is mounted", "socketio"),
    Option("host", "address to listen on", "127.0.0.1"),
    Option("port", "port to listen on, 0 for a free one", 8080, whole(0, 65535)),
    Option("ping_interval", "seconds between pings", 25.0, seconds(0.1, 3600)),
    Option("ping_timeout", "seconds to wait for the answer to a ping", 20.0, seconds(0.1, 3600)),
    Option("ack_timeout", "seconds to wait for an acknowledgement", 10.0, seconds(0.1, 3600)),
    Option("identity_interval", "seconds between two looks at who a client is, 0 for never", 60.0,
           seconds(0, 86_400)),
    Option("drain_timeout", "seconds to end in", 5.0, seconds(0, 3600)),
    Option("allow_origin", "origins of other sites whose pages may connect, separated by commas",
           (), many=True),
    Option("trusted_proxy", "networks (CIDR) of proxies whose X-Forwarded-* is believed", (),
           many=True),
    Option("max_body", "most bytes of a request to a page, such as an upload", 16_000_000,
           whole(1_000, 2**30)),
    *BOUNDS,
)  # fmt: skip


def read_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Read the options of a server section.

    :returns: value by name, with defaults.
    :raises ConfigError: for an unknown option or a wrong value.
    """
    known = {option.name: option for option in OPTIONS}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ConfigError(
            f"[server:main] has no option {', '.join(unknown)}; it knows {', '.join(known)}"
        )
    values = {option.name: option.default for option in OPTIONS}
    values |= {name: known[name].read(str(text), "[server:main]") for name, text in given.items()}
    values["socketio_resource"] = values["socketio_resource"].strip("/")
    if not values["socketio_resource"]:
        raise ConfigError(
            "socketio_resource: the SocketIOController is mounted below the root, such as at "
            "'socketio'"
        )
    return values
