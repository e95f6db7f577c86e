"""What a client may take of a server, as options: the same for every kind of server process."""

from __future__ import annotations

from typing import Final

from pgsocketio.config import Option, seconds, whole

_MANY: Final = 10_000_000

BOUNDS: Final = (
    Option("max_payload", "most bytes of one message of a client, and of its attachments together",
           1_000_000, whole(1_000, 2**30)),
    Option("max_attachments", "most binary attachments of one packet of a client", 32,
           whole(0, 10_000)),
    Option("max_depth", "most lists and objects of a client's packet within each other", 64,
           whole(1, 200)),
    Option("max_packets_per_payload", "most packets in the body of one polling request", 1_000,
           whole(1, _MANY)),
    Option("max_packets_per_poll", "most packets in the answer to one poll; Python's clients "
           "refuse more than 16", 16, whole(1, _MANY)),
    Option("max_unsent", "bytes that may wait to be sent to one client, above which it is dropped",
           1_000_000, whole(10_000, 2**30)),
    Option("max_connections", "most open connections", 20_000, whole(1, _MANY)),
    Option("max_connections_per_address", "most open connections of one client address (IPv6: "
           "of one /64)", 2_000, whole(1, _MANY)),
    Option("handshakes_per_second", "connections that one client address may open per second, "
           "sustained", 100, whole(1, _MANY)),
    Option("handshake_burst", "connections that one client address may open at once", 500,
           whole(1, _MANY)),
    Option("events_per_second", "packets that a client may send per second, sustained", 1_000,
           whole(1, 1_000_000)),
    Option("event_burst", "packets that a client may send at once", 5_000, whole(1, 1_000_000)),
    Option("auth_timeout", "seconds in which a client has to authenticate", 10.0,
           seconds(0.1, 3600)),
)  # fmt: skip
