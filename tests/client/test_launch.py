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
from tests.client.simulated import NOW, OWNER, STRANGER, Installation, Portal


def enrol(installation: Installation, identity: Identity = OWNER, generation: int = 1) -> Acceptance:
    path = installation.installer(installation.authority.licence_token(identity, generation))
    return Enrolment(
        installation.program, installation.computer, installation.clock, installation.log.append
    ).run(path, identity)


def enrol_by_code(installation: Installation) -> Acceptance:
    code = installation.authority.install_code(OWNER)
    return enrol(installation, Identity(OWNER.id_number, OWNER.admission_number, code))


def seat_folder(installation: Installation, identity: Identity = OWNER) -> Path:
    return installation.computer.shared_folder() / "test" / "seats" / installation.authority.jti(identity)


def test_the_owner_is_accepted_and_others_are_not(online_installation: Installation) -> None:
    enrol(online_installation)
    assert online_installation.actions().accept(OWNER).enrolment == CONFIRMED
    with pytest.raises(IdentityNotHere):
        online_installation.actions().accept(STRANGER)
    with pytest.raises(IdentityNotHere):
        online_installation.actions().accept(Identity(OWNER.id_number, STRANGER.admission_number))


def test_nobody_is_accepted_where_nobody_enrolled(installation: Installation) -> None:
    with pytest.raises(NothingEnrolled):
        installation.actions().accept(OWNER)


def test_a_mistyped_id_number_is_told_as_such(online_installation: Installation) -> None:
    enrol(online_installation)
    with pytest.raises(DocumentInvalid):
        online_installation.actions().accept(Identity(OWNER.id_number[:-2], OWNER.admission_number))


def test_two_candidates_on_one_computer_are_told_apart(online_installation: Installation) -> None:
    enrol(online_installation)
    enrol(online_installation, STRANGER)
    for who in (OWNER, STRANGER):
        assert online_installation.actions().accept(who).licence.jti == online_installation.authority.jti(who)


def test_of_two_seats_of_one_candidate_the_later_issue_counts(online_installation: Installation) -> None:
    enrol(online_installation, OWNER, generation=2)
    enrol(online_installation, OWNER, generation=1)
    assert online_installation.actions().accept(OWNER).licence.jti == online_installation.authority.jti(
        OWNER, 2
    )


def test_the_seat_of_someone_else_being_damaged_does_not_disturb(online_installation: Installation) -> None:
    enrol(online_installation)
    enrol(online_installation, STRANGER)
    (seat_folder(online_installation, STRANGER) / "seat.bin").write_bytes(b"")
    assert online_installation.actions().accept(OWNER)
    with pytest.raises(StateDamaged):
        online_installation.actions().accept(STRANGER)


def test_a_copied_state_folder_is_refused_with_its_own_code(
    online_installation: Installation, tmp_path: Path
) -> None:
    enrol(online_installation)
    other = Installation.at(tmp_path / "other", online_installation.authority, guid="guid-2")
    shutil.copytree(
        str(online_installation.computer.folder / "ProgramData"), str(tmp_path / "other" / "ProgramData")
    )
    with pytest.raises(StateFromOtherComputer):
        other.actions().accept(OWNER)
    other.computer.wrapping_key = b"guid-1"  # as where two Windows share their DPAPI keys
    with pytest.raises(StateFromOtherComputer):
        other.actions().accept(OWNER)


def test_a_computer_that_does_not_say_who_it_is_is_not_taken_for_the_right_one(
    online_installation: Installation,
) -> None:
    enrol(online_installation)
    online_installation.computer.guid = None
    with pytest.raises(StateFromOtherComputer):
        online_installation.actions().accept(OWNER)


def test_the_clock_bounds_the_licence(online_installation: Installation) -> None:
    enrol(online_installation)
    online_installation.clock = FixedClock(NOW - timedelta(days=30))
    with pytest.raises(LicenceNotYetValid):
        online_installation.actions().accept(OWNER)
    online_installation.clock = FixedClock(online_installation.authority.charter().ends)
    with pytest.raises(LicenceExpired):
        online_installation.actions().accept(OWNER)


def test_a_newer_charter_that_drops_the_build_refuses(online_installation: Installation) -> None:
    enrol(online_installation)
    token = online_installation.authority.charter_token(version=2, builds=("build-2",))
    (online_installation.program.folder / "charter.jws").write_text(token)
    with pytest.raises(LicenceForOtherBuild):
        online_installation.actions().accept(OWNER)


def test_a_program_without_or_with_a_forged_charter_refuses(online_installation: Installation) -> None:
    enrol(online_installation)
    path = online_installation.program.folder / "charter.jws"
    token = path.read_text()
    path.write_text(token[:-8] + "AAAAAAAA")
    with pytest.raises(SignatureInvalid):
        online_installation.actions().accept(OWNER)
    path.unlink()
    with pytest.raises(InstallationBroken):
        online_installation.actions().accept(OWNER)


def test_a_provisional_seat_is_confirmed_at_the_next_contact(
    online_installation: Installation, portal: Portal
) -> None:
    portal.broken = lambda _: (503, "text/plain", b"")
    assert enrol_by_code(online_installation).enrolment == PROVISIONAL
    portal.broken = None
    contact = online_installation.actions().sync(OWNER)
    assert contact.activation is not None
    assert online_installation.actions().accept(OWNER).enrolment == CONFIRMED


def test_a_withdrawn_seat_is_refused_from_the_next_contact_on_until_the_portal_takes_it_back(
    online_installation: Installation, portal: Portal
) -> None:
    accepted = enrol(online_installation)
    portal.revoked.append(accepted.licence.jti)
    assert online_installation.actions().accept(OWNER)
    online_installation.actions().sync(OWNER)
    with pytest.raises(SeatWithdrawn) as refused:
        online_installation.actions().accept(OWNER)
    assert "OS-179" in refused.value.diagnostics("zh")
    portal.revoked.clear()
    online_installation.actions().sync(OWNER)
    assert online_installation.actions().accept(OWNER)


def test_a_portal_out_of_reach_changes_nothing(online_installation: Installation, portal: Portal) -> None:
    enrol(online_installation)
    portal.broken = lambda _: (502, "text/html", b"<html>")
    contact = online_installation.actions().sync(OWNER)
    assert contact.fault is not None
    assert online_installation.actions().accept(OWNER).enrolment == CONFIRMED


def test_contact_brings_a_newer_charter_for_the_next_launch(
    online_installation: Installation, portal: Portal
) -> None:
    enrol(online_installation)
    portal.published = online_installation.authority.charter_token(version=4)
    contact = online_installation.actions().sync(OWNER)
    assert contact.charter is not None
    assert online_installation.actions().accept(OWNER).charter.version == 4


def test_a_note_that_was_tampered_with_counts_as_absent(
    online_installation: Installation, portal: Portal
) -> None:
    portal.broken = lambda _: (503, "text/plain", b"")
    accepted = enrol_by_code(online_installation)
    folder = online_installation.computer.own_folder() / "test"
    folder.mkdir(parents=True)
    (folder / f"{accepted.licence.jti}.bin").write_bytes(b"OneSeat\x01 nonsense")
    (folder / "charter.jws").write_text("nonsense")
    assert online_installation.actions().accept(OWNER).enrolment == PROVISIONAL
