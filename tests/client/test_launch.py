"""The proof at every launch, offline."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from oneseat.client.enrol import Enrolment
from oneseat.client.errors import (
    IdentityNotHere,
    InstallationBroken,
    NothingEnrolled,
    SeatWithdrawn,
    StateDamaged,
    StateFromOtherComputer,
)
from oneseat.client.identity import Identity
from oneseat.client.launch import CONFIRMED, PROVISIONAL, Acceptance
from signing.clock import FixedClock
from signing.refusals import (
    DocumentInvalid,
    LicenceExpired,
    LicenceForOtherBuild,
    LicenceNotYetValid,
    SignatureInvalid,
)
from tests.client.simulated import NOW, OWNER, STRANGER, Desk, Portal


def enrol(desk: Desk, identity: Identity = OWNER, generation: int = 1) -> Acceptance:
    path = desk.installer(desk.authority.licence_token(identity, generation))
    return Enrolment(desk.program, desk.computer, desk.clock, desk.journal.append).run(path, identity)


def enrol_by_code(desk: Desk) -> Acceptance:
    code = desk.authority.install_code(OWNER)
    return enrol(desk, Identity(OWNER.id_number, OWNER.admission_number, code))


def seat_folder(desk: Desk, identity: Identity = OWNER) -> Path:
    return desk.computer.shared_folder() / "test" / "seats" / desk.authority.jti(identity)


def test_the_owner_is_accepted_and_others_are_not(online_desk: Desk) -> None:
    enrol(online_desk)
    assert online_desk.actions().accept(OWNER).enrolment == CONFIRMED
    with pytest.raises(IdentityNotHere):
        online_desk.actions().accept(STRANGER)
    with pytest.raises(IdentityNotHere):
        online_desk.actions().accept(Identity(OWNER.id_number, STRANGER.admission_number))


def test_nobody_is_accepted_where_nobody_enrolled(desk: Desk) -> None:
    with pytest.raises(NothingEnrolled):
        desk.actions().accept(OWNER)


def test_a_mistyped_id_number_is_told_as_such(online_desk: Desk) -> None:
    enrol(online_desk)
    with pytest.raises(DocumentInvalid):
        online_desk.actions().accept(Identity(OWNER.id_number[:-2], OWNER.admission_number))


def test_two_candidates_on_one_computer_are_told_apart(online_desk: Desk) -> None:
    enrol(online_desk)
    enrol(online_desk, STRANGER)
    for who in (OWNER, STRANGER):
        assert online_desk.actions().accept(who).licence.jti == online_desk.authority.jti(who)


def test_of_two_seats_of_one_candidate_the_later_issue_counts(online_desk: Desk) -> None:
    enrol(online_desk, OWNER, generation=2)
    enrol(online_desk, OWNER, generation=1)
    assert online_desk.actions().accept(OWNER).licence.jti == online_desk.authority.jti(OWNER, 2)


def test_the_seat_of_someone_else_being_damaged_does_not_disturb(online_desk: Desk) -> None:
    enrol(online_desk)
    enrol(online_desk, STRANGER)
    (seat_folder(online_desk, STRANGER) / "seat.bin").write_bytes(b"")
    assert online_desk.actions().accept(OWNER)
    with pytest.raises(StateDamaged):
        online_desk.actions().accept(STRANGER)


def test_a_copied_state_folder_is_refused_with_its_own_code(online_desk: Desk, tmp_path: Path) -> None:
    enrol(online_desk)
    other = Desk.at(tmp_path / "other", online_desk.authority, guid="guid-2")
    shutil.copytree(str(online_desk.computer.folder / "ProgramData"), str(tmp_path / "other" / "ProgramData"))
    with pytest.raises(StateFromOtherComputer):
        other.actions().accept(OWNER)
    other.computer.wrapping_key = b"guid-1"  # as where two Windows share their DPAPI keys
    with pytest.raises(StateFromOtherComputer):
        other.actions().accept(OWNER)


def test_a_computer_that_does_not_say_who_it_is_is_not_taken_for_the_right_one(online_desk: Desk) -> None:
    enrol(online_desk)
    online_desk.computer.guid = None
    with pytest.raises(StateFromOtherComputer):
        online_desk.actions().accept(OWNER)


def test_the_clock_bounds_the_licence(online_desk: Desk) -> None:
    enrol(online_desk)
    online_desk.clock = FixedClock(NOW - timedelta(days=30))
    with pytest.raises(LicenceNotYetValid):
        online_desk.actions().accept(OWNER)
    online_desk.clock = FixedClock(online_desk.authority.charter().ends)
    with pytest.raises(LicenceExpired):
        online_desk.actions().accept(OWNER)


def test_a_newer_charter_that_drops_the_build_refuses(online_desk: Desk) -> None:
    enrol(online_desk)
    token = online_desk.authority.charter_token(version=2, builds=("build-2",))
    (online_desk.program.folder / "charter.jws").write_text(token)
    with pytest.raises(LicenceForOtherBuild):
        online_desk.actions().accept(OWNER)


def test_a_program_without_or_with_a_forged_charter_refuses(online_desk: Desk) -> None:
    enrol(online_desk)
    path = online_desk.program.folder / "charter.jws"
    token = path.read_text()
    path.write_text(token[:-8] + "AAAAAAAA")
    with pytest.raises(SignatureInvalid):
        online_desk.actions().accept(OWNER)
    path.unlink()
    with pytest.raises(InstallationBroken):
        online_desk.actions().accept(OWNER)


def test_a_provisional_seat_is_confirmed_at_the_next_contact(online_desk: Desk, portal: Portal) -> None:
    portal.broken = lambda _: (503, "text/plain", b"")
    assert enrol_by_code(online_desk).enrolment == PROVISIONAL
    portal.broken = None
    contact = online_desk.actions().contact(OWNER)
    assert contact.activation is not None
    assert online_desk.actions().accept(OWNER).enrolment == CONFIRMED


def test_a_withdrawn_seat_is_refused_from_the_next_contact_on_until_the_portal_takes_it_back(
    online_desk: Desk, portal: Portal
) -> None:
    accepted = enrol(online_desk)
    portal.revoked.append(accepted.licence.jti)
    assert online_desk.actions().accept(OWNER)
    online_desk.actions().contact(OWNER)
    with pytest.raises(SeatWithdrawn) as refused:
        online_desk.actions().accept(OWNER)
    assert "OS-179" in refused.value.diagnostics("zh")
    portal.revoked.clear()
    online_desk.actions().contact(OWNER)
    assert online_desk.actions().accept(OWNER)


def test_a_portal_out_of_reach_changes_nothing(online_desk: Desk, portal: Portal) -> None:
    enrol(online_desk)
    portal.broken = lambda _: (502, "text/html", b"<html>")
    contact = online_desk.actions().contact(OWNER)
    assert contact.fault is not None
    assert online_desk.actions().accept(OWNER).enrolment == CONFIRMED


def test_contact_brings_a_newer_charter_for_the_next_launch(online_desk: Desk, portal: Portal) -> None:
    enrol(online_desk)
    portal.published = online_desk.authority.charter_token(version=4)
    contact = online_desk.actions().contact(OWNER)
    assert contact.charter is not None
    assert online_desk.actions().accept(OWNER).charter.version == 4


def test_a_note_that_was_tampered_with_counts_as_absent(online_desk: Desk, portal: Portal) -> None:
    portal.broken = lambda _: (503, "text/plain", b"")
    accepted = enrol_by_code(online_desk)
    folder = online_desk.computer.own_folder() / "test"
    folder.mkdir(parents=True)
    (folder / f"{accepted.licence.jti}.bin").write_bytes(b"OneSeat\x01 nonsense")
    (folder / "charter.jws").write_text("nonsense")
    assert online_desk.actions().accept(OWNER).enrolment == PROVISIONAL
