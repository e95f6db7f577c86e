"""Private calls into Odoo about who somebody is: users, their sessions, API keys. For Odoo 19."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from odoo import fields, http
from odoo.addons.base.models.res_users import INDEX_SIZE, KEY_CRYPT_CONTEXT
from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL, consteq

from .compat_sessions import NEVER, Stored

SCOPE = "socketio"
"""Of the API keys that are good for nothing but this server."""


def host_allows(database: str, host: str) -> bool:
    """Whether Odoo's db filter lets a host name see a database."""
    return bool(http.db_filter([database], host=host))


# -- what Odoo thinks of a session -----------------------------------------------------------------


class Verdict(NamedTuple):
    """What Odoo thinks of a session.

    :ivar level: kind of user.
    :ivar locked: whether ``auth_timeout`` asks for the password again.
    :ivar due: seconds since 1970 at which it may think otherwise though nothing changes.
    """

    level: str
    locked: bool = False
    due: float = NEVER


def judge(asked: Sequence[tuple[int, Stored | None]], env: Environment) -> list[Verdict | None]:
    """What Odoo thinks now of users and their sessions, None: that they are nobody's.

    It is what ``security.check_session`` says, but of many by a few queries, from the database
    instead of a cache, and without saving or deleting a session.

    :param asked: id of each user, and the session, where there has to be one.
    :param env: of the superuser.
    """
    users = env["res.users"].search([("id", "in", [uid for uid, _stored in asked])], order="id")
    values = _token_values(users)
    active = {user.id: user for user in users if values.get(user.id)}
    return [
        _judge(active[uid], stored, values[uid]) if uid in active else None for uid, stored in asked
    ]


def _judge(user: BaseModel, stored: Stored | None, values: Any) -> Verdict | None:
    if stored is None:
        return Verdict(user_level(user))
    now = time.time()
    if stored.ends <= now or not _is_token(stored, user, values):
        return None
    locks = _locks_at(stored, user)
    if locks <= now:
        return Verdict(user_level(user), locked=True, due=stored.ends)
    return Verdict(user_level(user), due=min(stored.ends, locks))


def _is_token(stored: Stored, user: BaseModel, values: Any) -> bool:
    """Whether a session's token is of these values; Odoo's older kind of token is good, too."""
    token = user._session_token_hash_compute(stored.sid, values)
    if consteq(token, stored.token):
        return True
    return consteq(user._legacy_session_token_hash_compute(stored.sid), stored.token)


def _token_values(users: BaseModel) -> dict[int, Any]:
    """Odoo's ``_session_token_get_values`` of each user, such as login and password; one query."""
    if not users:
        return {}
    query = users[0]._get_session_token_query_params()
    if query["where"] != SQL("res_users.id = %s", users[0].id):  # an addon knows who counts
        return {user.id: user._session_token_get_values() for user in users}
    query["where"] = SQL("res_users.id IN %s", users._ids)
    cursor = users.env.cr
    cursor.execute(SQL(
        "SELECT res_users.id, %(select)s FROM %(from)s %(joins)s WHERE %(where)s"
        " GROUP BY %(group_by)s", **query,
    ))  # fmt: skip
    names = [column.name for column in cursor.description[1:]]
    return {row[0]: tuple(zip(names, row[1:])) for row in cursor.fetchall()}


def _locks_at(stored: Stored, user: BaseModel) -> float:
    """When ``auth_timeout`` locks a session, as its ``ir.http._must_check_identity`` reckons.

    That one needs a request; and a watch has to know the moment beforehand.
    """
    if not hasattr(user, "_get_lock_timeouts"):
        return NEVER
    timeouts = user._get_lock_timeouts()
    moments = [stored.created + seconds for seconds, _ in timeouts["lock_timeout"]]
    if stored.idle_until is not None and timeouts["lock_timeout_inactivity"]:
        moments.append(stored.idle_until)
    return min(moments, default=NEVER)


def user_level(user: BaseModel) -> str:
    """Whether a user is one of the house, one of the portal, or the public."""
    if user._is_internal():
        return "user"
    return "portal" if user._is_portal() else "public"


def public_user(env: Environment, host: str) -> int:
    """The id of the user that a visitor is: that of the host's website, where there are any."""
    if "website" in env:
        try:
            host.encode("idna")
        except UnicodeError:  # no name that a website could have, so it is the first one's
            host = ""
        website = env["website"].sudo()
        return int(website.browse(website._get_current_website_id(host)).user_id.id)
    return int(env.ref("base.public_user").id)


# -- API keys --------------------------------------------------------------------------------------


@cache
def _nobodys_hash() -> str:
    return str(KEY_CRYPT_CONTEXT.hash(secrets.token_hex()))


def find_key(key: str, env: Environment, any_scope: bool) -> tuple[int, int] | None:
    """The user and the id of an API key, by Odoo's own check; None when it is not good here.

    :param any_scope: take keys without scope too, which are good for everything.
    """
    user_id = env["res.users.apikeys"]._check_credentials(scope=SCOPE, key=key)
    env.cr.execute(
        "SELECT user_id, id, scope, key FROM res_users_apikeys WHERE index = %s"
        " AND (scope IS NULL OR scope = %s)",
        [key[:INDEX_SIZE], SCOPE],
    )
    rows = env.cr.fetchall()
    if not rows:  # takes as long as for a key whose beginning exists: Odoo's check, and ours
        KEY_CRYPT_CONTEXT.verify(key, _nobodys_hash())
        KEY_CRYPT_CONTEXT.verify(key, _nobodys_hash())
    for owner, key_id, scope, hashed in rows:
        good = KEY_CRYPT_CONTEXT.verify(key, hashed)
        if good and owner == user_id and (scope or any_scope):
            return owner, key_id
    return None


def create_key(env: Environment, name: str, days: int) -> str:
    """Make an API key of the environment's user for this server, within Odoo's rules; return it.

    :param name: what the user will know it by.
    :param days: until it expires; 0: never, which only administrators may have.
    :raises odoo.exceptions.UserError: when the user may not have such a key.
    """
    env["res.users.apikeys.description"].check_access_make_key()
    expires = fields.Datetime.add(fields.Datetime.now(), days=days) if days else None
    return str(env["res.users.apikeys"]._generate(SCOPE, name, expires))


def broken_keys(ids: Iterable[int], cr: Any) -> dict[int, str]:
    """Those of some API keys that are not good any more, and why; one query for all."""
    cr.execute(
        """
        SELECT wanted.id, CASE
                WHEN k.id IS NULL THEN 'the API key was deleted'
                WHEN NOT u.active THEN 'the user was archived'
                ELSE 'the API key has expired'
            END
        FROM unnest(%s) AS wanted (id)
        LEFT JOIN res_users_apikeys k ON k.id = wanted.id
        LEFT JOIN res_users u ON u.id = k.user_id
        WHERE k.id IS NULL OR NOT u.active OR k.expiration_date < now() AT TIME ZONE 'utc'
        """,
        [list(ids)],
    )
    return dict(cr.fetchall())
