"""Which broker carries the channels, as ``anypubsub.*`` in the ini file says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from pgsocketio.errors import ConfigError

PREFIX = "anypubsub."
CHANNEL = "tgext.socketio"
"""The log's channel that all channels of publish and subscribe share."""
BROKEN = {
    "mongodb": "anypubsub 0.6 calls what pymongo 3 and later have no more",
    "amqp": "anypubsub 0.6 calls what amqp 2 and later have no more",
}
_lock = threading.Lock()


def broker_of(config: Mapping[str, Any]) -> Any:
    """The broker of an application, made when it is first asked for.

    :param config: of the application; ``app_globals.anypubsub`` wins over its options.
    :raises ConfigError: when no working backend is configured; says which are.
    """
    app_globals = config["tg.app_globals"]
    with _lock:
        broker = getattr(app_globals, "anypubsub", None)
        if broker is None:
            broker = app_globals.anypubsub = make_broker(config)
    return broker


def make_broker(config: Mapping[str, Any]) -> Any:
    """Make what ``anypubsub.backend`` names, with the other ``anypubsub.`` options."""
    options = {
        key[len(PREFIX):]: value for key, value in config.items() if key.startswith(PREFIX)
    }  # fmt: skip
    backend = str(options.pop("backend", "")).strip()
    if not backend:
        raise ConfigError(
            "publish and subscribe needs a broker: set 'anypubsub.backend' in [app:main] to "
            "memory (one process), redis or postgres"
        )
    if backend in BROKEN:
        raise ConfigError(
            f"anypubsub.backend = {backend} does not work: {BROKEN[backend]}. Take redis or "
            "postgres, or set an object with 'publish' and 'subscribe' as app_globals.anypubsub"
        )
    return _make_postgres(options) if backend == "postgres" else _make_anypubsub(backend, options)


def _make_postgres(options: dict[str, Any]) -> Any:
    if not options.get("dsn"):
        raise ConfigError(
            "anypubsub.backend = postgres needs anypubsub.dsn: the connection string of a database "
            "with the message log, as 'pgsocketio install' makes it"
        )
    try:
        from .postgres import PostgresBroker
    except ImportError as error:
        raise ConfigError(
            "anypubsub.backend = postgres needs psycopg2: "
            "pip install 'tgext.socketio[postgres]'"
        ) from error
    return _with_options("postgres", PostgresBroker, options)


def _make_anypubsub(backend: str, options: dict[str, Any]) -> Any:
    try:
        from anypubsub import ConfigurationError, create_pubsub
    except ImportError as error:
        raise ConfigError(
            f"anypubsub.backend = {backend} needs anypubsub: pip install anypubsub"
        ) from error
    options = {key: _number(key, value) for key, value in options.items()}
    try:
        return _with_options(backend, lambda **given: create_pubsub(backend, **given), options)
    except (ConfigurationError, ImportError) as error:
        raise ConfigError(
            f"anypubsub.backend = {backend} cannot be loaded: {error}; "
            "memory, redis and postgres are known"
        ) from error


def _number(key: str, value: Any) -> Any:
    """Options of redis that are numbers; an ini file has only text."""
    if key in ("port", "db", "max_connections") and isinstance(value, str):
        try:
            return int(value)
        except ValueError as error:
            raise ConfigError(f"anypubsub.{key} is a whole number, not {value!r}") from error
    return value


def _with_options(backend: str, make: Callable[..., Any], options: dict[str, Any]) -> Any:
    try:
        return make(**options)
    except TypeError as error:
        names = ", ".join(PREFIX + key for key in options) or "no option"
        raise ConfigError(
            f"anypubsub.backend = {backend} does not take {names}: {error}"
        ) from error
