"""Verifies the licence of a candidate's phone app: signature, exam, build, time, and the app's own digest.

Whether it is the seat's is decided by its ``jti``: a seat that was issued anew has another one, so that an
older app, or one that was withdrawn with it, is refused.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from oneseat.room.exam.served_room import CharterInForce
from oneseat.room.refusals.phones import (
    PhoneAppChanged,
    PhoneLicenceInvalid,
    PhoneLicenceMissing,
    PhoneLicenceOfComputer,
    PhoneLicenceOfOther,
    PhoneLicenceOfOtherExam,
    PhoneLicenceStale,
)
from signing.charter import PhoneTerms
from signing.refusals import (
    KeyUnknown,
    LicenceExpired,
    LicenceNotYetValid,
    SignatureInvalid,
    TokenMalformed,
    TokenTypeWrong,
)
from signing.tokens import Licence, PhoneLicence


def verify(
    charter: CharterInForce, terms: PhoneTerms, token: str, digest: str, now: datetime
) -> PhoneLicence | None:
    """Verify a licence and the digest that its app computed of itself; None where the exam needs none.

    Raises:
        PhoneLicenceMissing: there is none, and the exam's phones run the app.
        PhoneLicenceOfComputer: it is a computer's.
        PhoneLicenceInvalid: it was not signed for this exam, or is damaged.
        PhoneLicenceOfOtherExam: it is another exam's.
        PhoneLicenceStale: its build is not accepted, or its time is over or has not come.
        PhoneAppChanged: the app is not the file that it was issued for.
    """
    if not token:
        if not terms.has_page:
            raise PhoneLicenceMissing
        return None
    licence = _signed(charter, token)
    if licence.exam != charter.charter.exam:
        raise PhoneLicenceOfOtherExam
    if licence.build not in charter.charter.builds:
        raise PhoneLicenceStale
    if not hmac.compare_digest(licence.base.encode(), digest.lower().encode()):
        raise PhoneAppChanged
    try:
        licence.check_time(now)
    except (LicenceExpired, LicenceNotYetValid):
        raise PhoneLicenceStale from None
    return licence


def require_of_seat(licence: PhoneLicence | None, jti: str) -> None:
    """Require that a licence, where there is one, is the seat's present one.

    Raises:
        PhoneLicenceOfOther: it is not.
    """
    if licence is not None and licence.jti != jti:
        raise PhoneLicenceOfOther


def digest_of(token: str) -> bytes:
    """The SHA-256 by which the room remembers a licence."""
    return hashlib.sha256(token.encode()).digest()


def _signed(charter: CharterInForce, token: str) -> PhoneLicence:
    keys = charter.charter.keys_for("licence")
    try:
        return PhoneLicence.verify(token, keys)
    except TokenTypeWrong:
        pass
    except (TokenMalformed, KeyUnknown, SignatureInvalid):
        raise PhoneLicenceInvalid from None
    try:
        Licence.verify(token, keys)
    except (TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid):
        raise PhoneLicenceInvalid from None
    raise PhoneLicenceOfComputer
