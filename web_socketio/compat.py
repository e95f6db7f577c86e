"""Private or version-dependent calls into Odoo, all in ``compat*``. For Odoo 19."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg2
from odoo import api, sql_db
from odoo.api import Environment
from odoo.models import BaseModel
from odoo.modules.registry import Registry
from odoo.service import model as service_model
from odoo.tools import config
from odoo.tools.func import lazy
from odoo.tools.translate import LazyGettext

from pgsocketio.message import to_json

SUPERUSER_ID = api.SUPERUSER_ID

# What Odoo code hands to notify, emit and acknowledgements, as Odoo's own RPC would write it.
to_json.register(lazy)(lambda value: value._value)
to_json.register(LazyGettext)(str)


def registry(database: str) -> Registry:
    """The registry of a database, as new as its signaling says."""
    return Registry(database).check_signaling()


def is_installed(registry: Registry, addon: str | None) -> bool:
    """Whether an addon is installed in a registry's database; what is no addon is everywhere."""
    return addon is None or addon in registry._init_modules


def uninstalled(database: str) -> frozenset[str]:
    """The addons of the registry in memory that are not installed in the database any more."""
    registry = Registry(database)
    with contextlib.closing(registry.cursor()) as cursor:
        cursor.execute(
            "SELECT name FROM ir_module_module WHERE state = 'uninstalled' AND name = ANY(%s)",
            [list(registry._init_modules)],
        )
        return frozenset(name for (name,) in cursor.fetchall())


def retrying(function: Callable[[], Any], env: Environment) -> Any:
    """Call and commit; again, up to five times, after a serialization failure."""
    return service_model.retrying(function, env)


def is_concurrency_error(error: Exception) -> bool:
    """Whether retrying gave up on a conflict with another transaction."""
    return isinstance(error, service_model.PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)


def is_away(error: Exception) -> bool:
    """Whether PostgreSQL could not be reached, or ended the connection."""
    if not isinstance(error, psycopg2.OperationalError):
        return False
    return error.pgcode is None or error.pgcode.startswith("57P")


def message_of(error: Exception, language: Callable[[], str]) -> str:
    """The text of an exception, also where it is one that is translated late.

    :param language: returns the code of the user's language; asked only when needed.
    """
    text = error.args[0] if error.args else ""
    return text._translate(language()) if isinstance(text, LazyGettext) else str(text or error)


def call_kw(model: BaseModel, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """As Odoo's ``call_kw``, but for server code: private methods too."""
    method = getattr(type(model), name, None)
    if not callable(method):
        raise AttributeError(f"the method {model._name}.{name} does not exist")
    if getattr(method, "_api_model", False):
        records = model
    else:
        ids, args = args[0], args[1:]
        records = model.browse(ids)
    kwargs = dict(kwargs)  # retrying calls again with the same arguments
    records = records.with_context(**(kwargs.pop("context", None) or {}))
    result = method(records, *args, **kwargs)
    if name == "create":
        return result.id if isinstance(args[0], Mapping) else result.ids
    if isinstance(result, BaseModel):
        return result.ids
    for value in service_model._traverse_containers(result, lazy):
        _evaluated = value._value  # needs the cursor, which is about to close
    return result


def user_context(env: Environment) -> dict[str, Any]:
    """Language and timezone of the environment's user; cached by Odoo until signaling."""
    return dict(env["res.users"].context_get())


def company_ids(env: Environment) -> tuple[int, ...]:
    """The companies that the environment's user may select."""
    return tuple(env.user._get_company_ids())


def readable_ids(records: BaseModel) -> frozenset[int]:
    """The ids of those records that exist, and that the environment's user may read."""
    return frozenset(records.exists()._filtered_access("read")._ids)


def connect(database: str, **options: Any) -> Any:
    """A new psycopg2 connection beside Odoo's pool, with Odoo's parameters."""
    _name, info = sql_db.connection_info_for(database)
    return psycopg2.connect(**{**info, **options})


# -- cursors ---------------------------------------------------------------------------------------


def widen_pool(connections: int) -> None:
    """Let Odoo's pool have so many connections at least; to be called before it has any.

    It refuses whom it has none for, while handlers wait for one another.
    """
    bound = config["db_maxconn_gevent"] or config["db_maxconn"]
    config["db_maxconn_gevent"] = max(bound, connections)


def new_environment(cursor: Any, uid: int) -> Environment:
    """The environment of a user on a cursor."""
    return api.Environment(cursor, uid, {})


@contextlib.contextmanager
def committing(cursor: Any, registry: Registry, uid: int) -> Iterator[Environment]:
    """An environment whose transaction is committed when the block ends without error."""
    env = new_environment(cursor, uid)
    try:
        yield env
        cursor.commit()
    except BaseException:
        env.transaction.reset()
        registry.reset_changes()
        raise
    registry.signal_changes()


@contextlib.contextmanager
def root_environment(database: str) -> Iterator[Environment]:
    """The superuser's environment, whose caches are as new as signaling says; never committed."""
    with contextlib.closing(Registry(database).cursor()) as cursor:
        Registry(database).check_signaling(cursor)
        yield new_environment(cursor, SUPERUSER_ID)


def signals(env: Environment) -> Any:
    """A value that changes whenever Odoo's registry or its caches of users are invalidated."""
    registry, caches = env.registry.registry_sequence, env.registry.cache_sequences
    return registry, caches["default"], caches["stable"], caches["groups"]
