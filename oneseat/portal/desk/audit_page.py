"""The audit log's page: who did what to whom, filtered, paged by key, and exported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from oneseat.portal.desk import actions, pages
from oneseat.portal.desk.actions import find_seat
from oneseat.portal.desk.audit_words import ACTS, OPERATOR, EntryWords, describe
from oneseat.portal.desk.csv_export import csv_answer
from oneseat.portal.desk.forms import Field, Token, verify_form
from oneseat.portal.desk.search import search
from oneseat.portal.desk.visits import DeskRequest, DeskVisit, charter_in_force, zone_of
from oneseat.portal.errors import PortalError
from oneseat.portal.refusals.desk import OrderInvalid
from oneseat.state.accounts import audit, operators
from oneseat.state.accounts.audit import AuditFilter, AuditRecord
from oneseat.state.accounts.operators import Role
from oneseat.state.candidates import seat_search
from signing.errors import OneSeatError
from signing.text import Text

router = APIRouter(include_in_schema=False)

PAGE = 50
_CHUNK = 500
Chosen = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True)
class Choice:
    """What an operator has filtered by, as it is in the address; a candidate is in it by pseudonym."""

    operator: str = ""
    act: str = ""
    seat: str = ""
    day: str = ""

    @classmethod
    def cleaned(cls, operator: str, act: str, seat: str, day: str) -> Self:
        """The same without surrounding spaces, and without NUL, which PostgreSQL takes in no text."""
        return cls(*(value.replace("\0", "").strip() for value in (operator, act, seat, day)))

    def query(self, **more: str) -> str:
        """As the query of an address, without what is empty."""
        given = {name: value for name, value in {**vars(self), **more}.items() if value}
        return f"?{urlencode(given)}" if given else ""

    def filter(self, visit: DeskVisit, zone: ZoneInfo) -> AuditFilter:
        """As the state takes it. A seat's entries are those of all its licences.

        Raises:
            SeatNotFound: no seat has the pseudonym.
            OrderInvalid: the day is no date.
        """
        jtis = find_seat(visit, self.seat).licences if self.seat else ()
        since = None if not self.day else _midnight(self.day, zone)
        before = None if since is None else since + timedelta(days=1)
        actor = f"{OPERATOR}{self.operator}" if self.operator else None
        return AuditFilter(actor, self.act or None, jtis, since, before)


def _midnight(day: str, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time(0), zone)
    except ValueError:
        raise OrderInvalid(what=Text("the day is not a date", "日期格式不正确")) from None


@dataclass(frozen=True)
class AuditLine:
    """An entry as the page shows it: in words, with the candidate's number masked."""

    id: int
    at: datetime
    words: EntryWords
    jti: str | None
    number: str


def masked(number: str) -> str:
    """An admission number of which the middle is hidden: it is recognised, and not read off a screen."""
    return f"{number[:4]}****{number[-4:]}" if len(number) > 8 else f"****{number[-4:]}"


@router.get("/desk/{exam}/audit")
def audit_page(  # noqa: PLR0917 -- FastAPI gives them by name
    request: Request,
    exam: str,
    operator: Chosen = "",
    act: Chosen = "",
    seat: Chosen = "",
    day: Chosen = "",
    older: Annotated[int | None, Query(ge=1, lt=2**62)] = None,
) -> Response:
    """One page of the log's entries, newest first."""
    visit = DeskRequest.of(request, exam).visit()
    return show_audit(request, visit, Choice.cleaned(operator, act, seat, day), older)


def show_audit(
    request: Request,
    visit: DeskVisit,
    choice: Choice,
    older: int | None = None,
    refusal: OneSeatError | None = None,
) -> Response:
    """The page for a choice; with what is wrong about the choice, all entries."""
    zone = zone_of(charter_in_force(visit.exam))
    try:
        wanted = choice.filter(visit, zone)
    except PortalError as error:
        choice, wanted, refusal = Choice(), AuditFilter(), error
    exam = visit.exam.exam
    with visit.exam.database.reading() as connection:
        read = list(audit.entries(connection, exam, wanted, limit=PAGE + 1, older_than=older))
        head = audit.read_head(connection)
        names = [account.name for account in operators.list_all(connection, exam)]
    facts = {
        "lines": _lines(visit, read[:PAGE], zone),
        "head": head,
        "choice": choice,
        "next_page": choice.query(older=str(read[PAGE - 1].id)) if len(read) > PAGE else "",
        "newest_page": choice.query() if older is not None else None,
        "names": names,
        "acts": ACTS,
    }
    return pages.show(request, visit.desk, "desk/audit.html.j2", refusal, visit, **facts)


def _lines(visit: DeskVisit, entries: Sequence[AuditRecord], zone: ZoneInfo) -> list[AuditLine]:
    jtis = sorted({entry.jti for entry in entries if entry.jti})
    with visit.exam.database.reading() as connection:
        numbers = seat_search.numbers_of(connection, visit.exam.exam, jtis)
    return [
        AuditLine(
            entry.id,
            entry.at,
            describe(entry, zone),
            entry.jti if entry.jti in numbers else None,
            masked(numbers[entry.jti]) if entry.jti in numbers else "",
        )
        for entry in entries
    ]


@router.post("/desk/{exam}/audit/filter")
def audit_filter(  # noqa: PLR0917 -- FastAPI gives them by name
    request: Request,
    exam: str,
    operator: Field = "",
    act: Field = "",
    candidate: Field = "",
    day: Field = "",
    form_token: Token = "",
) -> Response:
    """Go to the page for a choice. A candidate is typed here, and is a pseudonym in the address."""
    visit = verify_form(request, exam, form_token, Role.VIEWER)
    seat = ""
    if candidate.strip():
        try:
            seat = search(visit, candidate).matches[0].jti
        except PortalError as refusal:
            return show_audit(request, visit, Choice(), refusal=refusal)
    choice = Choice.cleaned(operator, act, seat, day)
    return RedirectResponse(f"{visit.desk.home}audit{choice.query()}", 303)


@router.post("/desk/{exam}/audit/entries.csv")
def audit_entries(  # noqa: PLR0917 -- FastAPI gives them by name
    request: Request,
    exam: str,
    operator: Field = "",
    act: Field = "",
    seat: Field = "",
    day: Field = "",
    form_token: Token = "",
) -> Response:
    """The entries of a choice as CSV with a byte order mark for spreadsheets; the export makes an entry."""
    visit = verify_form(request, exam, form_token, Role.VIEWER)
    zone = zone_of(charter_in_force(visit.exam))
    choice = Choice.cleaned(operator, act, seat, day)
    try:
        wanted = choice.filter(visit, zone)
    except PortalError as refusal:
        return show_audit(request, visit, Choice(), refusal=refusal)
    facts: dict[str, audit.Fact] = {"jti": choice.seat} if choice.seat else {}
    with actions.audited(visit, "audit.listed", facts):
        pass
    headers = pages.attachment(f"audit-{exam}", visit.now, "csv")
    titles = ("编号", "时间", "操作人", "操作", "准考证号", "说明")
    return csv_answer(titles, _csv_rows(visit, wanted, zone), headers)


def _csv_rows(visit: DeskVisit, wanted: AuditFilter, zone: ZoneInfo) -> Iterator[tuple[str, ...]]:
    older: int | None = None
    while True:
        with visit.exam.database.reading() as connection:
            read = list(audit.entries(connection, visit.exam.exam, wanted, limit=_CHUNK, older_than=older))
        for line in _lines(visit, read, zone):
            at = line.at.astimezone(zone).isoformat(sep=" ", timespec="seconds")
            words = line.words
            yield str(line.id), at, words.actor.zh, words.title.zh, line.number, words.detail.zh
        if len(read) < _CHUNK:
            return
        older = read[-1].id


@router.post("/desk/{exam}/audit/head")
def audit_head(request: Request, exam: str, form_token: Token = "") -> Response:
    """The signed audit head as a file."""
    visit = verify_form(request, exam, form_token, Role.VIEWER)
    token = actions.sign_audit_head(visit)
    headers = pages.attachment(f"audit-{exam}", visit.now, "jws")
    return Response(f"{token}\n", media_type="application/jose", headers=headers)
