"""Sphinx configuration; ``make docs`` builds with warnings as errors."""

import logging
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

from odoo_stub import MOCKED  # noqa: E402  makes the addons importable without Odoo

from pgsocketio import __version__  # noqa: E402

# A dependency of the theme sends the log of whatever autodoc imports to standard error.
logging.getLogger("odoo").setLevel(logging.WARNING)

project = "oe.web.socketio"
copyright = "the contributors of oe.web.socketio"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "options_table"]
exclude_patterns = ["_ext", "conf", "performance"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_mock_imports = MOCKED
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = f"oe.web.socketio {release}"
html_theme_options = {"navigation_with_keys": True}
