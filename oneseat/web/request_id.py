"""A short identifier for each request: pages of refusals show it, and the request's log line has it."""

from __future__ import annotations

from random import getrandbits

from starlette.types import Scope

_KEY = "oneseat.request_id"


def assign_request_id(scope: Scope) -> str:
    """Give a request its identifier: eight hexadecimal digits, to be read over the telephone.

    It is no secret. Two requests of one day may share it, and the time tells them apart.
    """
    scope[_KEY] = identifier = f"{getrandbits(32):08x}"
    return identifier


def request_id_of(scope: Scope) -> str:
    """The identifier of a request, which is assigned where it has none yet."""
    return str(scope.get(_KEY) or assign_request_id(scope))
