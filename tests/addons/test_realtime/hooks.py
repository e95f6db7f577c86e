from odoo import Command


def post_init_hook(env):
    """A portal user, a user who speaks French, and one who may use two of three companies."""
    env["res.lang"]._activate_lang("fr_FR")
    second, _third = env["res.company"].create([{"name": "Second"}, {"name": "Third"}])
    main, internal = env.ref("base.main_company"), env.ref("base.group_user")
    users = env["res.users"].with_context(no_reset_password=True)
    users.create([
        {"login": "portal", "name": "Petra Portal",
         "group_ids": [Command.set(env.ref("base.group_portal").ids)]},
        {"login": "francoise", "name": "Françoise", "lang": "fr_FR", "tz": "Europe/Paris",
         "group_ids": [Command.set(internal.ids)]},
        {"login": "second", "name": "Sally Second", "group_ids": [Command.set(internal.ids)],
         "company_id": main.id, "company_ids": [Command.set((main | second).ids)]},
    ])
    for login in ("portal", "francoise", "second"):
        users.search([("login", "=", login)]).password = login
