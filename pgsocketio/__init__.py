"""The core of oe.web.socketio: PostgreSQL LISTEN/NOTIFY and a message log, carried over Socket.IO.

It names neither Odoo nor TurboGears. Imports run one way::

    errors -> message, position, wire, packet -> adapter -> hub -> namespace
    log -> listener -> server;  engine -> server -> cli
"""

__version__ = "0.1.0"
