"""The exam file becomes a charter that says the same, and versions only go up."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oneseat.pipeline.errors import OfOtherExam
from oneseat.pipeline.exam import charters
from oneseat.pipeline.exam.errors import CharterUnsigned, CharterVersionUsed
from oneseat.pipeline.exam.model import (
    USUAL_DOCUMENTS,
    Companion,
    Computer,
    Exam,
    IdentityStep,
    MobileDevice,
    Session,
    load,
)
from oneseat.pipeline.exam.model import ExamRoom as ExamRoomSetting
from oneseat.state.errors import CharterConflict, CharterOlder
from signing import jws, tokens
from signing.authority.errors import KeyMissing
from signing.authority.keys import AUTHORITY, KeyRing
from signing.authority.signer import sign_token
from signing.charter import (
    Charter,
    CharterKey,
    ExamRoom,
    PhoneTerms,
    Requirements,
    RetentionTerms,
    RoomTerms,
    Window,
)
from signing.errors import OneSeatError
from signing.refusals import KeyUnknown, SignatureInvalid, TokenMalformed
from signing.text import Text
from signing.tokens import Licence
from tests.pipeline.exam_workspace import BUILD, EXAM, NOW, PASSPHRASE, ExamWorkspace, Rings

RECEIPT_KEY = CharterKey("receipt", bytes(32))
EXAMS = Path(__file__).parents[2] / "exams"


def _later(minutes: int) -> datetime:
    return EXAM.download.closes + timedelta(minutes=minutes)


def _extended(minutes: int = 60):  # type: ignore[no-untyped-def]  # noqa: ANN202 -- pydantic's own
    return EXAM.model_copy(update={"download": EXAM.download.model_copy(update={"closes": _later(minutes)})})


@pytest.mark.parametrize("path", sorted(EXAMS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_rule_of_the_exam_file_reaches_the_charter(path: Path, rings: Rings) -> None:
    exam = load(path)
    keys = (*charters.public_keys(rings.authority.folder, rings.portal.folder), RECEIPT_KEY)
    charter = charters.export(exam, 1, NOW, keys, ["build"])
    assert charter.title.zh == exam.title.zh
    assert (charter.download.opens, charter.download.closes) == (exam.download.opens, exam.download.closes)
    assert [m.closes for m in charter.mocks] == [m.closes for m in exam.mock.sessions]
    assert [f.login_closes for f in charter.formals] == [f.login_closes for f in exam.formal.sessions]
    assert charter.keep_until == exam.keep_until
    assert charter.mock_required == exam.mock.required
    assert [one.name for one in charter.catalogue] == [one.name for one in exam.software]
    assert charter.catalogue[0].processes == tuple(exam.software[0].processes)
    assert charter.support.calls_from == tuple(exam.support.calls_from)
    assert charter.requirements.memory_usable_gib == 3.5
    assert charter.requirements.phone_sign_out == tuple(exam.phone.sign_out)
    assert (charter.companion_app is None) == (exam.companion_app is None)
    if charter.companion_app is not None and exam.companion_app is not None:
        assert charter.companion_app.url == exam.companion_app.url
    assert {key.use for key in charter.keys} == {"licence", "activation", "ticket"}
    root = rings.root_public_key
    assert all(key.x != root for key in charter.keys)


def test_the_projects_own_room_gets_its_terms_and_the_rooms_key(rings: Rings) -> None:
    keys = (*charters.public_keys(rings.authority.folder, rings.portal.folder), RECEIPT_KEY)
    room = ExamRoomSetting(kind="oneseat", url="https://room.example/enter")
    exam = EXAM.model_copy(update={"exam_room": room})
    charter = charters.export(exam, 1, NOW, keys, ["build"])
    assert charter.exam_room == ExamRoom("https://room.example/enter", "", "oneseat", "https://room.example")
    day = 24 * 3600
    kept = RetentionTerms(7 * day, 180 * day, 30 * day, 30 * day, 180 * day)
    documents = tuple(each.text() for each in USUAL_DOCUMENTS)
    assert charter.room == RoomTerms((bytes(32),), 3, 14, 10, 600, 72 * 3600, "started", kept, documents)
    without = exam.model_copy(update={"identity": IdentityStep(step="off")})
    assert without.shown_documents == ()
    formal = exam.formal.sessions[0]
    as_formal = exam.model_copy(update={"mock": exam.mock.model_copy(update={"answer": None})})
    assert as_formal.mock_answer_s == (formal.ends - formal.starts).total_seconds()
    assert all(key.use != "receipt" for key in charter.keys)


def test_phones_have_terms_in_the_projects_own_room_only(rings: Rings) -> None:
    keys = (*charters.public_keys(rings.authority.folder, rings.portal.folder), RECEIPT_KEY)
    companion = Companion(zh="手机端", en="Phone", kind="both", order="warn", sweep="30s")
    room = ExamRoomSetting(kind="oneseat", url="https://room.example/enter")
    exam = EXAM.model_copy(update={"exam_room": room, "companion": companion})
    charter = charters.export(exam, 1, NOW, keys, ["build"])
    assert charter.phone == PhoneTerms("both", "warn", 30)
    assert charter.companion == Text("Phone", "手机端")
    elsewhere = exam.model_copy(update={"exam_room": room.model_copy(update={"kind": ""})})
    assert charters.export(elsewhere, 1, NOW, keys, ["build"]).phone is None


def test_a_third_partys_room_has_no_terms(rings: Rings) -> None:
    keys = (*charters.public_keys(rings.authority.folder, rings.portal.folder), RECEIPT_KEY)
    charter = charters.export(EXAM, 1, NOW, keys, ["build"])
    assert charter.room is None


@dataclasses.dataclass(frozen=True)
class _WiderRequirements(Requirements):
    cores: int | None = None
    phone_cores: int | None = None


@dataclasses.dataclass(frozen=True)
class _WiderCharter(Charter):
    requirements: _WiderRequirements
    waiting_room: ExamRoom | None = None
    quiet_days: tuple[Window, ...] = ()


class _WiderComputer(Computer):
    cores: int | None = None


class _WiderPhone(MobileDevice):
    cores: int | None = None


class _WiderExam(Exam):
    computer: _WiderComputer
    phone: _WiderPhone
    waiting_room: ExamRoomSetting | None = None
    quiet_days: tuple[Session, ...] = ()


def _with_more(exam: Exam) -> _WiderExam:
    settings = exam.model_dump()
    settings["computer"]["cores"], settings["phone"]["cores"] = 4, 8
    settings["waiting_room"] = {"url": "https://wait.example/"}
    settings["quiet_days"] = ({"opens": NOW, "closes": NOW + timedelta(days=1)},)
    return _WiderExam.model_validate(settings)


def test_a_new_setting_reaches_the_charter_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charters, "Charter", _WiderCharter)
    plain = charters.export(_WiderExam.model_validate(EXAM.model_dump()), 1, NOW, [], [])
    wider = charters.export(_with_more(EXAM), 1, NOW, [], [])
    assert isinstance(plain, _WiderCharter) and isinstance(wider, _WiderCharter)
    assert (plain.requirements.cores, plain.waiting_room, plain.quiet_days) == (None, None, ())
    assert (wider.requirements.cores, wider.requirements.phone_cores) == (4, 8)
    assert wider.waiting_room == ExamRoom("https://wait.example/", "")
    assert wider.quiet_days == (Window(NOW, NOW + timedelta(days=1)),)
    assert wider.quiet_days[0].opens.utcoffset() == timedelta(hours=8)


def test_sessions_are_listed_in_the_order_of_time() -> None:
    turned = EXAM.model_copy(
        update={
            "mock": EXAM.mock.model_copy(update={"sessions": EXAM.mock.sessions[::-1]}),
            "formal": EXAM.formal.model_copy(update={"sessions": EXAM.formal.sessions[::-1]}),
        }
    )
    assert charters.export(turned, 1, NOW, [], []) == charters.export(EXAM, 1, NOW, [], [])


def test_the_token_says_exactly_what_was_signed(workspace: ExamWorkspace) -> None:
    signed = workspace.sign()
    read = charters.read(signed.path, workspace.rings.root_public_key, "demo")
    assert isinstance(read.charter, Charter)
    assert read.charter == signed.charter
    assert signed.path.name == "1.jws"


def test_signing_again_makes_nothing_new_until_something_changes(workspace: ExamWorkspace) -> None:
    assert workspace.sign().is_new
    again = workspace.sign()
    assert (again.is_new, again.version) == (False, 1)
    changed = workspace.sign(exam=_extended())
    assert (changed.is_new, changed.version) == (True, 2)
    assert changed.charter.download.closes == _later(60)


def test_builds_that_were_accepted_stay_accepted(workspace: ExamWorkspace) -> None:
    workspace.sign("first")
    hotfix = workspace.sign("second")
    assert hotfix.charter.builds == ("first", "second")
    assert not workspace.sign("first").is_new


def test_later_versions_can_be_signed_ahead_and_published_when_needed(workspace: ExamWorkspace) -> None:
    first = workspace.sign()
    ahead = workspace.sign(exam=_extended(), version=10)
    assert charters.publish(workspace.database, first, workspace.clock)
    assert charters.in_force(workspace.database, workspace.rings.root_public_key, "demo").version == 1
    assert charters.publish(workspace.database, ahead, workspace.clock)
    assert not charters.publish(workspace.database, ahead, workspace.clock)
    assert charters.in_force(workspace.database, workspace.rings.root_public_key, "demo").version == 10
    with pytest.raises(CharterOlder):
        charters.publish(workspace.database, first, workspace.clock)


def test_a_charter_signed_ahead_waits_while_the_one_in_force_still_says_the_same(
    workspace: ExamWorkspace,
) -> None:
    workspace.sign()
    workspace.sign(exam=_extended(), version=10)
    unchanged = workspace.sign(in_force=1)
    assert (unchanged.version, unchanged.is_new) == (1, False)
    hotfix = workspace.sign("another build", in_force=1)
    assert (hotfix.version, hotfix.is_new) == (11, True)


def test_a_version_is_never_used_twice(workspace: ExamWorkspace) -> None:
    workspace.sign(version=5)
    for version in (4, 5):
        with pytest.raises(CharterVersionUsed):
            workspace.sign(exam=_extended(), version=version)


def test_another_charter_of_the_same_version_is_not_published(
    workspace: ExamWorkspace, tmp_path: Path
) -> None:
    first = workspace.sign()
    elsewhere = ExamWorkspace(tmp_path / "elsewhere", workspace.rings)
    other = elsewhere.sign(exam=_extended())
    charters.publish(workspace.database, first, workspace.clock)
    with pytest.raises(CharterConflict):
        charters.publish(workspace.database, other, workspace.clock)


def test_a_changed_or_foreign_charter_is_refused(workspace: ExamWorkspace, tmp_path: Path) -> None:
    signed = workspace.sign()
    for damage in ("", "x", signed.token[:-8] + "AAAAAAAA", signed.token.replace(".", "..", 1)):
        signed.path.write_text(damage)
        with pytest.raises((TokenMalformed, SignatureInvalid)):
            charters.read(signed.path, workspace.rings.root_public_key, "demo")
    stranger = Rings.make(tmp_path / "stranger")
    signed.path.write_text(signed.token)
    with pytest.raises(OneSeatError):
        charters.read(signed.path, stranger.root_public_key, "demo")
    with pytest.raises(OfOtherExam):
        charters.read(signed.path, workspace.rings.root_public_key, "other")


def test_what_is_not_signed_or_not_published_is_named(workspace: ExamWorkspace) -> None:
    with pytest.raises(CharterUnsigned):
        charters.of_version(workspace.charters, workspace.rings.root_public_key, "demo", None)
    workspace.sign()
    assert charters.of_version(workspace.charters, workspace.rings.root_public_key, "demo", None).version == 1
    with pytest.raises(CharterUnsigned):
        charters.of_version(workspace.charters, workspace.rings.root_public_key, "demo", 2)
    with pytest.raises(CharterUnsigned):
        charters.in_force(workspace.database, workspace.rings.root_public_key, "demo")


def test_a_rotated_key_is_listed_beside_the_old_one(tmp_path: Path) -> None:
    rings = Rings.make(tmp_path / "keys")
    workspace = ExamWorkspace(tmp_path, rings)
    before = workspace.sign()
    rings.authority.rotate("licence", datetime(2035, 1, 3, tzinfo=UTC))
    after = workspace.sign()
    assert after.version == 2
    assert set(before.charter.keys_for("licence")) < set(after.charter.keys_for("licence"))
    assert replace(after.charter, keys=(), version=1) == replace(before.charter, keys=())


def _issued_with(ring: KeyRing) -> str:
    licence = {"exam": "demo", "jti": "0" * 32, "build": BUILD, "base": "c" * 64, "seat": "A" * 43}
    at = int(NOW.timestamp())
    claims = {**licence, "iat": at, "nbf": at, "exp": at + 3600, "v": tokens.VERSION}
    return sign_token(ring.signer("licence"), Licence.TYP, claims)


def test_old_and_new_licences_verify_after_a_rotation_and_a_withdrawn_keys_do_not(tmp_path: Path) -> None:
    workspace = ExamWorkspace(tmp_path, Rings.make(tmp_path / "keys"))
    # Not the session's rings: this test changes them.
    ring = KeyRing.open(workspace.rings.authority.folder, PASSPHRASE, AUTHORITY)
    first = workspace.sign().charter
    old, old_kid = _issued_with(ring), ring.entry("licence").kid
    ring.rotate("licence", NOW)
    new = _issued_with(ring)

    second = workspace.sign()
    assert second.version == first.version + 1
    assert second.charter.builds == first.builds, "no base is built anew"
    listed = second.charter.keys_for("licence")
    assert len(listed) == 2 and old_kid in listed
    for token in (old, new):
        assert jws.verify(token, Licence.TYP, listed)["exam"] == "demo"
    with pytest.raises(KeyUnknown):
        jws.verify(new, Licence.TYP, first.keys_for("licence"))

    with pytest.raises(KeyMissing):
        ring.withdraw(ring.entry("licence").kid)
    ring.withdraw(old_kid)
    third = workspace.sign().charter
    assert third.version == second.version + 1
    assert jws.verify(new, Licence.TYP, third.keys_for("licence"))
    with pytest.raises(KeyUnknown):
        jws.verify(old, Licence.TYP, third.keys_for("licence"))
