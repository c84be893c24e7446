"""Packages of a distribution: ``oneseat``, with ``templates/`` as package data, and ``signing``."""

from __future__ import annotations

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["oneseat", "oneseat.*", "signing", "signing.*"]), "oneseat.templates"],
    package_dir={"oneseat.templates": "templates"},
    package_data={"oneseat.templates": ["**/*"]},
)
