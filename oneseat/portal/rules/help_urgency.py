"""How urgent a help request is at a moment: by its candidate's session, or by what the exam room knows.

Urgency is not stored once for all: a request filed before a session becomes urgent when the session begins.
All functions are pure.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from oneseat.portal.rules.help_rules import Urgency
from signing.charter import Charter

STAGE_LIFE = timedelta(hours=1)
"""How long what an exam room says counts, where neither it nor the charter gives an end."""


class Stage(NamedTuple):
    """What an exam room knows: answering or waiting, and the time left of it, or None."""

    urgency: Urgency
    left: timedelta | None


class Standing(NamedTuple):
    """The class that a request is queued in, and the time that orders it there.

    ``order_at`` is the end of what makes it urgent, so that the request with the least time left comes first;
    of requests that are not urgent it is the submission.
    """

    urgency: Urgency
    order_at: datetime


def as_filed(charter: Charter, now: datetime, stage: Stage | None) -> Standing:
    """What is stored of a request of an identified candidate that is filed now; ``stage`` by rooms only."""
    if stage is None:
        return Standing(Urgency.OTHER, now)
    ends = _end_of_stage(charter, now, stage.urgency) if stage.left is None else now + stage.left
    return Standing(stage.urgency, ends)


def standing_at(
    filed: Standing, submitted_at: datetime, charter: Charter, now: datetime, mock: int | None = None
) -> Standing:
    """The standing at ``now`` of a request that was stored as ``filed``.

    What an exam room has said counts until the end that it gave; after it, and for all other doors, the
    charter's sessions do. ``mock`` is the mock interview that the candidate has begun and not ended, by its
    position in the charter. An unverified request stays where it is.
    """
    if filed.urgency is Urgency.UNVERIFIED:
        return filed
    if filed.urgency is not Urgency.OTHER and now < filed.order_at:
        return filed
    return _by_session(charter, now, mock) or Standing(Urgency.OTHER, submitted_at)


def _by_session(charter: Charter, now: datetime, mock: int | None) -> Standing | None:
    for formal in charter.formals:
        if formal.starts <= now < formal.ends:
            return Standing(Urgency.QUESTIONS, formal.ends)
        if formal.login_opens <= now < formal.starts:
            return Standing(Urgency.WAITING, formal.starts)
    if mock is not None and mock < len(charter.mocks) and charter.mocks[mock].contains(now):
        return Standing(Urgency.QUESTIONS, charter.mocks[mock].closes)
    return None


def _end_of_stage(charter: Charter, now: datetime, stage: Urgency) -> datetime:
    """When the session that runs by the charter ends or, for a candidate who waits, starts."""
    begun = [formal for formal in charter.formals if formal.login_opens <= now]
    ends = [formal.starts if stage is Urgency.WAITING else formal.ends for formal in begun]
    ends += [mock.closes for mock in charter.mocks if mock.contains(now)]
    return min((end for end in ends if end > now), default=now + STAGE_LIFE)
