"""Doubles and helpers for those who build on the core: no server, no PostgreSQL, no waiting.

Time passes only when everything waits, so time-outs and pauses cost a test nothing. ::

    def test_chat():
        with NamespaceDriver(ChatNamespace) as chat:
            assert chat.call("join room", "garden") == [True]
            chat.database.publish("chat", room="garden", text="hello")
            assert chat.take() == [("say", [{"text": "hello"}])]
"""

from .database import MemoryDatabase, Transaction
from .driver import NamespaceDriver
from .runtime import Deadlock, ThreadRuntime
from .transport import MemoryClient, MemoryConnection, MemoryPrepared

__all__ = [
    "Deadlock",
    "MemoryClient",
    "MemoryConnection",
    "MemoryDatabase",
    "MemoryPrepared",
    "NamespaceDriver",
    "ThreadRuntime",
    "Transaction",
]
