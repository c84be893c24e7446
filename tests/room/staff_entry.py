"""How an operator's browser comes from the desk into a room, over HTTP."""

from __future__ import annotations

from oneseat.state.accounts.operators import Role

FROM_DESK = {"origin": "https://desk.example:8443"}
WATCHER = Role.LEAD
"""The role of those who watch a whole session."""
