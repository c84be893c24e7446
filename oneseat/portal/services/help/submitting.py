"""Submits and withdraws help requests, of identified candidates and of strangers.

A request of an identified candidate takes the one open place of its seat; submitting again returns the
open one. A request without a login takes no seat's place, is the last in the queue, and is limited per
callback number, per network address and altogether.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.help import CallbackInvalid, HelpLimited, WordsMissing
from oneseat.portal.rules.help_rules import (
    MAX_WORDS,
    OPEN,
    Act,
    Door,
    Reason,
    Status,
    Urgency,
    diagnostic_codes,
    status_after,
)
from oneseat.portal.rules.help_urgency import Stage, Standing, as_filed
from oneseat.portal.services.help.details import Details, limit_tag, seal_details
from oneseat.state.candidates.seats import PublishedSeat
from oneseat.state.help import events, pictures, requests
from oneseat.state.help.events import HelpEvent
from oneseat.state.help.requests import HelpRequest, NewHelpRequest
from oneseat.web.telephones import normalise_telephone
from signing.normal_forms import normalise_admission_number
from signing.text import printable

KEPT = timedelta(days=30)
"""How long a closed request is kept. Older ones are deleted as new ones come."""
_ERASED_AT_ONCE = 20

MOST_PER_CALLBACK = 3
CALLBACK_WINDOW = timedelta(days=1)
MOST_PER_ADDRESS = 30
"""A school or an internet cafe may stand behind one address."""
ADDRESS_WINDOW = timedelta(hours=1)
MOST_UNVERIFIED = 500
"""Open requests without a login. Whoever floods the desk fills these places and no others."""

CANDIDATE = "candidate"
"""The actor of what candidates do themselves."""


@dataclass(frozen=True)
class HelpForm:
    """What a candidate sends. ``callback`` is empty for those who cannot take calls."""

    reason: Reason
    words: str = field(default="", repr=False)
    callback: str = field(default="", repr=False)
    text_only: bool = False
    codes: tuple[str, ...] = ()

    def details(self, claimed: str = "") -> Details:
        """The details to be stored, checked.

        Raises:
            CallbackInvalid: no telephone number was given, and text alone was not asked for.
            WordsMissing: there are no words where there must be some.
        """
        callback = None if self.text_only else normalise_telephone(self.callback)
        if callback is None and not self.text_only:
            raise CallbackInvalid
        words = printable(self.words.replace("\r\n", "\n").strip(), keep="\n\u3000")[:MAX_WORDS]
        if not words and (self.text_only or self.reason is Reason.OTHER):
            raise WordsMissing
        return Details(callback, words, claimed)


def submit_for_seat(
    exam: ServedExam,
    seat: PublishedSeat,
    form: HelpForm,
    door: Door,
    now: datetime,
    stage: Stage | None = None,
) -> HelpRequest:
    """Submit a request of an identified candidate, or return the one that is open.

    ``stage`` is what an exam room knows; otherwise the charter's sessions decide. The open request takes it
    over, so that a room can say that a request has become urgent.

    Raises:
        CallbackInvalid, WordsMissing: the form is not complete.
    """
    details = form.details()
    filed = as_filed(exam.charter_of(seat, exam.charter()).charter, now, stage)
    new = _Submission(exam, form, details, door, now)
    with exam.database.writing() as connection:
        requests.erase_closed(connection, exam.exam, now - KEPT, _ERASED_AT_ONCE)
        while True:
            added = new.add(connection, filed, seat=seat)
            if added is not None:
                return added
            latest = requests.find_latest(connection, exam.exam, seat.admission_number)
            if latest is not None and latest.closed_at is None:
                return latest if stage is None else _restaged(connection, latest, filed)


def _restaged(connection: Connection, request: HelpRequest, filed: Standing) -> HelpRequest:
    """Store what an exam room says now of the request that is open."""
    changes = {"urgency": int(filed.urgency), "order_at": filed.order_at}
    requests.change(connection, request, **changes)
    return replace(request, urgency=int(filed.urgency), order_at=filed.order_at)


def submit_unverified(
    exam: ServedExam, form: HelpForm, claimed: str, address: str, now: datetime
) -> HelpRequest:
    """Submit a request without a login. ``claimed`` is the admission number as typed; it is not looked up.

    Raises:
        CallbackInvalid, WordsMissing: the form is not complete.
        HelpLimited: too many came from this number or address, or are open.
    """
    details = form.details(printable(normalise_admission_number(claimed)))
    tags = [limit_tag(exam.pepper, exam.exam, "address", address)]
    if details.callback is not None:
        tags.append(limit_tag(exam.pepper, exam.exam, "callback", details.callback))
    new = _Submission(exam, form, details, Door.PORTAL, now)
    with exam.database.writing() as connection:
        requests.erase_closed(connection, exam.exam, now - KEPT, _ERASED_AT_ONCE)
        _refuse_flood(connection, exam.exam, tags, now)
        while True:
            added = new.add(connection, Standing(Urgency.UNVERIFIED, now), tags=tags)
            if added is not None:
                return added


def withdraw(exam: ServedExam, number: str, now: datetime) -> None:
    """Withdraw a candidate's request and delete its pictures; nothing happens where it is closed or gone."""
    with exam.database.writing() as connection:
        request = requests.lock(connection, exam.exam, number)
        if request is None or Status(request.status) not in OPEN:
            return
        status = status_after(Status(request.status), Act.WITHDRAW)
        requests.change(connection, request, status=status, touched_at=now, closed_at=now)
        events.append(connection, exam.exam, request.id, HelpEvent(now, Act.WITHDRAW, CANDIDATE))
        pictures.erase(connection, exam.exam, request.id)


def _refuse_flood(connection: Connection, exam: str, tags: list[bytes], now: datetime) -> None:
    by_address = requests.count_of_address(connection, exam, tags[0], now - ADDRESS_WINDOW)
    if by_address >= MOST_PER_ADDRESS:
        raise HelpLimited
    for tag in tags[1:]:
        if requests.count_of_callback(connection, exam, tag, now - CALLBACK_WINDOW) >= MOST_PER_CALLBACK:
            raise HelpLimited
    if requests.count_open(connection, exam, Urgency.UNVERIFIED) >= MOST_UNVERIFIED:
        raise HelpLimited


@dataclass(frozen=True)
class _Submission:
    """A checked form, ready to be added under a fresh number."""

    exam: ServedExam
    form: HelpForm
    details: Details
    door: Door
    now: datetime

    def add(
        self,
        connection: Connection,
        filed: Standing,
        seat: PublishedSeat | None = None,
        tags: list[bytes] | None = None,
    ) -> HelpRequest | None:
        # Random, not counted: the technician who calls proves himself by its last four digits.
        number = f"{secrets.randbelow(10**8):08d}"
        address_tag, callback_tag = [*(tags or ()), None, None][:2]
        new = NewHelpRequest(
            exam=self.exam.exam,
            number=number,
            door=self.door,
            reason=self.form.reason,
            admission_number=None if seat is None else seat.admission_number,
            jti=None if seat is None else seat.jti,
            sealed_details=seal_details(self.exam.pepper, self.exam.exam, number, self.details),
            callback_tag=callback_tag,
            address_tag=address_tag,
            codes=" ".join(diagnostic_codes(self.form.codes)),
            urgency=filed.urgency,
            order_at=filed.order_at,
            submitted_at=self.now,
            status=Status.SUBMITTED,
            touched_at=self.now,
        )
        if requests.add(connection, new) is None:
            return None
        return requests.find(connection, self.exam.exam, number)
