"""``[server:main] use = egg:tgext.socketio#socketio``: a TurboGears application with sockets.

Importing this module patches nothing, and does not import TurboGears.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from paste.deploy.converters import asbool

from .drivers import let_psycopg2_give_way
from .errors import DebugModeForbiddenException
from .options import read_options

__all__ = [
    "DebugModeForbiddenException",
    "socketio_server_factory",
    "socketio_server_runner",
]

logger = logging.getLogger("tgext.socketio")

UNPATCHED = (
    "socketio_server_runner was called in a process that gevent has not patched: whatever waits "
    "(database, network, sleep) holds up every client. Serve with 'use = "
    "egg:tgext.socketio#socketio', which patches before the application loads, or call "
    "gevent.monkey.patch_all() in the first line of your program"
)


def socketio_server_factory(
    global_config: Mapping[str, Any], **options: Any
) -> Callable[[Any], None]:
    """PasteDeploy's ``paste.server_factory``: called before the application is loaded.

    :returns: a function that serves a WSGI application until SIGTERM or SIGINT.
    :raises ConfigError: for an unknown option, a wrong value, or in debug mode.
    """
    values = _check(global_config, options)
    _patch()
    return lambda wsgi_app: _serve(wsgi_app, values)


def socketio_server_runner(wsgi_app: Any, global_config: Mapping[str, Any], **kw: Any) -> None:
    """PasteDeploy's ``paste.server_runner``, also to be called by a program: serve until SIGTERM.

    :param kw: the options of ``[server:main]``.
    :raises ConfigError: for an unknown option, a wrong value, or in debug mode.
    """
    values = _check(global_config, kw)
    from gevent import monkey

    if not monkey.is_module_patched("socket"):
        warnings.warn(UNPATCHED, RuntimeWarning, stacklevel=2)
    _serve(wsgi_app, values)


def _check(global_config: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    if asbool(global_config.get("debug", False)):
        raise DebugModeForbiddenException()
    return read_options(options)


def _patch() -> None:
    """Make the standard library and psycopg2 give way while they wait."""
    from gevent import monkey

    monkey.patch_all()
    let_psycopg2_give_way()


def _serve(wsgi_app: Any, values: dict[str, Any]) -> None:
    from .process import Process

    Process(wsgi_app, values).run()
