"""Private calls into Odoo about its session files. For Odoo 19."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from typing import Any, NamedTuple

from odoo import http
from odoo.models import BaseModel
from odoo.service import security

from pgsocketio.files import Stat, file_stat

NEVER = float("inf")


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


class Stored(NamedTuple):
    """What is needed here of what a session file has.

    :ivar sid: the id of the session; another one than was asked for, after a soft rotation.
    :ivar token: by which Odoo knows whether the user is still the one it was made for.
    :ivar created: seconds since 1970.
    :ivar idle_until: when ``auth_timeout`` takes the user for gone, in seconds since 1970.
    :ivar ends: seconds since 1970.
    :ivar stat: of the file; older than the content, so that no change is overlooked.
    """

    sid: str
    uid: int | None
    db: str | None
    login: str
    token: str
    created: float
    idle_until: float | None
    ends: float
    stat: Stat


def load_session(sid: Any) -> Stored | None:
    """The session of an id, also when a soft rotation gave it a new one; None: there is none."""
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
    return Stored(
        session.sid, session.uid, session.db, session.login or "", session.session_token or "",
        session.get("create_time", 0), session.get("identity-check-next"),
        session.get("deletion_time", NEVER), stat,
    )  # fmt: skip
