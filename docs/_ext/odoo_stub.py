"""Lets autodoc import the addons of this repository where there is no Odoo.

``odoo.addons`` is the repository's root; what else the addons import of Odoo is mocked by autodoc.
"""

import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]

MOCKED = [
    "odoo.api", "odoo.exceptions", "odoo.http", "odoo.models", "odoo.modules", "odoo.service",
    "odoo.sql_db",
]  # fmt: skip


def _module(name: str, path: list[str], **content: object) -> None:
    module = ModuleType(name)
    module.__path__ = path
    vars(module).update(content)
    sys.modules[name] = module


_module("odoo", [])
_module("odoo.addons", [str(ROOT)])
# Classes that the addons register with functools.singledispatch, which wants real ones.
_module("odoo.tools", [])
_module("odoo.tools.func", [], lazy=type("lazy", (), {}))
_module("odoo.tools.translate", [], LazyGettext=type("LazyGettext", (), {}))
