"""An identity to decide on: what a person may see of it, and the decision, each look and act audited."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from oneseat.room.exam.seat_copy import KnownSeat
from oneseat.room.refusals.staff import AttemptUnknown, DecisionInvalid, PassUnconfirmed, SecondPersonNeeded
from oneseat.room.rules import commitments
from oneseat.room.rules.commitments import RECORD
from oneseat.room.rules.identity import REASONS, Identity, awaits_second, may_pass, may_reject, state_of
from oneseat.room.services.identity.identity_step import open_claim, open_photo
from oneseat.room.staff.committing import digest_of
from oneseat.room.staff.identity.watermark import marked
from oneseat.room.staff.visits import StaffVisit
from oneseat.state.accounts import audit
from oneseat.state.room import attempts, identity, registered_photos
from oneseat.state.room.attempts import CARRIED, Attempt
from oneseat.state.room.identity import Claim, Decision, Photo
from signing.session_times import MOCK

MAX_NOTE = 200
REGISTERED = "registered"
"""What the photograph is called that the organiser has."""
_SHOWN_DIGITS = 4


@dataclass(frozen=True)
class Case:
    """What is known of an attempt's identity, without anything that was sealed.

    ``from_mock`` is whether the decisions are those on the mock interview, carried over. ``registered`` is
    whether the organiser has given a photograph. ``seat`` has what was approved for the candidate.
    """

    photos: Sequence[Photo]
    claim: Claim | None
    decisions: Sequence[Decision]
    from_mock: bool
    operator: str
    registered: bool
    seat: KnownSeat

    @property
    def state(self) -> Identity:
        """What the decisions amount to."""
        return state_of(self.decisions)

    @property
    def agrees(self) -> bool | None:
        """Whether the portal has confirmed name and number; None while it has not answered."""
        return None if self.claim is None else self.claim.agrees

    @property
    def awaits_second(self) -> bool:
        """Whether a second person is asked to reject, or not."""
        return awaits_second(self.decisions)

    @property
    def may_pass(self) -> bool:
        """Whether 通过 may be chosen."""
        return may_pass(agrees=self.agrees)

    @property
    def may_reject(self) -> bool:
        """Whether this operator may choose 不通过."""
        return may_reject(self.decisions, self.operator)


@dataclass(frozen=True)
class Opened:
    """What one look shows: photographs as data addresses, name, and the number's last four characters."""

    pictures: dict[str, str] = field(repr=False)
    name: str | None = field(repr=False)
    number: str | None = field(repr=False)


def case_of(connection: Connection, visit: StaffVisit, attempt: Attempt) -> Case:
    """Read what is known of an attempt's identity."""
    exam = visit.room.exam
    carried = attempt.identity_by == CARRIED
    own = identity.decisions_of(connection, exam, [attempt.id])[attempt.id]
    from_mock = carried and not own
    decided = identity.decided_before(connection, exam, attempt.jti, MOCK) if from_mock else own
    return Case(
        identity.photos_of(connection, exam, attempt.id),
        identity.claim_of_seat(connection, exam, attempt.jti),
        decided,
        from_mock,
        visit.operator.name,
        registered_photos.exists(connection, exam, attempt.jti),
        visit.room.seats.of(attempt.jti),
    )


def look(visit: StaffVisit, attempt_id: str) -> Opened:
    """Open photographs, name and number for one look, which is written into the audit log.

    Raises:
        AttemptUnknown: there is no such attempt.
    """
    room = visit.room
    with room.database.reading() as connection:
        attempt = find(connection, visit, attempt_id)
    facts: dict[str, audit.Fact] = {"jti": attempt.jti, "attempt": attempt.id}
    with visit.audited("room.identity-seen", facts) as connection:
        sealed = identity.sealed_photos(connection, room.exam, attempt.id)
        claim = identity.claim_of_seat(connection, room.exam, attempt.jti)
        registered = room.photos.open(connection, attempt.jti)
        if registered is not None:  # a later file may bring another one: what was seen is told by its digest
            facts["registered"] = registered.sha256
    opened = {what: open_photo(room, attempt.id, what, content) for what, content in sealed.items()}
    if registered is not None:
        opened[REGISTERED] = registered.jpeg
    mark = f"{visit.operator.name} {visit.now:%Y-%m-%d %H:%MZ}"
    pictures = {what: _address(marked(jpeg, mark)) for what, jpeg in opened.items()}
    if claim is None:
        return Opened(pictures, None, None)
    typed = open_claim(room, claim.attempt, claim.sealed)
    return Opened(pictures, typed.name, typed.number[-_SHOWN_DIGITS:])


def decide(visit: StaffVisit, attempt_id: str, outcome: str, reason: str, note: str) -> None:
    """Add a decision. What it amounts to is recorded with the attempt; nothing ends by it.

    A decision on a mock interview is recorded too with a formal interview that it was carried over to.

    Raises:
        AttemptUnknown: there is no such attempt.
        DecisionInvalid: outcome or reason is none of the list.
        PassUnconfirmed: 通过, and the portal has not confirmed name and number.
        SecondPersonNeeded: 不通过 by a person who has rejected already.
    """
    if outcome not in REASONS or reason not in REASONS[Identity(outcome)]:
        raise DecisionInvalid
    facts: dict[str, audit.Fact] = {"attempt": attempt_id, "outcome": outcome, "reason": reason}
    with visit.room.database.reading() as connection:
        facts["jti"] = find(connection, visit, attempt_id).jti
    with visit.audited("room.identity-decided", facts) as connection:
        attempt = attempts.lock(connection, visit.room.exam, attempt_id)
        if attempt is None:
            raise AttemptUnknown
        case = case_of(connection, visit, attempt)
        _require_allowed(case, Identity(outcome))
        decision = Decision(attempt.id, visit.now, visit.operator.name, outcome, reason, note[:MAX_NOTE])
        number = identity.add_decision(connection, visit.room.exam, decision)
        facts[RECORD] = digest_of(connection, commitments.IDENTITY_DECIDED, number)
        own = identity.decisions_of(connection, visit.room.exam, [attempt.id])[attempt.id]
        attempts.record_identity_state(connection, attempt.id, state_of(own))
        if attempt.kind == MOCK:
            _carry_over(connection, visit.room.exam, attempt.jti)


def find(connection: Connection, visit: StaffVisit, attempt_id: str) -> Attempt:
    """Find an attempt of the room's exam that the operator may see.

    Raises:
        AttemptUnknown: there is none of that id.
        StaffGroupForeign: it is in another group.
    """
    attempt = attempts.find(connection, visit.room.exam, attempt_id)
    if attempt is None:
        raise AttemptUnknown
    visit.require_sees(connection, attempt.id)
    return attempt


def _require_allowed(case: Case, outcome: Identity) -> None:
    if outcome is Identity.PASSED and not case.may_pass:
        raise PassUnconfirmed
    if outcome is Identity.REJECTED and not case.may_reject:
        raise SecondPersonNeeded


def _carry_over(connection: Connection, exam: str, jti: str) -> None:
    """Record what the mock interview's decisions amount to now where they count in a formal interview."""
    state = state_of(identity.decided_before(connection, exam, jti, MOCK))
    carried = attempts.find_carried(connection, exam, jti)
    decided = identity.decisions_of(connection, exam, carried)
    for attempt in carried:
        if not decided[attempt]:
            attempts.record_identity_state(connection, attempt, state)


def _address(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
