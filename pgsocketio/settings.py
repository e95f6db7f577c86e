"""Bounds and times of a Socket.IO server."""

from __future__ import annotations

from dataclasses import dataclass, field

from pgsocketio.mailbox import MailboxLimits


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Bounds and times of the Socket.IO server.

    :param auth_timeout: seconds that a client may stay unauthenticated, or on no namespace at all.
    :param ack_timeout: seconds to wait for an acknowledgement.
    :param max_attempts: how often an unacknowledged batch is sent.
    :param max_queue: most events of one client on one namespace that wait for a handler.
    :param max_acks: most acknowledgements that one client owes; the oldest are forgotten.
    :param max_rooms: most rooms of one client.
    :param max_subscriptions: most subscriptions of one client on one namespace.
    :param max_jobs: most jobs of one client on one namespace.
    :param max_namespaces: most namespaces of one connection.
    :param events_per_second: packets that a connection may send, sustained; acknowledgements that
        were asked for are free.
    :param event_burst: packets that it may send at once.
    :param max_payload: most bytes of a packet's attachments together.
    :param max_attachments: most attachments of a packet.
    :param max_depth: most lists and objects of a packet within each other.
    :param position_interval: seconds between positions told to a client.
    :param position_burst: messages after which a client is told its position within a second.
    :param resume_window: seconds after connecting in which handlers start to listen.
    :param mailbox: bounds of each blocking listener.
    """

    auth_timeout: float = 10.0
    ack_timeout: float = 10.0
    max_attempts: int = 5
    max_queue: int = 5_000
    max_acks: int = 1_000
    max_rooms: int = 1_000
    max_subscriptions: int = 1_000
    max_jobs: int = 1_000
    max_namespaces: int = 64
    events_per_second: float = 1_000.0
    event_burst: int = 5_000
    max_payload: int = 1_000_000
    max_attachments: int = 32
    max_depth: int = 64
    position_interval: float = 25.0
    position_burst: int = 500
    resume_window: float = 10.0
    mailbox: MailboxLimits = field(default_factory=MailboxLimits)

    @property
    def max_queued(self) -> int:
        """As many as ten messages of the largest size have."""
        return 10 * self.max_payload
