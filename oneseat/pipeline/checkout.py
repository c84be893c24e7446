"""Imports ``bootstrap`` from the checkout; without a checkout the import raises CheckoutRequired.

Building a base needs the client's sources, their pins and the Windows Python that ``bootstrap`` prepares in a
checkout. A wheel contains none of these, so modules that build import ``bootstrap`` from here.
"""

from __future__ import annotations

from oneseat.pipeline.errors import CheckoutRequired

try:
    from bootstrap import layout, phone, trees, windows
    from bootstrap.steps import SetupFailed
except ModuleNotFoundError:
    raise CheckoutRequired from None

__all__ = ["SetupFailed", "layout", "phone", "trees", "windows"]
