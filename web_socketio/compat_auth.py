"""Every private call into Odoo about who somebody is: sessions, API keys, kinds of users."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from odoo import fields, http
from odoo.addons.base.models.res_users import INDEX_SIZE, KEY_CRYPT_CONTEXT
from odoo.api import Environment
from odoo.models import BaseModel
from odoo.service import security

Stat = tuple[int, int, int]

SCOPE = "socketio"
"""Of the API keys that are good for nothing but this server."""
NEVER = float("inf")

# -- session files ---------------------------------------------------------------------------------


def session_path(sid: str) -> str:
    """The file of a session."""
    return str(http.root.session_store.get_session_filename(sid))


def sessions_folder() -> str:
    """Where the files of sessions are."""
    return str(http.root.session_store.path)


def lend_session(user: BaseModel, seconds: float) -> str:
    """Make a session of a user, for a program that ends before it does; return its id.

    It leaves no trace among the user's devices; when its time is over, Odoo takes it for deleted.

    :param user: with an environment that may read it.
    :raises OSError: when its file cannot be written.
    """
    store = http.root.session_store
    session = store.new()
    session.update(
        http.get_default_session(), db=user.env.cr.dbname, uid=user.id, login=user.login,
        context=dict(user.with_user(user).context_get()), _trace_disable=True,
        deletion_time=time.time() + seconds,
    )  # fmt: skip
    session.session_token = security.compute_session_token(session, user.env)
    store.save(session)
    path = session_path(session.sid)
    if not os.path.exists(path):  # Odoo's store swallows the error
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    if os.geteuid() == 0:  # Odoo and the server have to read it
        owner = os.stat(store.path)
        os.chown(os.path.dirname(path), owner.st_uid, owner.st_gid)
        os.chown(path, owner.st_uid, owner.st_gid)
    return str(session.sid)


def end_session(sid: str) -> None:
    """Delete a session."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(session_path(sid))


def file_stat(path: str) -> Stat | None:
    """What changes when a file does; None when it is gone."""
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return (stat.st_mtime_ns, stat.st_ino, stat.st_size)


def load_session(sid: Any) -> tuple[http.Session, Stat] | None:
    """The session of an id, also when a soft rotation gave it a new one; None: there is none.

    It is a copy: it must not be saved. The stat is older than the content, so that no change of the
    file is overlooked.
    """
    store = http.root.session_store
    if not isinstance(sid, str) or not store.is_valid_key(sid):
        return None
    stat = file_stat(session_path(sid))
    if stat is None:
        return None
    session = store.get(sid)
    successor = session.get("next_sid")
    if successor and (newer := file_stat(session_path(successor))) is not None:
        session, stat = store.get(successor), newer
    session.can_save = False
    return session, stat


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


def judge(session: http.Session, env: Environment) -> Verdict | None:
    """What Odoo thinks of a session now, None: that it is nobody's. Saves and deletes nothing."""
    ends = session.get("deletion_time", NEVER)
    if ends <= time.time():
        return None
    data = {key: value for key, value in session.items() if key != "gc_previous_sessions"}
    copy = type(session)(data, session.sid)
    copy.can_save = False
    user = env["res.users"].browse(session.uid)
    if not (user.exists().active and security.check_session(copy, env)):
        return None
    locks = _locks_at(session, user)
    if locks <= time.time():
        return Verdict(user_level(user), locked=True, due=ends)
    return Verdict(user_level(user), due=min(ends, locks))


def _locks_at(session: http.Session, user: BaseModel) -> float:
    """When ``auth_timeout`` locks a session, as its ``ir.http._must_check_identity`` reckons.

    That one needs a request; and a watch has to know the moment beforehand.
    """
    if not hasattr(user, "_get_lock_timeouts"):
        return NEVER
    timeouts = user._get_lock_timeouts()
    moments = [session.get("create_time", 0) + seconds for seconds, _ in timeouts["lock_timeout"]]
    idle_until = session.get("identity-check-next")
    if idle_until is not None and timeouts["lock_timeout_inactivity"]:
        moments.append(idle_until)
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
