"""Whether a formal interview is so near that the portal is not disturbed without a chief's word.

From :data:`BEFORE` its login opens until :data:`AFTER` it ends, maintenance and a new charter reach
candidates who can do nothing about it. A charter can also end what runs.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from oneseat.portal.rules.utc_interval import UtcInterval, utc
from signing.charter import Charter, FormalSession

BEFORE = timedelta(minutes=60)
AFTER = timedelta(minutes=30)


def interview_near(charter: Charter, now: datetime) -> FormalSession | None:
    """The formal session that runs, begins soon or has just ended; None if there is none.

    ``charter`` is that of the candidate with the longest extra time.
    """
    return next((formal for formal in charter.formals if _around(formal).contains(now)), None)


def _around(formal: FormalSession) -> UtcInterval:
    return UtcInterval(utc(formal.login_opens) - BEFORE, utc(formal.ends) + AFTER)
