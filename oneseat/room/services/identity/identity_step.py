"""The identity step: takes photographs of face and card, name and number, and keeps them sealed.

The candidate goes on at once, and people decide later. What the mock interview has decided counts in the
formal one; name and number are typed once.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oneseat.files.pictures import PictureRefused, encode_anew
from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.attempts import StepOutOfOrder
from oneseat.room.refusals.identity import IdentityNumberInvalid, IdentityPartMissing, PhotoUnusable
from oneseat.room.rules.identity import Identity, state_of
from oneseat.room.services.attempts.window_calls import Call, find_attempt, open_call
from oneseat.room.services.page.attempt_view import answered
from oneseat.state.room import attempts, identity
from oneseat.state.room.attempts import CARRIED, SENT
from oneseat.state.room.identity import Photo
from signing import documents
from signing.jws import canonical_json, parse_object
from signing.normal_forms import normalise_id_number
from signing.refusals import DocumentInvalid
from signing.session_times import FORMAL, MOCK

FACE, CARD = "face", "card"
PURPOSE = "identity"
"""The purpose of the key that seals what this step keeps."""
MAX_PHOTO_PIXELS = 4_000_000
"""The page sends at most two million; decoding costs memory by the pixel."""
MAX_DECODING = 2
"""Photographs of one process that are decoded at once."""
_decoding = threading.BoundedSemaphore(MAX_DECODING)


@dataclass(frozen=True)
class SentPhoto:
    """A photograph as a page sends it: ``tries`` counts how often it was taken."""

    content: bytes = field(repr=False)
    tries: int
    finding: str


@dataclass(frozen=True)
class SentIdentity:
    """What a page sends in this step. ``name`` and ``number`` are empty where they were typed before."""

    photos: Mapping[str, SentPhoto]
    name: str = field(repr=False)
    number: str = field(repr=False)


@dataclass(frozen=True)
class TypedIdentity:
    """A name and number as typed, opened."""

    name: str = field(repr=False)
    number: str = field(repr=False)


def finish(room: ServedRoom, cookie: str | None, epoch: int, sent: SentIdentity) -> dict[str, Any]:
    """Keep what a page sends, and finish the step; a second call changes nothing.

    Photographs are taken only with the consent of their own. Without it a person verifies in another way.

    Raises:
        PhotoUnusable: a photograph cannot be decoded.
        IdentityPartMissing: a photograph, the name or the number is missing.
        IdentityNumberInvalid: the number has the form of no document that the exam accepts.
        StepOutOfOrder: a step before is not finished, or the exam has no such step.
        OnlyUpload: the window only finishes the upload.
        As :func:`oneseat.room.services.attempts.window_calls.open_call`.
    """
    with room.database.reading() as connection:  # a stranger's pictures are not decoded
        known = find_attempt(room, connection, cookie, epoch)
    # Decoding takes longer than a transaction may.
    encoded = _encoded(sent.photos) if known.identity_at is None else {}
    with open_call(room, cookie, epoch) as call:
        call.require_taking_part()
        if not call.charter.has_identity_step or call.attempt.devices_at is None:
            raise StepOutOfOrder
        if call.attempt.identity_at is None:
            _keep_photos(call, sent, encoded)
            _keep_claim(call, sent)
            attempts.record_identity(call.connection, call.attempt.id, call.now, SENT)
            call.note("identity-finished", **_facts(sent))
        return answered(call)


def known(call: Call) -> dict[str, bool]:
    """What a page needs for this step: whether the seat has typed name and number, unless they were wrong."""
    if not call.charter.has_identity_step:
        return {"typed": False}
    return {"typed": _has_claim(call)}


def carry_over(call: Call) -> None:
    """Finish the step of a formal interview where the mock interview's identity was passed."""
    attempt = call.attempt
    if not call.charter.has_identity_step or attempt.kind != FORMAL or attempt.identity_at is not None:
        return
    decided = identity.decided_before(call.connection, call.room.exam, attempt.jti, MOCK)
    if state_of(decided) is Identity.PASSED:
        attempts.record_identity(call.connection, attempt.id, call.now, CARRIED)
        attempts.record_identity_state(call.connection, attempt.id, Identity.PASSED)
        call.note("identity-carried-over")


def open_photo(room: ServedRoom, attempt: str, what: str, sealed: bytes) -> bytes:
    """Decrypt a photograph.

    Raises:
        SealBroken: it was sealed for another attempt, or changed.
    """
    return room.sealer(PURPOSE).open(sealed, _associated(room, attempt, what))


def open_claim(room: ServedRoom, attempt: str, sealed: bytes) -> TypedIdentity:
    """Decrypt a typed name and number.

    Raises:
        SealBroken: they were sealed for another attempt, or changed.
    """
    members = parse_object(room.sealer(PURPOSE).open(sealed, _associated(room, attempt, "claim")))
    return TypedIdentity(str(members["name"]), str(members["number"]))


def _encoded(photos: Mapping[str, SentPhoto]) -> dict[str, bytes]:
    encoded = {}
    for what, photo in photos.items():
        try:
            with _decoding:
                encoded[what] = encode_anew(photo.content, most_pixels=MAX_PHOTO_PIXELS)
        except PictureRefused:
            raise PhotoUnusable from None
    return encoded


def _keep_photos(call: Call, sent: SentIdentity, encoded: Mapping[str, bytes]) -> None:
    if not call.attempt.consent_face:
        return
    if set(encoded) != {FACE, CARD}:
        raise IdentityPartMissing
    identity.remove_photos(call.connection, call.room.exam, call.attempt.id)  # others may be asked for
    for what, content in encoded.items():
        one = sent.photos[what]
        sealed = call.room.sealer(PURPOSE).seal(content, _associated(call.room, call.attempt.id, what))
        photo = Photo(call.attempt.id, what, call.now, one.tries, one.finding)
        identity.add_photo(call.connection, call.room.exam, photo, sealed)


def _keep_claim(call: Call, sent: SentIdentity) -> None:
    name, number = " ".join(sent.name.split()), normalise_id_number(sent.number)
    if not (name and number):
        if not _has_claim(call):
            raise IdentityPartMissing
        return
    try:
        documents.check(call.charter.charter.document_kinds, number)
    except DocumentInvalid as refusal:
        raise IdentityNumberInvalid(reason=refusal.facts["reason"]) from None
    typed, attempt = canonical_json({"name": name, "number": number}), call.attempt
    sealed = call.room.sealer(PURPOSE).seal(typed, _associated(call.room, attempt.id, "claim"))
    identity.add_claim(call.connection, call.room.exam, attempt.id, attempt.jti, sealed, call.now)


def _has_claim(call: Call) -> bool:
    claim = identity.claim_of_seat(call.connection, call.room.exam, call.attempt.jti)
    return claim is not None and claim.agrees is not False


def _associated(room: ServedRoom, attempt: str, what: str) -> bytes:
    return f"oneseat/room-identity/v1/{room.exam}/{attempt}/{what}".encode()


def _facts(sent: SentIdentity) -> dict[str, str | int]:
    facts: dict[str, str | int] = {}
    for what, photo in sent.photos.items():
        facts |= {f"{what}_tries": photo.tries, f"{what}_finding": photo.finding}
    return facts
