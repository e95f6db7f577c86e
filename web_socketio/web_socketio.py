"""The registry of namespaces."""

from __future__ import annotations

import logging

from pgsocketio.namespace import BaseNamespace

_logger = logging.getLogger(__name__)


class SocketIO:
    """Which class serves which namespace, for the whole process."""

    namespaces: dict[str, type[BaseNamespace]] = {}

    @classmethod
    def add_namespace(cls, name: str, namespace_class: type[BaseNamespace]) -> None:
        """Serve a namespace; where its addon is installed, that is.

        A later registration of the same name takes its place, so that an addon can extend the
        namespace of another one.

        :param name: such as ``/chat``.
        :param namespace_class: subclass of ``OpenERPNameSpace``.
        :raises ValueError: for a name that does not start with a slash.
        :raises TypeError: for a class that is no namespace.
        """
        if not (isinstance(name, str) and name.startswith("/") and "," not in name):
            raise ValueError(f"{name!r} is no name of a namespace: it starts with '/', without ','")
        if not (isinstance(namespace_class, type) and issubclass(namespace_class, BaseNamespace)):
            raise TypeError(f"{namespace_class!r} is no subclass of OpenERPNameSpace")
        cls.namespaces[name] = namespace_class
        _logger.info("Add namespace: %r", name)


def addon_of(thing: object) -> str | None:
    """The addon that a class or function comes from, None when it comes from none."""
    parts = thing.__module__.split(".")
    return parts[2] if parts[:2] == ["odoo", "addons"] and len(parts) > 2 else None
