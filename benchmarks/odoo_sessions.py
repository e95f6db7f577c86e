"""Open sessions of the administrator; run by ``odoo shell``.

Reads a JSON object from the environment variable SESSIONS: ``count``, and ``file``, which gets the
ids of the sessions, one per line.
"""

import json
import os

import odoo.http
from odoo.service import security

env = globals()["env"]  # given by odoo shell
wanted = json.loads(os.environ["SESSIONS"])
user = env.ref("base.user_admin")
store = odoo.http.root.session_store
with open(wanted["file"], "w", encoding="ascii") as file:
    for _ in range(wanted["count"]):
        session = store.new()
        session.update(odoo.http.get_default_session(), db=env.cr.dbname)
        session.uid, session.login = user.id, user.login
        session.session_token = security.compute_session_token(session, env(user=user.id))
        session.context = dict(env(user=user.id)["res.users"].context_get())
        store.save(session)
        file.write(session.sid + "\n")
