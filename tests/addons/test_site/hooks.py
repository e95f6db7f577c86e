from odoo import Command


def post_init_hook(env):
    """A portal user, and a second website, whose company and so whose public user is another."""
    users = env["res.users"].with_context(no_reset_password=True)
    groups = [Command.set(env.ref("base.group_portal").ids)]
    users.create(
        {"login": "portal", "password": "portal", "name": "Petra Portal", "group_ids": groups}
    )
    company = env["res.company"].create({"name": "Second"})
    env["website"].create(
        {"name": "Second", "domain": "http://localhost", "company_id": company.id}
    )
