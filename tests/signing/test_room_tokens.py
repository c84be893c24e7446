"""What the room and its clients sign says exactly one thing, and each changed part is noticed."""

from __future__ import annotations

from typing import Dict, Tuple

import pytest

from signing.refusals import KeyUnknown, TokenMalformed, TokenTypeWrong
from signing.room_tokens import (
    Receipt,
    look_message,
    takes_digest,
    upload_message,
)
from signing.tokens import Ticket
from tests.signing.device_signer import NaClSigner, sign_token

ROOM, STRANGER = (NaClSigner(bytes([n]) * 32) for n in (4, 5))
RECEIPT = Receipt(
    exam="test",
    jti="ab" * 16,
    attempt="0123456789abcdef" * 2,
    kind="formal",
    session="0",
    at=2_051_925_000,
    by="candidate",
    answers="cd" * 32,
    takes="ef" * 32,
    v=1,
)
KEYS = {ROOM.kid: ROOM.public_key}


def test_a_receipt_is_read_back_as_it_was_signed() -> None:
    token = sign_token(ROOM, Receipt.TYP, RECEIPT.claims())
    assert Receipt.verify(token, KEYS) == RECEIPT
    assert RECEIPT.number == "0123-4567-89AB"


def test_a_receipt_of_another_key_or_of_another_kind_is_refused() -> None:
    with pytest.raises(KeyUnknown):
        Receipt.verify(sign_token(STRANGER, Receipt.TYP, RECEIPT.claims()), KEYS)
    with pytest.raises(TokenTypeWrong):
        Receipt.verify(sign_token(ROOM, Ticket.TYP, RECEIPT.claims()), KEYS)


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("attempt", "short"),
        ("jti", "AB" * 16),
        ("kind", "other"),
        ("by", "nobody"),
        ("answers", ""),
        ("takes", "ef" * 31),
        ("v", 2),
        ("at", -1),
    ],
)
def test_a_receipt_with_a_claim_of_another_form_is_refused(claim: str, value: object) -> None:
    with pytest.raises(TokenMalformed):
        Receipt.verify(sign_token(ROOM, Receipt.TYP, {**RECEIPT.claims(), claim: value}), KEYS)


def test_the_digest_of_takes_depends_on_each_of_them_and_not_on_their_sequence() -> None:
    takes = {"aa": ("camera", 20), "bb": ("screen", 21)}
    assert takes_digest(takes) == takes_digest(dict(reversed(list(takes.items()))))
    others: Tuple[Dict[str, Tuple[str, int]], ...] = (
        {},
        {"aa": ("camera", 20)},
        {**takes, "bb": ("screen", 20)},
        {**takes, "aa": ("screen", 20)},
    )
    assert len({takes_digest(takes), *map(takes_digest, others)}) == 5


def test_a_signature_for_the_room_fits_no_other_room_time_credential_or_content() -> None:
    origin = "https://room.example"
    looks = {
        look_message(origin, "ticket", 1, 100, b"{}"),
        look_message(f"{origin}.cn", "ticket", 1, 100, b"{}"),
        look_message(origin, "grant", 1, 100, b"{}"),
        look_message(origin, "ticket", 2, 100, b"{}"),
        look_message(origin, "ticket", 1, 101, b"{}"),
        look_message(origin, "ticket", 1, 100, b"[]"),
        upload_message("grant", origin, 100),
        upload_message("grant", origin, 101),
        upload_message("other", origin, 100),
    }
    assert len(looks) == 9
