"""The checkout's own tools: importing this module where there is only a wheel raises CheckoutRequired.

Building a base takes the client's sources, their pins and the prepared Windows Python, which ``bootstrap``
lays down in a checkout. A wheel carries none of it, so modules that build import ``bootstrap`` from here.
"""

from __future__ import annotations

from oneseat.pipeline.errors import CheckoutRequired

try:
    from bootstrap import layout, windows
    from bootstrap.steps import SetupFailed
except ModuleNotFoundError:
    raise CheckoutRequired from None

__all__ = ["SetupFailed", "layout", "windows"]
