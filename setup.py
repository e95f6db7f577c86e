"""Puts the addons into odoo/addons of the wheel; all else is in pyproject.toml."""

from setuptools import find_packages, setup

ADDONS = ("web_socketio", "web_longpolling")
CORE = ("pgsocketio", "oe_web_socketio")

packages = [p for name in CORE for p in (name, *(f"{name}.{s}" for s in find_packages(name)))]
folders = {}
for addon in ADDONS:
    for package in (addon, *(f"{addon}.{sub}" for sub in find_packages(addon))):
        packages.append(f"odoo.addons.{package}")
        folders[f"odoo.addons.{package}"] = package.replace(".", "/")

setup(packages=packages, package_dir=folders)
