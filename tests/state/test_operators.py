"""Operators: argon2id passwords, RFC 6238 codes, sessions that end."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import argon2
import pyotp
import pytest

from oneseat.state.accounts import credentials, operators
from oneseat.state.accounts.operators import IDLE_LIFE, SESSION_LIFE, NewOperator, Role
from oneseat.state.database import Database
from signing.authority.errors import SealBroken

AT = datetime(2035, 1, 4, 4, tzinfo=UTC)
RFC_SECRET = b"12345678901234567890"
CODES = pyotp.TOTP(base64.b32encode(RFC_SECRET).decode())
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("unix", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238_appendix_b(unix: int, code: str) -> None:
    """Its codes have eight digits, of which ours are the last six."""
    assert credentials.matching_step(RFC_SECRET, code[-6:], datetime.fromtimestamp(unix, UTC)) == unix // 30


def test_a_code_counts_a_step_early_and_late_and_no_longer() -> None:
    step = int(AT.timestamp()) // 30
    for drift, accepted in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = CODES.generate_otp(step + drift)
        found = credentials.matching_step(RFC_SECRET, f" {code[:3]} {code[3:]}", AT)
        assert credentials.matching_step(RFC_SECRET, f"{code[:3]}\u3000{code[3:]}", AT) == found
        assert found == (step + drift if accepted else None)
    for wrong in ("", "12345", "abcdef", "é" * 6):
        assert credentials.matching_step(RFC_SECRET, wrong, AT) is None


def test_a_password_is_hashed_by_argon2id_and_found_again() -> None:
    stored = credentials.hash_password("corréct horse battery")
    assert stored.startswith("$argon2id$")
    assert credentials.verify_password(stored, "corre\u0301ct horse battery"), "composed or not"
    assert not credentials.verify_password(stored, "correct horse battery")
    assert not credentials.verify_password(None, "corréct horse battery")
    assert not credentials.verify_password("damaged", "corréct horse battery")


def test_an_unknown_operator_costs_the_same_hash_which_no_password_has() -> None:
    """It is well-formed, so that it is refused only once the password typed is hashed."""
    stored = argon2.extract_parameters(credentials.hash_password("corréct horse battery"))
    assert argon2.extract_parameters(credentials._DUMMY_HASH) == stored
    with pytest.raises(argon2.exceptions.VerifyMismatchError):
        argon2.PasswordHasher().verify(credentials._DUMMY_HASH, "corréct horse battery")


@pytest.mark.parametrize("weak", ["short", "x" * 129, "my-name-is-wang-li", "aaaaaaaabbbbbbbb"])
def test_weak_passwords_are_told(weak: str) -> None:
    assert credentials.password_weakness("wang", weak)
    assert credentials.password_weakness("wang", "a long enough sentence") is None


def test_a_sealed_secret_opens_for_its_operator_alone() -> None:
    pepper = b"p" * 64
    sealed = credentials.seal_totp(pepper, "demo", "wang", RFC_SECRET)
    assert credentials.unseal_totp(pepper, "demo", "wang", sealed) == RFC_SECRET
    with pytest.raises(SealBroken):
        credentials.unseal_totp(pepper, "demo", "li", sealed)


def test_the_address_for_authenticator_apps() -> None:
    address = credentials.totp_address(RFC_SECRET, "demo", "wang")
    assert address == (
        "otpauth://totp/OneSeat%20demo%3Awang?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=OneSeat"
    )


def _add(database: Database, name: str = "wang", exam: str = "demo") -> bool:
    new = NewOperator(exam, name, Role.SUPPORT, "$hash", None)
    with database.writing() as connection:
        return operators.add(connection, new, AT)


def test_a_name_is_taken_once_an_exam(database: Database) -> None:
    assert _add(database)
    assert not _add(database)
    assert _add(database, exam="other")
    assert _add(database, "li")
    with database.reading() as connection:
        assert [one.name for one in operators.list_all(connection, "demo")] == ["li", "wang"]
        found = operators.find(connection, "demo", "wang")
    assert found is not None
    assert (found.role, found.created_at, found.disabled_at) == (Role.SUPPORT, AT, None)
    assert "$hash" not in repr(found)


def test_a_role_covers_those_before_it_at_the_desk_and_none_of_the_room() -> None:
    desk = [role for role in Role if role.is_of_desk]
    assert [Role.SUPPORT.covers(needed) for needed in desk] == [True, True, False]
    assert not any(role.covers(needed) for role in Role if not role.is_of_desk for needed in desk)


def _at(database: Database, token: str, now: datetime) -> str | None:
    with database.reading() as connection:
        found = operators.find_by_session(connection, "demo", token, now)
    return None if found is None else found.name


def test_a_session_ends_when_idle_or_old(database: Database) -> None:
    _add(database)
    with database.writing() as connection:
        token = operators.open_session(connection, "demo", "wang", AT)
    assert _at(database, token, AT + IDLE_LIFE - SECOND) == "wang"
    assert _at(database, token, AT + IDLE_LIFE) is None
    assert _at(database, token + "x", AT) is None
    now = AT
    while now < AT + SESSION_LIFE:
        assert _at(database, token, now) == "wang"
        with database.writing() as connection:
            operators.touch(connection, token, now)
        now += timedelta(minutes=20)
    assert _at(database, token, AT + SESSION_LIFE) is None


def test_the_database_holds_no_token(database: Database) -> None:
    _add(database)
    with database.writing() as connection:
        token = operators.open_session(connection, "demo", "wang", AT)
        held = connection.exec_driver_sql("SELECT * FROM desk_sessions").one()
    assert token not in str(held)
    assert token.encode() not in held


def test_a_password_change_a_lockout_and_a_logout_end_sessions(database: Database) -> None:
    _add(database)

    def opened() -> str:
        with database.writing() as connection:
            return operators.open_session(connection, "demo", "wang", AT)

    first, second = opened(), opened()
    with database.writing() as connection:
        operators.end_session(connection, first)
    assert (_at(database, first, AT), _at(database, second, AT)) == (None, "wang")
    with database.writing() as connection:
        operators.set_password(connection, "demo", "wang", "$other")
    assert _at(database, second, AT) is None
    third = opened()
    with database.writing() as connection:
        operators.set_totp(connection, "demo", "wang", b"sealed")
    assert _at(database, third, AT) is None
    fourth = opened()
    with database.writing() as connection:
        operators.set_disabled(connection, "demo", "wang", AT)
    assert _at(database, fourth, AT) is None
    with database.writing() as connection:
        operators.set_disabled(connection, "demo", "wang", None)
    assert _at(database, fourth, AT) is None, "nor does it come back"


def test_a_code_works_once(database: Database) -> None:
    _add(database)
    with database.writing() as connection:
        assert operators.use_totp_step(connection, "demo", "wang", 100)
        assert not operators.use_totp_step(connection, "demo", "wang", 100)
        assert not operators.use_totp_step(connection, "demo", "wang", 99)
        assert operators.use_totp_step(connection, "demo", "wang", 101)
