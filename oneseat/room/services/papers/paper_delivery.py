"""Hands out papers: the sealed box from the consent on, the key from the start on; opens them for checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oneseat.files.paper_names import SPARE, PaperName
from oneseat.room.papers.shelf import HeldPaper
from oneseat.room.rules import steps
from oneseat.room.rules.paper_variants import variant_of
from oneseat.room.services.attempts.window_calls import ATTEMPT, Call
from oneseat.room.services.papers import paper_keys
from oneseat.state.room import papers
from oneseat.state.room.attempts import Attempt
from signing.jws import b64url_encode


def sealed_view(call: Call) -> Mapping[str, str] | None:
    """The sealed paper of the attempt; None before the consent, after the hand-in, and for uploads.

    The variant is decided here, recorded, and noted as an event.
    """
    attempt = call.attempt
    if attempt.cookie_scope != ATTEMPT or attempt.consent_at is None or attempt.handed_in_at is not None:
        return None
    paper = _paper(call)
    return None if paper is None else paper.wire


def key_view(call: Call) -> str | None:
    """The key of the attempt's paper in base64url; None before the start, and wherever no paper is given."""
    attempt = call.attempt
    if attempt.cookie_scope != ATTEMPT or not steps.may_see_paper(attempt, call.now):
        return None
    paper = _paper(call)
    key = None if paper is None else paper_keys.find_key(call.room, paper)
    if paper is None or key is None:
        return None
    paper_keys.store(call.room, call.connection, paper, call.now)
    return b64url_encode(key)


def opened_paper(call: Call) -> Mapping[str, Any] | None:
    """The attempt's paper, opened for a check; None where none was given, or where it is locked."""
    variant = call.attempt.paper_variant
    paper = None if variant is None else call.room.papers.find(_name(call.attempt, variant))
    return None if paper is None else paper_keys.open_paper(call.room, paper)


def _paper(call: Call) -> HeldPaper | None:
    """Decide the attempt's paper. What is new is recorded, and noted as an event."""
    variant = _variant(call)
    if variant is None:
        return None
    if variant != call.attempt.paper_variant:
        papers.record_variant(call.connection, call.attempt.id, variant)
        own = call.room.seats.of(call.attempt.jti).paper
        wanted = {} if own in (None, variant) else {"wanted": own}
        given = call.room.papers.find(_name(call.attempt, variant))
        digest = {} if given is None else {"sha256": given.digest.hex()}
        call.note("paper-given", variant=variant, **digest, **wanted)
        call.reload()
    return call.room.papers.find(_name(call.attempt, variant))


def _variant(call: Call) -> str | None:
    """The spare where it is unlocked, which it can only be before the start; else what was given before."""
    attempt, room = call.attempt, call.room
    spare = room.papers.find(_name(attempt, SPARE))
    if spare is not None:
        is_unlocked = paper_keys.find_key(room, spare) is not None
        if is_unlocked or attempt.paper_variant == SPARE:
            return SPARE
    variants = room.papers.variants(attempt.kind, attempt.session)
    own = attempt.paper_variant or room.seats.of(attempt.jti).paper
    return variant_of(own, variants, attempt.jti, f"{attempt.kind}-{attempt.session}")


def _name(attempt: Attempt, variant: str) -> PaperName:
    return PaperName(attempt.kind, attempt.session, variant)
