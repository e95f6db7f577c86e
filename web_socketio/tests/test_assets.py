"""What each kind of page loads of us. That it runs there is tested in a browser."""

import re

from odoo.addons.base.models.assetsbundle import AssetsBundle
from odoo.addons.base.models.ir_asset import AssetPaths
from odoo.modules import Manifest
from odoo.tests import TransactionCase, tagged

OPENERP = "/web_socketio/static/src/openerp.js"
CLIENT = {"lib/socket.io/socket.io.min", "src/hooks", "src/live", "src/service", "src/socketio"}
IMPORT = re.compile(r'^import .* from "(.+)";$|^\} from "(.+)";$', re.MULTILINE)


def with_dependencies(addon):
    """An addon and all that it needs."""
    found, wanted = set(), [addon]
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += Manifest.for_addon(name)["depends"] or ["base"]
    return found


@tagged("post_install", "-at_install")
class TestAssets(TransactionCase):
    def files(self, bundle, *addons):
        """The files of a bundle where these addons are installed, too; by path, in order."""
        assets = self.env["ir.asset"]
        installed = set(assets._get_installed_addons_list()).union(*map(with_dependencies, addons))
        paths = AssetPaths()
        order = assets._topological_sort(tuple(installed))
        assets._fill_asset_paths(bundle, paths, [], order, installed)
        return {path: full_path for path, full_path, *_ in paths.list}

    def check(self, bundle, *addons, loaded_before=()):
        """Check that a page with a bundle has the client, and all that the client imports."""
        files = self.files(bundle, *addons)
        there = {*files, *loaded_before}
        ours = [path for path in files if path.startswith("/web_socketio/")]
        self.assertLessEqual({f"/web_socketio/static/{name}.js" for name in CLIENT}, set(ours))
        self.assertEqual(ours[0], OPENERP)
        before = [path for path in files if path.startswith("/web/static/src/core/")]
        self.assertLess(list(files).index(OPENERP), list(files).index(before[0]))
        self.assertFalse([path for path in ours if not path.endswith((".js", ".xml"))])
        for path in ours:
            with open(files[path], encoding="utf-8") as source:
                for first, second in IMPORT.findall(source.read()):
                    self.assertIn(self.path_of(first or second, path), there, f"{path} in {bundle}")
        return files

    def path_of(self, module, importer):
        """The file of a module, as Odoo's ``import`` means it."""
        if module == "@odoo/owl":
            return "/web/static/lib/owl/odoo_module.js"
        if module.startswith("."):
            return f"{importer.rpartition('/')[0]}/{module.removeprefix('./')}.js"
        addon, _, path = module.removeprefix("@").partition("/")
        return f"/{addon}/static/src/{path}.js"

    def test_web_client(self):
        files = self.check("web.assets_backend")
        self.assertIn("/web_socketio/static/src/webclient/connection_status.js", files)

    def test_website_and_portal(self):
        minimal = self.files("web.assets_frontend_minimal")
        files = self.check("web.assets_frontend_lazy", loaded_before=minimal)
        self.assertNotIn("/web_socketio/static/src/webclient/connection_status.js", files)

    def test_unit_tests(self):
        self.check("web.assets_unit_tests_setup")

    def test_point_of_sale(self):
        """Without installing it, which takes minutes: its manifest and files are there."""
        files = self.check("point_of_sale.assets_prod", "point_of_sale")
        self.assertNotIn("/web_socketio/static/src/webclient/connection_status.js", files)
        sources = [
            {"url": path, "filename": full_path, "content": "", "last_modified": 1}
            for path, full_path in files.items() if path.endswith(".js") and full_path
        ]
        bundle = AssetsBundle("point_of_sale.assets_prod", sources, env=self.env, css=False)
        compiled = "".join(asset.with_header() for asset in bundle.javascripts)
        self.assertIn("odoo.define('@web_socketio/socketio'", compiled)
        self.assertFalse(bundle.css_errors)
