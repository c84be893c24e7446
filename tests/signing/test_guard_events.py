"""The guard's chain: an event is its device's, of its attempt, and after the one that it names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List

import pytest
from nacl.signing import SigningKey

from signing import guard_events
from signing.fields import Fields
from signing.guard_events import GuardEvent
from signing.refusals import TokenMalformed

ATTEMPT, KEY = "a" * 32, SigningKey(b"\1" * 32)
PUBLIC = bytes(KEY.verify_key)
EVENT = GuardEvent(
    1,
    guard_events.genesis(ATTEMPT),
    "2035-01-10T11:00:02+08:00",
    "software",
    {"software": "微信", "again": True, "screens": 2},
    "2035-01-10T03:00:00.123Z",
)
SIGNED = EVENT.signed(KEY.sign(EVENT.message(ATTEMPT)).signature)


def test_an_event_is_the_same_after_the_wire() -> None:
    assert guard_events.parse(Fields(SIGNED.wire())) == SIGNED
    assert SIGNED.hash(ATTEMPT) == EVENT.hash(ATTEMPT), "the signature is not part of the hash"


def test_the_form_never_changes() -> None:
    """Evidence of earlier versions must stay verifiable."""
    assert EVENT.previous == "56507f3526fc118bc5dea28100d814b4fd90e588e4cf8532fb6a65c981445936"
    assert EVENT.hash(ATTEMPT) == "9fd5f27bff07b0cf1240fafbc11bf9abc69a1d1cfa1a4b2c0a008d55a3d358d1"


def test_a_signature_is_for_one_event_of_one_attempt() -> None:
    assert SIGNED.is_signed_by(ATTEMPT, PUBLIC)
    assert not SIGNED.is_signed_by("b" * 32, PUBLIC)
    assert not SIGNED.is_signed_by(ATTEMPT, bytes(SigningKey(b"\2" * 32).verify_key))
    changes: List[Dict[str, Any]] = [
        {"sequence": 2},
        {"previous": "0" * 64},
        {"facts": {}},
        {"seen": ""},
        {"code": "x"},
    ]
    assert not any(replace(SIGNED, **change).is_signed_by(ATTEMPT, PUBLIC) for change in changes)
    assert not replace(SIGNED, signature="?").is_signed_by(ATTEMPT, PUBLIC)


@pytest.mark.parametrize(
    "changed",
    [
        {"facts": {"a": None}},
        {"facts": {"a": 0.5}},
        {"facts": {str(n): n for n in range(17)}},
        {"previous": "0"},
        {"at": "now"},
        {"code": 1},
        {"sequence": -1},
    ],
    ids=["null", "fraction", "many", "short", "time", "code", "negative"],
)
def test_another_form_is_refused(changed: Dict[str, Any]) -> None:
    with pytest.raises(TokenMalformed):
        guard_events.parse(Fields({**SIGNED.wire(), **changed}))
