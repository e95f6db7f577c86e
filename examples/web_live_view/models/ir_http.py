from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        info = super().session_info()
        if self.env.user._is_internal():
            info["live_models"] = self._live_models()
        return info

    def _live_models(self):
        """Return the names of the models whose views follow changes."""
        registry = self.env.registry
        live = registry["web.socketio.live.mixin"]
        models = registry.models.items()
        return sorted(
            name for name, model in models if issubclass(model, live) and not model._abstract
        )
