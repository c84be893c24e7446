"""Licences, activations and charters: each wrong one is refused for its own reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing import binding, charter, jws, tokens
from signing.charter import CharterKey
from signing.errors import OneSeatError
from signing.refusals import (
    ActivationForOtherDevice,
    CharterRejected,
    IdentityMismatch,
    KeyUnknown,
    LicenceExpired,
    LicenceForOtherBase,
    LicenceForOtherBuild,
    LicenceForOtherExam,
    LicenceNotYetValid,
    SignatureInvalid,
    TokenMalformed,
    TokenTypeWrong,
)
from signing.tokens import Activation, Licence, PhoneLicence, PortalTime, Ticket
from tests import charters
from tests.signing.device_signer import NaClSigner, sign_token

ROOT, KEY, STRANGER = (NaClSigner(bytes([n]) * 32) for n in (1, 2, 3))
CHARTER = charters.charter(
    CharterKey("licence", KEY.public_key), CharterKey("activation", STRANGER.public_key)
)
SECRET = bytes(64)
ID_NUMBER, ADMISSION = "000001199001010000", "2035000001"
JTI = binding.derive_jti(SECRET, ADMISSION, 1)
SEAT_KEY = binding.derive_seat_key(SECRET, JTI)
ISSUED = int(charters.at(2, 9).timestamp())
LICENCE = Licence(
    exam="test",
    jti=JTI,
    build="build-1",
    base="ab" * 32,
    seat=jws.b64url_encode(binding.seat_tag(SEAT_KEY, ID_NUMBER, ADMISSION)),
    iat=ISSUED,
    nbf=ISSUED,
    exp=int(CHARTER.ends.timestamp()),
    v=1,
)
TOKEN = sign_token(KEY, Licence.TYP, LICENCE.claims())
KEYS = CHARTER.keys_for("licence")


def test_a_licence_is_read_back_as_it_was_issued() -> None:
    licence = Licence.verify(TOKEN, KEYS)
    assert licence == LICENCE
    licence.check_exam(CHARTER, "build-1")
    licence.check_base("ab" * 32)
    licence.check_time(charters.at(4, 12))
    licence.check_identity(SEAT_KEY, ID_NUMBER, f" {ADMISSION} ")
    assert len(TOKEN) < 700


def test_every_single_bit_flip_of_a_licence_is_refused() -> None:
    for bit in range(len(TOKEN) * 8):
        data = bytearray(TOKEN.encode())
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(OneSeatError):
            Licence.verify(data.decode("latin-1"), KEYS)


def test_each_foreign_licence_has_its_own_refusal() -> None:
    with pytest.raises(KeyUnknown):
        Licence.verify(sign_token(STRANGER, Licence.TYP, LICENCE.claims()), KEYS)
    with pytest.raises(TokenTypeWrong):
        Licence.verify(sign_token(KEY, Activation.TYP, LICENCE.claims()), KEYS)
    with pytest.raises(LicenceForOtherExam):
        LICENCE.check_exam(replace(CHARTER, exam="other"), "build-1")
    with pytest.raises(LicenceForOtherBuild):
        LICENCE.check_exam(CHARTER, "build-2")
    with pytest.raises(LicenceForOtherBuild):
        LICENCE.check_exam(replace(CHARTER, builds=("build-2",)), "build-1")
    with pytest.raises(LicenceForOtherBase):
        LICENCE.check_base("cd" * 32)


PHONE = PhoneLicence(**{**LICENCE.claims(), "base": "cd" * 32, "build": "build-2"})


def test_a_phone_licence_has_the_checks_of_the_computers() -> None:
    token = sign_token(KEY, "oneseat-phone-licence+jws", PHONE.claims())
    licence = PhoneLicence.verify(token, KEYS)
    assert licence == PHONE
    licence.check_exam(replace(CHARTER, builds=("build-1", "build-2")), "build-2")
    licence.check_base("cd" * 32)
    licence.check_time(charters.at(4, 12))
    licence.check_identity(SEAT_KEY, ID_NUMBER, ADMISSION)
    with pytest.raises(LicenceForOtherBase):
        licence.check_base(LICENCE.base)
    with pytest.raises(LicenceForOtherBuild):
        licence.check_exam(CHARTER, "build-2")


def test_the_licence_of_one_artefact_is_never_taken_for_the_others() -> None:
    with pytest.raises(TokenTypeWrong):
        Licence.verify(sign_token(KEY, PhoneLicence.TYP, PHONE.claims()), KEYS)
    with pytest.raises(TokenTypeWrong):
        PhoneLicence.verify(TOKEN, KEYS)


@pytest.mark.parametrize(
    ("id_number", "admission"),
    [("000001199001010001", ADMISSION), (ID_NUMBER, "2035000002"), ("", ""), (ADMISSION, ID_NUMBER)],
)
def test_another_person_is_refused(id_number: str, admission: str) -> None:
    with pytest.raises(IdentityMismatch):
        LICENCE.check_identity(SEAT_KEY, id_number, admission)


def test_another_seats_key_is_refused() -> None:
    other = binding.derive_seat_key(SECRET, binding.derive_jti(SECRET, "2035000002", 1))
    with pytest.raises(IdentityMismatch):
        LICENCE.check_identity(other, ID_NUMBER, ADMISSION)


def test_time_is_held_at_both_ends_to_the_second() -> None:
    opens = charters.at(2, 9) - timedelta(seconds=tokens.CLOCK_TOLERANCE_S)
    LICENCE.check_time(opens)
    with pytest.raises(LicenceNotYetValid):
        LICENCE.check_time(opens - timedelta(seconds=1))
    LICENCE.check_time(CHARTER.ends - timedelta(seconds=1))
    with pytest.raises(LicenceExpired):
        LICENCE.check_time(CHARTER.ends)


@pytest.mark.parametrize(
    "change",
    [
        {"jti": "AB" * 16},
        {"jti": "ab"},
        {"base": "xy"},
        {"seat": "AAAA"},
        {"v": 2},
        {"iat": "1"},
        {"iat": True},
        {"exp": -1},
        {"new": 1},
    ],
)
def test_a_signed_licence_of_wrong_form_is_refused(change: Dict[str, Any]) -> None:
    with pytest.raises(TokenMalformed):
        Licence.verify(sign_token(KEY, Licence.TYP, {**LICENCE.claims(), **change}), KEYS)


@pytest.mark.parametrize("missing", list(LICENCE.claims()))
def test_a_licence_without_a_claim_is_refused(missing: str) -> None:
    claims = {name: value for name, value in LICENCE.claims().items() if name != missing}
    with pytest.raises(TokenMalformed):
        Licence.verify(sign_token(KEY, Licence.TYP, claims), KEYS)


def test_an_activation_fits_one_seat_and_one_device() -> None:
    device, other = bytes([7]) * 32, bytes([8]) * 32
    activation = Activation("test", JTI, jws.b64url_encode(device), ISSUED, 1)
    assert Activation.verify(sign_token(KEY, Activation.TYP, activation.claims()), KEYS) == activation
    activation.check_device(LICENCE, device)
    for licence, key in (
        (LICENCE, other),
        (replace(LICENCE, jti="0" * 32), device),
        (replace(LICENCE, exam="x"), device),
    ):
        with pytest.raises(ActivationForOtherDevice):
            activation.check_device(licence, key)


def test_tickets_and_portal_time_round_trip_and_hold_their_form() -> None:
    device = jws.b64url_encode(bytes(32))
    ticket = Ticket("test", JTI, device, "mock", "0", ISSUED, ISSUED + 60, 1)
    time = PortalTime("test", "n" * 22, ISSUED, 1)
    for token in (ticket, time):
        assert type(token).verify(sign_token(KEY, token.TYP, token.claims()), KEYS) == token
    for bad in (replace(ticket, kind="other"), replace(time, nonce=""), replace(time, v=0)):
        with pytest.raises(TokenMalformed):
            type(bad).verify(sign_token(KEY, bad.TYP, bad.claims()), KEYS)


def test_the_device_signs_nonce_licence_and_its_key_unmistakably() -> None:
    messages = {
        tokens.activation_message("n", TOKEN, bytes(32)),
        tokens.activation_message("m", TOKEN, bytes(32)),
        tokens.activation_message("n", TOKEN + "x", bytes(32)),
        tokens.activation_message("n", TOKEN, bytes(31) + b"\1"),
    }
    assert len(messages) == 4


# ------------------------------------------------------------------------------------------ charter


def signed(claims: Dict[str, Any], signer: NaClSigner = ROOT) -> str:
    return sign_token(signer, charter.TYP, claims)


def test_a_charter_is_read_back_as_it_was_signed() -> None:
    assert charter.verify(signed(CHARTER.claims()), ROOT.public_key) == CHARTER


def test_only_the_root_key_makes_a_charter() -> None:
    with pytest.raises(KeyUnknown):
        charter.verify(signed(CHARTER.claims(), KEY), ROOT.public_key)
    header, _, signature = signed(CHARTER.claims()).split(".")
    _, payload, _ = signed({**CHARTER.claims(), "version": 9}).split(".")
    with pytest.raises(SignatureInvalid):
        charter.verify(f"{header}.{payload}.{signature}", ROOT.public_key)


def test_a_newer_charter_may_say_more() -> None:
    assert charter.verify(signed({**CHARTER.claims(), "later": {"x": 1}}), ROOT.public_key) == CHARTER


@pytest.mark.parametrize("name", list(CHARTER.claims()))
def test_a_charter_without_a_member_or_with_a_wrong_one_is_refused(name: str) -> None:
    claims = CHARTER.claims()
    later = ("companion_app", "batch_keys", "exam_room", "organiser", "privacy", "room", "measures", "phone")
    if name not in ("keep_until", *later):
        with pytest.raises(TokenMalformed, match=name):
            charter.verify(signed({k: v for k, v in claims.items() if k != name}), ROOT.public_key)
    with pytest.raises(TokenMalformed, match=name):
        charter.verify(signed({**claims, name: 3.5}), ROOT.public_key)


@pytest.mark.parametrize(
    "change",
    [
        {"mock_required": "maybe"},
        {"download": {"opens": "2035-01-05T00:00:00+08:00", "closes": "2035-01-05T00:00:00+08:00"}},
        {"keys": []},
        {"keys": [{"use": "root", "x": jws.b64url_encode(bytes(32))}]},
        {"keys": [{"use": "licence", "x": jws.b64url_encode(bytes(31))}]},
    ],
)
def test_a_charter_that_contradicts_itself_is_refused(change: Dict[str, Any]) -> None:
    with pytest.raises(CharterRejected):
        charter.verify(signed({**CHARTER.claims(), **change}), ROOT.public_key)


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(TokenMalformed, match="offset"):
        charter.verify(signed({**CHARTER.claims(), "ends": "2035-01-05T00:00:00"}), ROOT.public_key)


@given(st.lists(st.integers(1, 50), min_size=1))
def test_the_newest_version_wins_in_any_order(versions: List[int]) -> None:
    many = [replace(CHARTER, version=version) for version in versions]
    assert charter.newest(many, "test").version == max(versions)


def test_choosing_needs_a_charter_and_the_same_exam() -> None:
    with pytest.raises(CharterRejected):
        charter.newest([], "test")
    with pytest.raises(LicenceForOtherExam):
        charter.newest([replace(CHARTER, exam="other")], "test")


def test_a_window_holds_its_opening_and_not_its_closing() -> None:
    window = CHARTER.download
    second = timedelta(seconds=1)
    moments = (window.opens - second, window.opens, window.closes - second, window.closes)
    assert [window.contains(moment) for moment in moments] == [False, True, True, False]


def test_times_in_refusals_are_the_exams_and_named() -> None:
    early = charters.at(1, 9, 4) - timedelta(days=365)
    with pytest.raises(LicenceNotYetValid) as refused:
        LICENCE.check_time(early.astimezone(timezone.utc))
    assert "2034年1月1日（星期日）09:04（北京时间）" in refused.value.cause_text.zh
    with pytest.raises(LicenceExpired) as expired:
        LICENCE.check_time(CHARTER.ends.astimezone(timezone.utc))
    assert expired.value.cause_text.zh == "许可已于2035年1月30日（星期二）24:00（北京时间）到期。"
    with pytest.raises(LicenceExpired) as elsewhere:
        LICENCE.check_time(CHARTER.ends, timezone(timedelta(hours=9)))
    assert "2035年1月31日（星期三）01:00（UTC+09:00）" in elsewhere.value.cause_text.zh
