"""Enrolment: who gets in, who does not and why, and what is left when it is cut short."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Dict, Type

import pytest

from oneseat.client.enrol import Enrolment
from oneseat.client.errors import (
    ClockDoubtful,
    InstallCodeNeeded,
    InstallerUnreadable,
    PortalRefused,
    StorageFailed,
)
from oneseat.client.identity import Identity
from oneseat.client.launch import CONFIRMED, PROVISIONAL, Acceptance
from oneseat.client.local.vault import Vault
from signing.binding import install_code
from signing.clock import FixedClock
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
from tests.client.simulated import BUILD, NOW, OWNER, STRANGER, Authority, Installation, Portal, sign


def enrol(installation: Installation, identity: Identity = OWNER, installer: Path = Path()) -> Acceptance:
    if installer == Path():
        installer = installation.installer(installation.authority.licence_token(OWNER))
    return Enrolment(
        installation.program, installation.computer, installation.clock, installation.log.append
    ).run(installer, identity)


def with_code(identity: Identity, code: str) -> Identity:
    return Identity(identity.id_number, identity.admission_number, code)


def test_the_owner_is_enrolled_and_confirmed_where_the_portal_answers(
    online_installation: Installation,
) -> None:
    assert enrol(online_installation).enrolment == CONFIRMED
    assert Vault(online_installation.computer, "test").jtis() == [online_installation.authority.jti(OWNER)]


def test_the_owner_is_enrolled_provisionally_by_install_code_without_a_portal(
    installation: Installation,
) -> None:
    assert (
        enrol(installation, with_code(OWNER, installation.authority.install_code(OWNER))).enrolment
        == PROVISIONAL
    )


def test_the_install_code_passes_a_delay_that_others_caused(
    online_installation: Installation, portal: Portal
) -> None:
    portal.delayed = True
    with pytest.raises(InstallCodeNeeded):
        enrol(online_installation)
    code = portal.authority.install_code(OWNER)
    assert enrol(online_installation, with_code(OWNER, code)).enrolment == CONFIRMED


def test_a_portal_of_an_earlier_version_delays_and_the_code_enrols_provisionally(
    online_installation: Installation, portal: Portal
) -> None:
    portal.delayed = portal.of_earlier_version = True
    code = portal.authority.install_code(OWNER)
    assert enrol(online_installation, with_code(OWNER, code)).enrolment == PROVISIONAL


def test_without_portal_and_code_nothing_is_enrolled(installation: Installation) -> None:
    with pytest.raises(InstallCodeNeeded) as refused:
        enrol(installation)
    assert refused.value.cause_text.zh.endswith("（OS-1206）。无法连接考生平台：连接被拒绝或被阻断。")
    assert refused.value.remedy_text.zh.endswith("也可返回填写下载页面显示的安装码。")
    assert Vault(installation.computer, "test").jtis() == []


@pytest.mark.parametrize(
    ("code", "refusal"),
    [("0000-0000-0000-0001", InstallCodeInvalid), (install_code(b"\1" * 9 + b"\0"), IdentityMismatch)],
)
def test_a_code_that_is_mistyped_or_of_another_seat_is_refused(
    installation: Installation, code: str, refusal: Type[OneSeatError]
) -> None:
    with pytest.raises(refusal):
        enrol(installation, with_code(OWNER, code))


def test_a_stranger_with_the_owners_installer_is_refused_by_portal_and_by_code(
    online_installation: Installation, portal: Portal
) -> None:
    code = online_installation.authority.install_code(OWNER)
    with pytest.raises(PortalRefused) as refused:
        enrol(online_installation, with_code(STRANGER, code))
    assert refused.value.code == "OS-170"
    portal.broken = lambda _: (503, "text/plain", b"")
    with pytest.raises(IdentityMismatch):
        enrol(online_installation, with_code(STRANGER, code))
    assert Vault(online_installation.computer, "test").jtis() == []


def test_the_second_computer_is_refused(online_installation: Installation, tmp_path: Path) -> None:
    enrol(online_installation)
    second = Installation.at(tmp_path / "second", online_installation.authority, guid="guid-2")
    with pytest.raises(PortalRefused) as refused:
        enrol(second)
    assert (refused.value.code, refused.value.error_level) == ("OS-103", 103)


def test_installing_again_on_the_same_computer_keeps_the_device_key(
    online_installation: Installation, portal: Portal
) -> None:
    first = enrol(online_installation)
    second = enrol(online_installation)
    assert second.seat.device.public_key == first.seat.device.public_key
    portal.broken = lambda _: (503, "text/plain", b"")
    assert enrol(online_installation).enrolment == CONFIRMED  # neither portal nor code needed


def test_an_enrolment_killed_after_the_portal_said_yes_goes_on_with_the_same_key(
    online_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Vault, "store", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            enrol(online_installation)
    assert Vault(online_installation.computer, "test").jtis() == []
    assert enrol(online_installation).enrolment == CONFIRMED


def test_two_candidates_share_a_computer(online_installation: Installation) -> None:
    enrol(online_installation)
    enrol(
        online_installation,
        STRANGER,
        online_installation.installer(online_installation.authority.licence_token(STRANGER)),
    )
    assert len(Vault(online_installation.computer, "test").jtis()) == 2


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
    online_installation: Installation, portal: Portal, changes: Dict[str, object], refusal: Type[OneSeatError]
) -> None:
    token = online_installation.authority.licence_token(OWNER, 1, **changes)
    with pytest.raises(refusal):
        enrol(online_installation, OWNER, online_installation.installer(token))
    assert not any(path.endswith("activations") for path in portal.asked)


@pytest.mark.parametrize("days", [-6000, -2, 400, 10_000])
def test_the_portals_time_counts_where_this_computers_clock_would_refuse(
    online_installation: Installation, days: int
) -> None:
    online_installation.clock = FixedClock(NOW + timedelta(days=days))
    assert enrol(online_installation).enrolment == CONFIRMED
    assert any(line.startswith("by this computer's clock: OS-0") for line in online_installation.log)


def test_a_wrong_clock_without_a_portal_is_named_with_the_exams_time(installation: Installation) -> None:
    installation.clock = FixedClock(NOW - timedelta(days=2))
    with pytest.raises(ClockDoubtful) as refused:
        enrol(installation, with_code(OWNER, installation.authority.install_code(OWNER)))
    assert "2035年1月2日（星期二）12:00（北京时间）" in refused.value.cause_text.zh
    assert "Tue 2 January 2035, 12:00 (Beijing time)" in refused.value.cause_text.en


def test_a_build_that_the_charter_no_longer_accepts_is_refused(
    online_installation: Installation, portal: Portal
) -> None:
    portal.published = online_installation.authority.charter_token(version=2, builds=("build-2",))
    with pytest.raises(LicenceForOtherBuild):
        enrol(online_installation)


def test_a_forged_licence_is_refused(online_installation: Installation) -> None:
    authority = online_installation.authority
    forged = sign(authority.licence_key, "oneseat-licence+jws", authority.licence(STRANGER).claims())
    head, _, signature = forged.rpartition(".")
    token = authority.licence_token(OWNER).rpartition(".")[0] + "." + signature
    assert head
    with pytest.raises(SignatureInvalid):
        enrol(online_installation, OWNER, online_installation.installer(token))


def test_the_base_itself_is_refused(installation: Installation) -> None:
    with pytest.raises(LicenceMissing):
        enrol(installation, OWNER, installation.installer(""))


def test_an_absent_or_foreign_file_is_refused(installation: Installation, tmp_path: Path) -> None:
    with pytest.raises(InstallerUnreadable):
        enrol(installation, OWNER, tmp_path / "absent.exe")
    (tmp_path / "text.exe").write_text("not a program")
    with pytest.raises(PeMalformed):
        enrol(installation, OWNER, tmp_path / "text.exe")


def test_an_impossible_id_number_is_refused_before_the_portal_is_asked(
    online_installation: Installation, portal: Portal
) -> None:
    with pytest.raises(DocumentInvalid):
        enrol(online_installation, Identity("000000199013010010", OWNER.admission_number))
    assert not any(path.endswith("activations") for path in portal.asked)


def test_the_newest_charter_of_the_portal_holds_and_is_kept(
    online_installation: Installation, portal: Portal
) -> None:
    portal.published = online_installation.authority.charter_token(version=7)
    assert enrol(online_installation).charter.version == 7
    portal.published = online_installation.authority.charter_token(version=3)
    assert enrol(online_installation).charter.version == 7


def test_a_charter_of_a_stranger_is_not_believed(online_installation: Installation, portal: Portal) -> None:
    portal.published = Authority(root=online_installation.authority.licence_key).charter_token(version=9)
    assert enrol(online_installation).charter.version == 1


def test_a_full_disk_is_told_and_leaves_no_seat(
    online_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(online_installation.computer, "make_shared_folder", full)
    with pytest.raises(StorageFailed):
        enrol(online_installation)
    assert Vault(online_installation.computer, "test").jtis() == []


def test_the_journal_never_holds_who_it_is(online_installation: Installation) -> None:
    enrol(online_installation)
    text = "\n".join(online_installation.log)
    assert online_installation.authority.jti(OWNER) in text
    assert OWNER.id_number not in text
    assert OWNER.admission_number not in text
    assert BUILD not in repr(OWNER)
    assert OWNER.id_number not in repr(OWNER)


def test_a_final_refusal_leaves_no_file_and_a_lost_answer_keeps_the_key(tmp_path: Path) -> None:
    authority = Authority()
    with Portal(authority) as portal:
        installation = Installation.at(tmp_path, authority)
        with pytest.raises(PortalRefused):
            enrol(installation, STRANGER)
        assert not installation.computer.shared_folder().exists()
        portal.broken = lambda name: (500, "text/plain", b"")
        with pytest.raises(InstallCodeNeeded):
            enrol(installation)
        kept = [path.name for path in installation.computer.shared_folder().rglob("*") if path.is_file()]
        assert kept == ["device.bin"]
        portal.broken = None
        assert enrol(installation).enrolment == CONFIRMED
