"""A candidate's own page, one for every state, and the page route of the download."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from oneseat.portal.api.candidates import install_code_of, installer_path
from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.http.application import portal_of
from oneseat.portal.http.cookies import session_of, wish_cookie_name
from oneseat.portal.http.views import Countdown
from oneseat.portal.pages.candidate import ExamFacts, set_cookie, with_form
from oneseat.portal.pages.phone import part_of
from oneseat.portal.pages.state_words import LABELS, MOCKS, warning_of, words_of
from oneseat.portal.pages.upload_words import note_of, values_of
from oneseat.portal.refusals.login import SessionMissing
from oneseat.portal.rules.candidate_stages import Offer, Stage
from oneseat.portal.rules.candidate_state import CandidateState
from oneseat.portal.services.downloads import compose_installer
from oneseat.portal.services.login.gate_refusals import gate_refusal
from oneseat.portal.services.seat_status import OwnSeat, read_own_seat
from oneseat.web.page_route import PageRoute
from signing.text import Text

router = APIRouter(include_in_schema=False, route_class=PageRoute)

WISH_LIFE_S = 600
"""How long the login page remembers that a download was asked for."""
_RELOADS_S = ((60, 10), (300, 30), (1800, 60))
"""While a download runs: up to an age in seconds, the page reloads itself after so many."""


@router.get("/e/{exam}/download")
def download(request: Request, exam: str, start: str = "", refused: str = "") -> Response:
    """The seat's own page, by its state. Redirects without a session.

    ``start`` begins the download by itself, after a login on the way to it. ``refused`` shows why it cannot.
    """
    served = portal_of(request).exam(exam)
    own = _own_seat(request, served)
    if own is None:
        return RedirectResponse(f"/e/{exam}/", 303)
    decision, in_force = own.visit.decision, own.visit.in_force
    shown = not decision.may_log_in or (bool(refused) and not decision.may_fetch)
    refusal = gate_refusal(decision, in_force) if shown else None
    context = _context(request, ExamFacts(served, in_force), own)
    context |= {"refusal": refusal, "starting": bool(start) and own.state.offer is not Offer.NONE}
    status = None if decision.may_log_in else refusal
    return with_form(request, served, "download.html.j2", status, context)


@router.get("/e/{exam}/installer")
def installer(request: Request, exam: str) -> Response:
    """Redirects to the installer, or to the page that says why there is none.

    Pages link here and not to the API, whose refusals are for programs.

    Raises:
        NothingPublished, InstallerUnavailable: the base cannot be served now.
    """
    portal = portal_of(request)
    served = portal.exam(exam)
    own = _own_seat(request, served)
    if own is None:
        response = RedirectResponse(f"/e/{exam}/", 303)
        set_cookie(portal, response, wish_cookie_name(portal, exam), "installer", WISH_LIFE_S, "lax")
        return response
    if own.state.offer is Offer.NONE:
        return RedirectResponse(f"/e/{exam}/download?refused=1", 303)
    served.release_of(own.visit.seat)
    return RedirectResponse(installer_path(own.visit), 303)


def _own_seat(request: Request, exam: ServedExam) -> OwnSeat | None:
    """The seat of the request's session, or None without a valid one."""
    try:
        return read_own_seat(exam, session_of(request, exam.exam), portal_of(request).clock.now())
    except SessionMissing:
        return None


def _context(request: Request, facts: ExamFacts, own: OwnSeat) -> dict[str, Any]:
    """As template variables."""
    state, visit, records = own.state, own.visit, own.records
    return {
        **facts.context(),
        "phase": str(visit.decision.phase),
        "state": state,
        "decision": visit.decision,
        "number": masked_number(visit.seat.admission_number),
        **_state_words(facts, own),
        "countdown": _countdown(request, state),
        "count_label": LABELS.get(state.deadline.kind) if state.deadline else None,
        "mock_words": MOCKS[state.mock],
        "installer": compose_installer(facts.exam, visit) if state.offer is not Offer.NONE else None,
        "install_code": install_code_of(facts.exam, visit),
        "records": records,
        "phone_part": part_of(facts.exam, own, portal_of(request).clock.now()),
        "downloaded_words": _finish_words(facts, own),
        "activated_words": schedule.opening(records.active.at, facts.zone) if records.active else None,
        "reload_s": _reload_s(request, own),
    }


def _state_words(facts: ExamFacts, own: OwnSeat) -> dict[str, Text | None]:
    charter, state = facts.in_force.charter, own.state
    begun = own.visit.seat.granted_at
    values: dict[str, object] = {
        "product": charter.product,
        "companion": charter.companion,
        "hotline": charter.support.hotline,
        "until": schedule.deadline(state.deadline.at, facts.zone) if state.deadline else None,
        "begun": schedule.opening(begun.replace(second=0), facts.zone) if begun else None,
        **values_of(state.upload, facts.zone),
    }
    words, warning, note = words_of(state), warning_of(state), note_of(state)
    return {
        "heading": words.heading.filled(values),
        "lead": words.lead.filled(values),
        "warning": warning.filled(values) if warning else None,
        "upload_note": note.filled(values) if note else None,
    }


def _finish_words(facts: ExamFacts, own: OwnSeat) -> Text | None:
    record = own.records.download
    if record is None or record.finished_at is None:
        return None
    return schedule.opening(record.finished_at.replace(second=0), facts.zone)


def _countdown(request: Request, state: CandidateState) -> Countdown | None:
    if state.deadline is None or state.deadline.kind not in LABELS:
        return None
    return Countdown.between(portal_of(request).clock.now(), state.deadline.at)


def _reload_s(request: Request, own: OwnSeat) -> int | None:
    """After how long the page of a running download reloads itself, or None once it is old."""
    begun = own.visit.seat.granted_at
    if own.state.stage is not Stage.BROKEN_OFF or begun is None:
        return None
    age_s = (portal_of(request).clock.now() - begun).total_seconds()
    return next((after_s for up_to_s, after_s in _RELOADS_S if age_s < up_to_s), None)


def masked_number(number: str) -> str:
    """An admission number to recognise one's own by: up to four characters of each end, no middle."""
    tail = min(4, len(number) // 3)
    head = min(4, max(0, len(number) - tail - 4))
    return f"{number[:head]}****{number[len(number) - tail :]}"
