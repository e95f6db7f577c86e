"""Puts the addons into odoo/addons of the wheel; all else is in pyproject.toml.

There is no ``odoo/__init__.py``: the folder merges with Odoo's own, which has none either.
"""

from setuptools import find_packages, setup

ADDONS = ("web_socketio", "web_longpolling")
CORE = ("pgsocketio", "oe_web_socketio")

packages = [p for name in CORE for p in (name, *(f"{name}.{s}" for s in find_packages(name)))]
folders = {}
for addon in ADDONS:
    for package in (addon, *(f"{addon}.{sub}" for sub in find_packages(addon))):
        packages.append(f"odoo.addons.{package}")
        folders[f"odoo.addons.{package}"] = package.replace(".", "/")

setup(
    packages=packages,
    package_dir=folders,
    include_package_data=False,
    package_data={
        "pgsocketio": ["py.typed", "sql/*.sql"],
        "oe_web_socketio": ["template/**"],
        **{f"odoo.addons.{addon}": ["**"] for addon in ADDONS},
    },
    exclude_package_data={"": ["*.pyc"]},
)
