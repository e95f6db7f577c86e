"""Make a freshly installed database ready for people or tests; run by ``odoo shell``.

Reads a JSON object from the environment variable PREPARE:

- ``users``: {login: name} of internal users; the password is the login
- ``parameters``: {key: value} of system parameters
- ``attachments_in_database``: keep files in the database, so that a clone of it is complete

It also builds the web client's assets, or the first page of every clone would have to.
"""

import json
import os

env = globals()["env"]  # given by odoo shell
settings = json.loads(os.environ["PREPARE"])

for key, value in settings.get("parameters", {}).items():
    env["ir.config_parameter"].set_param(key, value)

if settings.get("attachments_in_database"):
    env["ir.config_parameter"].set_param("ir_attachment.location", "db")
    env["ir.attachment"].force_storage()

for login, name in settings.get("users", {}).items():
    if not env["res.users"].search_count([("login", "=", login)]):
        internal = env.ref("base.group_user").ids
        env["res.users"].create(
            {"login": login, "name": name, "password": login, "group_ids": [(6, 0, internal)]}
        )

env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()
