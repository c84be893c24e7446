"""Asks the portal whether typed names and numbers are the seats' own: an outbox, emptied by a thread.

No answer is never a yes: until the portal has confirmed a claim, a person can decide no more than that face
and card agree.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from oneseat.room.services.identity.identity_step import open_claim
from oneseat.room.services.portal.portal_calls import AT_ONCE, Outbox, next_try
from oneseat.state.room import identity
from oneseat.state.room.identity import Claim

ROUTE = "identity/check"
_log = logging.getLogger("room.identity")


class IdentityChecks(Outbox[Claim]):
    """Checks with a service token of scope ``identity:check``."""

    def _take_due(self, connection: Connection, now: datetime, again_at: datetime) -> Sequence[Claim]:
        return identity.take_due_claims(connection, self._room.exam, now, again_at, AT_ONCE)

    def _send(self, claim: Claim) -> None:
        typed = open_claim(self._room, claim.attempt, claim.sealed)
        outcome = self._portal.post(ROUTE, {"jti": claim.jti, "name": typed.name, "id_number": typed.number})
        agrees, now = outcome.answer.get("agrees"), self._room.clock.now()
        answered = isinstance(agrees, bool)
        with self._room.database.writing() as connection:
            if answered or (outcome.final and outcome.refusal):
                identity.finish_claim(connection, claim.attempt, now, agrees, outcome.refusal)
            else:
                again = next_try(now, claim.tries + 1)
                identity.postpone_claim(connection, claim.attempt, again, outcome.refusal or "answer")
        if not answered:
            _log.warning("identity not checked", extra={"code": outcome.refusal or "answer"})
