"""Searches for a candidate's seat by whatever the caller can read out: a number, its end, a file's name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from oneseat.portal.desk.actions import audited
from oneseat.portal.desk.visits import DeskVisit
from oneseat.portal.errors import SeatNotFound
from oneseat.state.accounts import audit
from oneseat.state.candidates import seat_lookup, seat_search
from oneseat.state.candidates.seat_search import SeatMatch
from oneseat.state.help import requests
from oneseat.state.tables.issuing import TAIL_LENGTH
from signing.normal_forms import normalise_admission_number

MAX_MATCHES = 20
"""The length of the list where several seats fit; then another digit is quicker than another page."""
RECENT_SEATS = 8

_FILE_NAME = re.compile(r"-([0-9a-f]{8})(?: *\(\d+\))?(?:\.exe.*)?$")
_PSEUDONYM = re.compile(r"[0-9a-f]{8,32}")

Finder = Callable[[Connection, str, str], list[str]]
"""Lists admission numbers that fit what was typed: takes the connection, the exam and the text."""


@dataclass(frozen=True)
class SearchResult:
    """The seats that fit, and whether there are more than the list shows."""

    matches: tuple[SeatMatch, ...]
    more: bool


def _by_number(connection: Connection, exam: str, typed: str) -> list[str]:
    seat = seat_lookup.seat_by_number(connection, exam, normalise_admission_number(typed))
    return [] if seat is None else [seat.admission_number]


def _by_request(connection: Connection, exam: str, typed: str) -> list[str]:
    """The seat of a help request. One without a login has none: nobody has shown whose it is."""
    request = requests.find(connection, exam, "".join(_plain(typed).split()))
    return [] if request is None or request.admission_number is None else [request.admission_number]


def _by_file_name(connection: Connection, exam: str, typed: str) -> list[str]:
    match = _FILE_NAME.search(_plain(typed))
    return seat_search.by_pseudonym(connection, exam, match[1], MAX_MATCHES + 1) if match else []


def _by_pseudonym(connection: Connection, exam: str, typed: str) -> list[str]:
    pseudonym = _plain(typed)
    if not _PSEUDONYM.fullmatch(pseudonym):
        return []
    return seat_search.by_pseudonym(connection, exam, pseudonym, MAX_MATCHES + 1)


def _by_ending(connection: Connection, exam: str, typed: str) -> list[str]:
    ending = normalise_admission_number(typed)
    if len(ending) < TAIL_LENGTH:
        return []
    return seat_search.by_ending(connection, exam, ending, MAX_MATCHES + 1)


def _plain(typed: str) -> str:
    return unicodedata.normalize("NFKC", typed).strip().lower()


EXACT: tuple[Finder, ...] = (_by_number, _by_request, _by_file_name)
"""Finders whose first match settles the search."""
LOOSE: tuple[Finder, ...] = (_by_pseudonym, _by_ending)
"""Finders whose matches are listed together: eight digits may be either."""


def search(visit: DeskVisit, typed: str) -> SearchResult:
    """Find the seats that fit, and record in the audit log which one, or how many, the operator was shown.

    Raises:
        SeatNotFound: none fits.
    """
    exam = visit.exam.exam
    if "\0" in typed:  # which PostgreSQL takes in no text
        raise SeatNotFound
    with visit.exam.database.reading() as connection:
        numbers = _numbers(connection, exam, typed)
        matches = seat_search.describe(connection, exam, numbers[:MAX_MATCHES])
    if not matches:
        raise SeatNotFound
    facts: dict[str, audit.Fact] = {"matches": len(matches)}
    if len(matches) == 1:
        facts = {"jti": matches[0].jti}
    with audited(visit, "seat.found" if len(matches) == 1 else "seats.listed", facts):
        pass
    return SearchResult(tuple(matches), more=len(numbers) > MAX_MATCHES)


def _numbers(connection: Connection, exam: str, typed: str) -> list[str]:
    for finder in EXACT:
        if numbers := finder(connection, exam, typed):
            return numbers
    return list(dict.fromkeys(number for finder in LOOSE for number in finder(connection, exam, typed)))


def recent(visit: DeskVisit) -> tuple[SeatMatch, ...]:
    """The seats that the operator found or acted on last, latest first."""
    exam = visit.exam.exam
    with visit.exam.database.reading() as connection:
        jtis = audit.recent_seats(connection, exam, visit.operator.actor, RECENT_SEATS)
        numbers = seat_search.numbers_of(connection, exam, jtis)
        ordered = list(dict.fromkeys(numbers[jti] for jti in jtis if jti in numbers))
        return tuple(seat_search.describe(connection, exam, ordered))
