"""Operators' actions on seats and exam, each in one transaction with its audit record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from oneseat.portal.desk.justification import UNEXPLAINED, Justification
from oneseat.portal.desk.visits import DeskVisit, charter_for_longest
from oneseat.portal.errors import SeatNotFound
from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.desk import (
    CharterRefused,
    DeviceChangeOver,
    InterviewNear,
    OrderInvalid,
    ReissueQueued,
    SeatAlreadyRevoked,
    SeatNotActive,
)
from oneseat.portal.rules.interview_near import interview_near
from oneseat.state.accounts import audit
from oneseat.state.accounts.audit import AUDIT_HEAD_TYP, Fact
from oneseat.state.candidates import login_budget, seat_lookup, seat_support, seats, sessions
from oneseat.state.candidates.seat_lookup import SeatState
from oneseat.state.errors import CharterConflict, CharterOlder
from oneseat.state.publishing import charters, published_batches, releases
from signing.authority.signer import sign_token
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.refusals import LicenceForOtherExam
from signing.text import Text

HEAD_VERSION = 1
MAX_NAME = 40
ALLOWED_HOURS = (1, 2, 6, 12, 24, 48)
"""The choices for how long one seat may download outside the window."""


@dataclass(frozen=True)
class SeatActions:
    """An operator, the seat that they are looking at, and why they act."""

    visit: DeskVisit
    seat: SeatState
    justification: Justification = UNEXPLAINED

    def move(self) -> None:
        """Unbind the seat from its device, so that the next one to activate gets it.

        Raises:
            DeviceChangeOver: the charter's time for device changes is over.
            SeatNotActive: no device holds the seat.
        """
        in_force = self.visit.exam.charter()
        until = in_force.charter.device_change_until
        if self.visit.now >= until:
            raise DeviceChangeOver(until=schedule.deadline(until, in_force.zone))
        jti = self.jti
        with self._audited("seat.moved") as connection:
            if seat_support.retire_device(connection, self.visit.exam.exam, jti, self.visit.now) is None:
                raise SeatNotActive

    def revoke(self) -> None:
        """Revoke the seat's licence.

        Raises:
            SeatAlreadyRevoked: it is revoked already.
        """
        with self._audited("seat.revoked") as connection:
            if seat_lookup.revocation(connection, self.jti) is not None:
                raise SeatAlreadyRevoked
            seats.revoke(connection, self.visit.exam.exam, self.jti, self.visit.now, seats.BY_OPERATOR)

    def reissue(self) -> None:
        """Queue a new licence for the next ``issue``; the present one ends when it is published.

        Raises:
            ReissueQueued: the seat is in the queue already.
        """
        exam, number = self.visit.exam.exam, self.seat.admission_number
        with self._audited("seat.reissue-queued") as connection:
            if not seat_support.queue_reissue(connection, exam, number, self.seat.jti, self.visit.now):
                raise ReissueQueued

    def allow(self, hours: int) -> None:
        """Allow the seat to download for some hours, also outside the windows.

        Raises:
            OrderInvalid: ``hours`` is not one of :data:`ALLOWED_HOURS`.
        """
        if hours not in ALLOWED_HOURS:
            raise OrderInvalid(
                what=Text("the number of hours is not one that is offered", "时长不在可选范围内")
            )
        until = min(self.visit.now + timedelta(hours=hours), self.visit.exam.charter().charter.ends)
        with self._audited("seat.allowed", {"until": until.isoformat(timespec="seconds")}) as connection:
            exam, number = self.visit.exam.exam, self.seat.admission_number
            seat_support.allow(connection, exam, number, until, self.visit.now)

    def reset(self) -> None:
        """Reset the seat's budgets of failed logins and failed activations."""
        exam = self.visit.exam
        with self._audited("seat.proofs-reset") as connection:
            number = self.seat.admission_number
            login_budget.reset_seat(connection, exam.pepper, exam.exam, number, self.jti)

    def log_out(self) -> None:
        """End all login sessions of the candidate, in every browser."""
        with self._audited("seat.logged-out") as connection:
            sessions.end_all(connection, self.visit.exam.exam, self.jti, self.visit.now)

    @property
    def jti(self) -> str:
        """The licence that the candidate has; the newest where none is published."""
        return self.seat.published_jti or self.seat.jti

    @contextmanager
    def _audited(self, act: str, facts: dict[str, Fact] | None = None) -> Iterator[Connection]:
        known = {"jti": self.jti, **(facts or {}), **self.justification.facts()}
        with audited(self.visit, act, known) as connection:
            yield connection


@contextmanager
def audited(visit: DeskVisit, act: str, facts: dict[str, Fact]) -> Iterator[Connection]:
    """A write transaction that ends with the action's audit record; both are committed or neither is."""
    with visit.exam.database.writing() as connection:
        yield connection
        audit.append(connection, visit.now, visit.operator.actor, act, visit.exam.exam, facts)


def find_seat(visit: DeskVisit, jti: str) -> SeatState:
    """The seat of a pseudonym.

    Raises:
        SeatNotFound: there is no such seat.
    """
    if "\0" in jti:  # which PostgreSQL takes in no text
        raise SeatNotFound
    with visit.exam.database.reading() as connection:
        seat = seat_lookup.seat_by_jti(connection, visit.exam.exam, jti)
    if seat is None:
        raise SeatNotFound
    return seat


def publish_charter(visit: DeskVisit, token: str, ordered_by: str = "") -> Charter:
    """Publish a charter that was signed elsewhere with the root key.

    ``ordered_by`` names who answers for it near an interview.

    Raises:
        InterviewNear: an interview is near, and nobody is named.
        CharterRefused: it does not verify, is another exam's, is not newer, or would shut
            out the clients or the portal that candidates use now.
    """
    charter = verify_charter(visit, token)
    exam = visit.exam
    facts: dict[str, Fact] = {"version": charter.version, **_answered_for(visit, ordered_by)}
    with audited(visit, "charter.published", facts) as connection:
        _refuse_harm(connection, exam, charter)
        try:
            fresh = charters.publish(connection, exam.exam, charter.version, token, visit.now)
        except (CharterOlder, CharterConflict) as error:
            raise CharterRefused(reason=_as_clause(error)) from None
        if not fresh:
            raise CharterRefused(reason=Text("it is the one in force", "它就是现行的规程"))
    return charter


def check_charter(visit: DeskVisit, token: str) -> Charter:
    """Check a charter as :func:`publish_charter` does, and publish nothing.

    Raises:
        CharterRefused: as for :func:`publish_charter`.
    """
    charter = verify_charter(visit, token)
    with visit.exam.database.reading() as connection:
        _refuse_harm(connection, visit.exam, charter)
        newest = charters.newest(connection, visit.exam.exam)
    if newest is not None and newest.token == token:
        raise CharterRefused(reason=Text("it is the one in force", "它就是现行的规程"))
    if newest is not None and newest.version >= charter.version:
        raise CharterRefused(reason=Text("it is not newer than the one in force", "它不比现行的规程新"))
    return charter


def verify_charter(visit: DeskVisit, token: str) -> Charter:
    """The charter of a token, verified under the root key.

    Raises:
        CharterRefused: it does not verify, is another exam's, or lacks this portal's key.
    """
    exam = visit.exam
    try:
        charter = exam.verified_charter(token).charter
    except LicenceForOtherExam:
        raise CharterRefused(reason=Text("it is another exam's", "它属于另一场考试")) from None
    except OneSeatError as error:
        raise CharterRefused(reason=_as_clause(error)) from None
    if exam.activation_signer.kid not in charter.keys_for("activation"):
        raise CharterRefused(
            reason=Text("it does not list this portal's activation key", "其中没有本平台的激活密钥")
        )
    return charter


def _refuse_harm(connection: Connection, exam: ServedExam, charter: Charter) -> None:
    """Refuse a charter that would shut out the published client, or clients without a batch."""
    shown = releases.current(connection, exam.exam)
    if shown is not None and shown.build not in charter.builds:
        raise CharterRefused(
            reason=Text("it does not accept the published client", "它不接受当前已发布的考生端版本")
        )
    if charter.batch_keys and published_batches.release_lacks_batch(connection, exam.exam):
        raise CharterRefused(
            reason=Text(
                "it asks for batch manifests, and the release has none yet: run `publish` once more",
                "它要求批次清单，而当前发布尚无清单，请先再运行一次 `publish`",
            )
        )


def _as_clause(error: OneSeatError) -> Text:
    """A refusal's cause as part of another sentence."""
    cause = error.cause_text
    return Text(cause.en.rstrip("."), cause.zh.rstrip("。"))


def check_maintenance(visit: DeskVisit, back_at: datetime | None) -> None:
    """Check the expected end of maintenance.

    Raises:
        OrderInvalid: ``back_at`` is not in the future.
    """
    if back_at is not None and back_at <= visit.now:
        raise OrderInvalid(what=Text("the time is past", "恢复时间已过"))


def start_maintenance(visit: DeskVisit, back_at: datetime | None, ordered_by: str = "") -> None:
    """Start maintenance: the exam's pages and API answer 503, the desk does not.

    ``ordered_by`` names who answers for it near an interview.

    Raises:
        OrderInvalid: ``back_at`` is not in the future.
        InterviewNear: an interview is near, and nobody is named.
    """
    check_maintenance(visit, back_at)
    facts = _answered_for(visit, ordered_by)
    if back_at is not None:
        facts["until"] = back_at.isoformat(timespec="seconds")
    with audited(visit, "maintenance.started", facts) as connection:
        seat_support.start_maintenance(connection, visit.exam.exam, visit.now, back_at)
    visit.exam.maintenance.invalidate()


def _answered_for(visit: DeskVisit, ordered_by: str) -> dict[str, Fact]:
    """Who answers for an act near an interview, as a fact of its audit entry; empty at any other time."""
    in_force = charter_for_longest(visit.exam)
    near = None if in_force is None else interview_near(in_force.charter, visit.now)
    if near is None or in_force is None:
        return {}
    name = " ".join(ordered_by.replace("\0", "").split())[:MAX_NAME]
    if not name:
        raise InterviewNear(span=schedule.interview_span(near, in_force.zone))
    return {"ordered_by": name}


def end_maintenance(visit: DeskVisit) -> None:
    """End maintenance."""
    with audited(visit, "maintenance.ended", {}) as connection:
        seat_support.end_maintenance(connection, visit.exam.exam)
    visit.exam.maintenance.invalidate()


def parse_local_time(text: str, zone: ZoneInfo) -> datetime | None:
    """Parse a browser's local time in the exam's time zone; None for an empty field.

    Raises:
        OrderInvalid: the text is not a time.
    """
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=zone)
    except ValueError:
        raise OrderInvalid(what=Text("the time is not a time", "时间格式不正确")) from None


def sign_audit_head(visit: DeskVisit) -> str:
    """Sign the audit log's present head, to be kept where operators cannot change it."""
    exam = visit.exam
    with exam.database.writing() as connection:
        audit.append(connection, visit.now, visit.operator.actor, "audit.exported", exam.exam, {})
        head = audit.read_head(connection)
    claims = {
        "exam": exam.exam,
        "entries": head.entries,
        "digest": head.digest.hex(),
        "at": int(visit.now.timestamp()),
        "v": HEAD_VERSION,
    }
    return sign_token(exam.activation_signer, AUDIT_HEAD_TYP, claims)
