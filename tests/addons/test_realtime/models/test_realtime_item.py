from odoo import _, api, fields, models
from odoo.exceptions import (
    AccessDenied,
    AccessError,
    MissingError,
    RedirectWarning,
    UserError,
    ValidationError,
)

KINDS = {
    kind.__name__: kind
    for kind in (UserError, ValidationError, AccessError, MissingError, AccessDenied)
}


class TestRealtimeItem(models.Model):
    _name = "test.realtime.item"
    _description = "Item"

    name = fields.Char(required=True)
    count = fields.Integer()
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)

    _count_positive = models.Constraint("CHECK (count >= 0)", "The count is not negative.")

    @api.constrains("name")
    def _check_name(self):
        if "forbidden" in self.mapped("name"):
            raise ValidationError(_("This name is forbidden."))

    @api.model
    def refuse(self, kind):
        """Raise an error of Odoo with a translated text."""
        if kind == "RedirectWarning":
            raise RedirectWarning(_("Go elsewhere."), 1, _("Elsewhere"))
        raise KINDS[kind](_("This is not allowed."))

    @api.model
    def where_am_i(self):
        """What the environment of a call looks like."""
        return {
            "uid": self.env.uid, "su": self.env.su, "lang": self.env.lang,
            "tz": self.env.context.get("tz"), "company": self.env.company.id,
            "companies": self.env.companies.ids, "colour": self.env.context.get("colour"),
        }

    def rename(self, name, suffix=""):
        """Rename, and return the records."""
        self.name = name + suffix
        return self

    def _private(self):
        return f"private to {self.name}"

    def add_one(self):
        """Read, wait for others to do the same, write."""
        count = self.count
        self.env.cr.execute("SELECT pg_sleep(0.3)")
        self.count = count + 1
        return self.count

    @api.model
    def wait(self, seconds):
        """Hold a cursor."""
        self.env.cr.execute("SELECT pg_sleep(%s)", [seconds])
        return True

    @api.model
    def pass_gate(self, key):
        """Hold a cursor while a ``Gate`` of the tests is closed."""
        self.env.cr.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        return True

    @api.model
    def never_serializable(self):
        """Fail as a transaction that always meets another one."""
        self.env.cr.execute("DO $$ BEGIN RAISE serialization_failure; END $$")
