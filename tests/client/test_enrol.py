"""Enrolment: who gets in, who does not and why, and what is left when it is cut short."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Type

import pytest

from oneseat.client.enrol import Enrolment
from oneseat.client.errors import InstallCodeNeeded, InstallerUnreadable, PortalRefused, StorageFailed
from oneseat.client.identity import Identity
from oneseat.client.launch import CONFIRMED, PROVISIONAL, Acceptance
from oneseat.client.local.vault import Vault
from signing.binding import install_code
from signing.errors import OneSeatError
from signing.refusals import (
    DocumentInvalid,
    IdentityMismatch,
    InstallCodeInvalid,
    LicenceExpired,
    LicenceForOtherBase,
    LicenceForOtherBuild,
    LicenceForOtherExam,
    LicenceMissing,
    LicenceNotYetValid,
    PeMalformed,
    SignatureInvalid,
)
from tests import charters
from tests.client.simulated import BUILD, OWNER, STRANGER, Authority, Desk, Portal, sign


def enrol(desk: Desk, identity: Identity = OWNER, installer: Path = Path()) -> Acceptance:
    if installer == Path():
        installer = desk.installer(desk.authority.licence_token(OWNER))
    return Enrolment(desk.program, desk.computer, desk.clock, desk.journal.append).run(installer, identity)


def with_code(identity: Identity, code: str) -> Identity:
    return Identity(identity.id_number, identity.admission_number, code)


def test_the_owner_is_enrolled_and_confirmed_where_the_portal_answers(online_desk: Desk) -> None:
    assert enrol(online_desk).enrolment == CONFIRMED
    assert Vault(online_desk.computer, "test").jtis() == [online_desk.authority.jti(OWNER)]


def test_the_owner_is_enrolled_provisionally_by_install_code_without_a_portal(desk: Desk) -> None:
    assert enrol(desk, with_code(OWNER, desk.authority.install_code(OWNER))).enrolment == PROVISIONAL


def test_without_portal_and_code_nothing_is_enrolled(desk: Desk) -> None:
    with pytest.raises(InstallCodeNeeded):
        enrol(desk)
    assert Vault(desk.computer, "test").jtis() == []


@pytest.mark.parametrize(
    ("code", "refusal"),
    [("0000-0000-0000-0001", InstallCodeInvalid), (install_code(b"\1" * 9 + b"\0"), IdentityMismatch)],
)
def test_a_code_that_is_mistyped_or_of_another_seat_is_refused(
    desk: Desk, code: str, refusal: Type[OneSeatError]
) -> None:
    with pytest.raises(refusal):
        enrol(desk, with_code(OWNER, code))


def test_a_stranger_with_the_owners_installer_is_refused_by_portal_and_by_code(
    online_desk: Desk, portal: Portal
) -> None:
    code = online_desk.authority.install_code(OWNER)
    with pytest.raises(PortalRefused) as refused:
        enrol(online_desk, with_code(STRANGER, code))
    assert refused.value.code == "OS-170"
    portal.broken = lambda _: (503, "text/plain", b"")
    with pytest.raises(IdentityMismatch):
        enrol(online_desk, with_code(STRANGER, code))
    assert Vault(online_desk.computer, "test").jtis() == []


def test_the_second_computer_is_refused(online_desk: Desk, tmp_path: Path) -> None:
    enrol(online_desk)
    second = Desk.at(tmp_path / "second", online_desk.authority, guid="guid-2")
    with pytest.raises(PortalRefused) as refused:
        enrol(second)
    assert (refused.value.code, refused.value.error_level) == ("OS-103", 103)


def test_installing_again_on_the_same_computer_keeps_the_device_key(
    online_desk: Desk, portal: Portal
) -> None:
    first = enrol(online_desk)
    second = enrol(online_desk)
    assert second.seat.device.public_key == first.seat.device.public_key
    portal.broken = lambda _: (503, "text/plain", b"")
    assert enrol(online_desk).enrolment == CONFIRMED  # neither portal nor code needed


def test_an_enrolment_killed_after_the_portal_said_yes_goes_on_with_the_same_key(
    online_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Vault, "store", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            enrol(online_desk)
    assert Vault(online_desk.computer, "test").jtis() == []
    assert enrol(online_desk).enrolment == CONFIRMED


def test_two_candidates_share_a_computer(online_desk: Desk) -> None:
    enrol(online_desk)
    enrol(online_desk, STRANGER, online_desk.installer(online_desk.authority.licence_token(STRANGER)))
    assert len(Vault(online_desk.computer, "test").jtis()) == 2


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"exam": "last-year"}, LicenceForOtherExam),
        ({"build": "build-0"}, LicenceForOtherBuild),
        ({"base": "ab" * 32}, LicenceForOtherBase),
        ({"exp": 1_000_000_000}, LicenceExpired),
        ({"nbf": int(charters.at(20, 0).timestamp())}, LicenceNotYetValid),
    ],
)
def test_each_wrong_licence_has_its_own_refusal(
    online_desk: Desk, portal: Portal, changes: Dict[str, object], refusal: Type[OneSeatError]
) -> None:
    token = online_desk.authority.licence_token(OWNER, 1, **changes)
    with pytest.raises(refusal):
        enrol(online_desk, OWNER, online_desk.installer(token))
    assert not any(path.endswith("activations") for path in portal.asked)


def test_a_build_that_the_charter_no_longer_accepts_is_refused(online_desk: Desk, portal: Portal) -> None:
    portal.published = online_desk.authority.charter_token(version=2, builds=("build-2",))
    with pytest.raises(LicenceForOtherBuild):
        enrol(online_desk)


def test_a_forged_licence_is_refused(online_desk: Desk) -> None:
    authority = online_desk.authority
    forged = sign(authority.licence_key, "oneseat-licence+jws", authority.licence(STRANGER).claims())
    head, _, signature = forged.rpartition(".")
    token = authority.licence_token(OWNER).rpartition(".")[0] + "." + signature
    assert head
    with pytest.raises(SignatureInvalid):
        enrol(online_desk, OWNER, online_desk.installer(token))


def test_the_base_itself_is_refused(desk: Desk) -> None:
    with pytest.raises(LicenceMissing):
        enrol(desk, OWNER, desk.installer(""))


def test_an_absent_or_foreign_file_is_refused(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(InstallerUnreadable):
        enrol(desk, OWNER, tmp_path / "absent.exe")
    (tmp_path / "text.exe").write_text("not a program")
    with pytest.raises(PeMalformed):
        enrol(desk, OWNER, tmp_path / "text.exe")


def test_an_impossible_id_number_is_refused_before_the_portal_is_asked(
    online_desk: Desk, portal: Portal
) -> None:
    with pytest.raises(DocumentInvalid):
        enrol(online_desk, Identity("000000199013010010", OWNER.admission_number))
    assert not any(path.endswith("activations") for path in portal.asked)


def test_the_newest_charter_of_the_portal_holds_and_is_kept(online_desk: Desk, portal: Portal) -> None:
    portal.published = online_desk.authority.charter_token(version=7)
    assert enrol(online_desk).charter.version == 7
    portal.published = online_desk.authority.charter_token(version=3)
    assert enrol(online_desk).charter.version == 7


def test_a_charter_of_a_stranger_is_not_believed(online_desk: Desk, portal: Portal) -> None:
    portal.published = Authority(root=online_desk.authority.licence_key).charter_token(version=9)
    assert enrol(online_desk).charter.version == 1


def test_a_full_disk_is_told_and_leaves_no_seat(online_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(online_desk.computer, "make_shared_folder", full)
    with pytest.raises(StorageFailed):
        enrol(online_desk)
    assert Vault(online_desk.computer, "test").jtis() == []


def test_the_journal_never_holds_who_it_is(online_desk: Desk) -> None:
    enrol(online_desk)
    text = "\n".join(online_desk.journal)
    assert online_desk.authority.jti(OWNER) in text
    assert OWNER.id_number not in text
    assert OWNER.admission_number not in text
    assert BUILD not in repr(OWNER)
    assert OWNER.id_number not in repr(OWNER)


def test_a_final_refusal_leaves_no_file_and_a_lost_answer_keeps_the_key(tmp_path: Path) -> None:
    authority = Authority()
    with Portal(authority) as portal:
        desk = Desk.at(tmp_path, authority)
        with pytest.raises(PortalRefused):
            enrol(desk, STRANGER)
        assert not desk.computer.shared_folder().exists()
        portal.broken = lambda name: (500, "text/plain", b"")
        with pytest.raises(InstallCodeNeeded):
            enrol(desk)
        kept = [path.name for path in desk.computer.shared_folder().rglob("*") if path.is_file()]
        assert kept == ["device.bin"]
        portal.broken = None
        assert enrol(desk).enrolment == CONFIRMED
