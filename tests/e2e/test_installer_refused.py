"""Refused installations and launches, each with its own code.

Real installers, the installed client, and the exam's real portal where the portal decides. The
plain stranger is in test_installer.py.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oneseat.client.health.checklist import checks
from oneseat.demo.computer import ProgramResult
from oneseat.pipeline.base.reserving import write_reserved
from oneseat.pipeline.publishing.stamped_file import write_stamped
from oneseat.pipeline.tools.code_signing import OsslsigncodeSigner
from oneseat.pipeline.tools.identity import create_development_identity
from oneseat.pipeline.tools.runner import Invocation, run
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from signing.text import Text
from tests.client.health.recorded import Recorded
from tests.e2e.exam import Candidate, SmallExam, candidate
from tests.e2e.portal import SmallPortal, portal_of
from tests.e2e.test_installer import UNINSTALL_KEY, answers, check
from tests.e2e.wine import TestedComputer

pytestmark = [pytest.mark.wine, pytest.mark.slow]

OWNER, STRANGER, SHARER, REVOKED, COPIED, EXAMINED = (candidate(number) for number in range(1, 7))


@pytest.fixture(scope="module")
def portal(small_exam: SmallExam, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallPortal]:
    people = (OWNER, STRANGER, SHARER, REVOKED, COPIED, EXAMINED)
    with portal_of(small_exam, tmp_path_factory.mktemp("portal"), people) as served:
        yield served


@pytest.fixture
def second_computer(tmp_path: Path) -> Iterator[TestedComputer]:
    computer = TestedComputer.create(tmp_path / "second")
    yield computer
    computer.end()


def assert_refused(computer: TestedComputer, installer: Path, person: Candidate, number: int) -> None:
    """Install, and check that it ends with the number, logs the code, and leaves no change."""
    before = computer.left_behind()
    result = computer.install(installer, answers(computer, person, person.install_code))
    assert result.status == number, result.output
    assert f"refused: OS-{number:03d}; nothing was left" in result.output
    assert person.id_number not in result.output
    assert computer.left_behind() == before
    assert computer.registry(UNINSTALL_KEY) == ""


def installed(computer: TestedComputer, small_exam: SmallExam, person: Candidate) -> dict[str, Any]:
    """Install for a person, and return the client's report."""
    result = computer.install(small_exam.installer(person), answers(computer, person))
    assert result.status == 0, result.output
    return report_of(check(computer, person))


def contact(computer: TestedComputer, person: Candidate) -> ProgramResult:
    """Run the launch verification with a contact to the portal."""
    options = ("--check", "--contact", "--json", "--answers")
    return computer.run(computer.program("test"), *options, answers(computer, person))


def report_of(ended: ProgramResult) -> dict[str, Any]:
    """Parse the client's JSON object, between messages of wine's libraries."""
    (written,) = (line for line in ended.output.splitlines() if line.startswith("{"))
    report: dict[str, Any] = json.loads(written)
    return report


# --------------------------------------------------------------------------------- the installer, by itself


def splice(source: Path, target: Path, manifest: Manifest, spliced: Path) -> Path:
    """Copy the region of one installer into another: magic, licence, zeros, checksum balance."""
    with source.open("rb") as donor:
        donor.seek(manifest.region_offset)
        region = donor.read(manifest.region_size)
    shutil.copyfile(target, spliced)
    with spliced.open("r+b") as file:
        file.seek(manifest.region_offset)
        file.write(region)
    return spliced


def test_another_seats_licence_spliced_into_ones_own_installer_is_still_the_others(
    computer: TestedComputer, small_exam: SmallExam, portal: SmallPortal, tmp_path: Path
) -> None:
    own, others = small_exam.installer(OWNER), small_exam.installer(STRANGER)
    spliced = splice(others, own, small_exam.base.manifest, tmp_path / "spliced.exe")
    assert spliced.read_bytes() == others.read_bytes(), (
        "all that differs between two installers is the region"
    )
    portal.introduce(computer)
    assert_refused(computer, spliced, OWNER, 21)


def test_a_licence_written_over_another_without_the_balance_is_no_installer(
    computer: TestedComputer, small_exam: SmallExam, tmp_path: Path
) -> None:
    spliced = tmp_path / "unbalanced.exe"
    shutil.copyfile(small_exam.installer(OWNER), spliced)
    others = small_exam.licence(STRANGER).encode("ascii")
    with spliced.open("r+b") as file:
        file.seek(small_exam.base.manifest.region_offset)
        before = file.read(12)
        assert len(others) == int.from_bytes(before[8:], "little"), "the licence alone must differ"
        file.write(others)
    assert_refused(computer, spliced, OWNER, 24)


# Without a portal its time cannot be asked: whether the licence or the clock is wrong stays open (OS-126).
STALE: dict[str, tuple[dict[str, Any], int]] = {
    "another exam's": ({"exam": "last-year"}, 16),
    "another build's": ({"build": "0" * 64}, 17),
    "another base's": ({"base": "0" * 64}, 18),
    "not valid yet": ({"nbf": int((datetime.now(UTC) + timedelta(days=2)).timestamp())}, 126),
    "expired": ({"exp": int((datetime.now(UTC) - timedelta(minutes=1)).timestamp())}, 126),
}


@pytest.mark.parametrize("kind", STALE)
def test_a_licence_of_another_exam_or_time_is_refused(
    computer: TestedComputer, small_exam: SmallExam, tmp_path: Path, kind: str
) -> None:
    changes, number = STALE[kind]
    stale = tmp_path / "stale.exe"
    licence = small_exam.licence(OWNER, **changes).encode("ascii")
    write_stamped(Stamper(small_exam.base.manifest, small_exam.base.path), licence, stale)
    assert_refused(computer, stale, OWNER, number)


class Repacker:
    """Attacker who changes an installer, and signs it with another certificate."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        identity = create_development_identity(folder / "identity", b"of a repacker", datetime.now(UTC))
        self.signer = OsslsigncodeSigner(identity)

    def unsigned(self, source: Path) -> Path:
        """Copy without the signature."""
        bare = self.folder / "bare.exe"
        command = ["osslsigncode", "remove-signature", "-in", str(source), "-out", str(bare)]
        run(Invocation("osslsigncode", Text("removing a signature", "去除签名"), command, 60))
        return bare

    def changed(self, source: Path) -> Path:
        """Copy with a change in a part that neither Windows nor NSIS checks."""
        program = bytearray(self.unsigned(source).read_bytes())
        at = program.index(b"DOS mode", 0, 512)  # NSIS leaves the first 512 bytes out of its own checksum
        program[at : at + 3] = b"Dos"
        changed = self.folder / "changed.exe"
        changed.write_bytes(program)
        return changed

    def signed(self, source: Path) -> Path:
        """Copy with the attacker's signature."""
        signed = self.folder / "signed.exe"
        self.signer.sign(source, signed, "repacked")
        return signed

    def stamped(self, signed: Path, licence: bytes, like: Manifest) -> Path:
        """Copy with a new region that contains a genuine licence."""
        base, stamped = self.folder / "base.exe", self.folder / "stamped.exe"
        reserved = write_reserved(signed, base)
        with base.open("rb") as file:
            manifest = Manifest.measure(
                file,
                reserved.region_sum,
                exam=like.exam,
                build=like.build,
                development_certificate=True,
                rehearsal=like.rehearsal,
                stages={},
            )
        write_stamped(Stamper(manifest, base), licence, stamped)
        return stamped


def test_an_installer_signed_again_has_lost_its_licence(
    computer: TestedComputer, small_exam: SmallExam, tmp_path: Path
) -> None:
    repacker = Repacker(tmp_path)
    resigned = repacker.signed(repacker.unsigned(small_exam.installer(OWNER)))
    assert_refused(computer, resigned, OWNER, 23)


def test_a_repacked_base_with_the_owners_genuine_licence_is_refused(
    computer: TestedComputer, small_exam: SmallExam, tmp_path: Path
) -> None:
    repacker = Repacker(tmp_path)
    manifest, licence = small_exam.base.manifest, small_exam.licence(OWNER).encode("ascii")
    repacked = repacker.stamped(repacker.signed(repacker.changed(small_exam.base.path)), licence, manifest)
    repacker.signer.verify(repacked)
    assert_refused(computer, repacked, OWNER, 18)


# ------------------------------------------------------------------------------------------- with the portal


def test_the_portal_refuses_a_wrong_person_and_nothing_stays(
    computer: TestedComputer, small_exam: SmallExam, portal: SmallPortal
) -> None:
    portal.introduce(computer)
    guess = dataclasses.replace(STRANGER, id_number=OWNER.id_number)
    assert_refused(computer, small_exam.installer(STRANGER), guess, 21)


def test_a_second_computer_is_refused_until_support_moves_the_seat(
    computer: TestedComputer, second_computer: TestedComputer, small_exam: SmallExam, portal: SmallPortal
) -> None:
    for each in (computer, second_computer):
        portal.introduce(each)
    assert installed(computer, small_exam, SHARER)["enrolment"] == "confirmed"
    assert_refused(second_computer, small_exam.installer(SHARER), SHARER, 103)
    assert contact(computer, SHARER).status == 0, "the first computer keeps the seat"
    portal.move(SHARER)
    assert installed(second_computer, small_exam, SHARER)["enrolment"] == "confirmed"
    first = contact(computer, SHARER)
    assert (first.status, report_of(first)["code"]) == (57, "OS-057")
    assert check(computer, SHARER).status == 57, "offline too, after the contact"
    assert check(second_computer, SHARER).status == 0


def test_a_revoked_seat_is_refused_from_the_next_contact_on(
    computer: TestedComputer, small_exam: SmallExam, portal: SmallPortal
) -> None:
    portal.introduce(computer)
    assert installed(computer, small_exam, REVOKED)["enrolment"] == "confirmed"
    assert report_of(contact(computer, REVOKED))["contact"] == "ok"
    portal.revoke(REVOKED)
    assert check(computer, REVOKED).status == 0, "this computer has not contacted the portal yet"
    result = contact(computer, REVOKED)
    assert result.status == 57
    assert (report_of(result)["contact"], report_of(result)["code"]) == ("OS-182", "OS-057")
    assert report_of(result)["remedy"]["zh"]
    assert check(computer, REVOKED).status == 57, "offline too, after the contact"


def test_a_folder_copied_to_another_computer_is_refused_there(
    computer: TestedComputer, second_computer: TestedComputer, small_exam: SmallExam, portal: SmallPortal
) -> None:
    portal.introduce(computer)
    installed(computer, small_exam, COPIED)
    # Both have the test machine's firmware; another disk has another volume serial.
    (second_computer.drive / ".windows-serial").write_text("5EA7C0DE\n", "ascii")
    for place in ("Program Files", "ProgramData"):
        source = computer.drive / place / "OneSeat"
        shutil.copytree(source, second_computer.drive / place / "OneSeat")
    refused = check(second_computer, COPIED)
    assert (refused.status, report_of(refused)["code"]) == (47, "OS-047")
    assert check(second_computer, OWNER).status == 45, "a stranger learns nothing more"
    assert check(computer, COPIED).status == 0


def test_the_installed_client_examines_its_computer_and_reports_nothing_personal(
    computer: TestedComputer, small_exam: SmallExam, portal: SmallPortal
) -> None:
    portal.introduce(computer)
    installed(computer, small_exam, EXAMINED)
    result = computer.run(computer.program("test"), "check", "--json")
    report = report_of(result)
    findings = {row["check"]: row for row in report["findings"]}
    assert list(findings) == [check.key for check in checks(portal.exam.charter, Recorded().probes())]
    blocked = [key for key, row in findings.items() if row["status"] == "block"]
    assert (result.status, report["code"]) == ((149, "OS-149") if blocked else (0, None))
    assert report["fit"] is not bool(blocked)
    assert report["summary"] == {
        status: sum(row["status"] == status for row in findings.values())
        for status in ("pass", "warn", "block", "unknown")
    }
    for row in findings.values():
        assert row["evidence"]["zh"] and row["evidence"]["en"], row
        assert row["status"] == "pass" or (row["remedy"]["zh"] and row["remedy"]["en"]), row
    assert findings["bandwidth"]["status"] == "pass", "the portal is on this very machine"
    secrets = (EXAMINED.id_number, EXAMINED.admission_number, EXAMINED.install_code, EXAMINED.jti)
    guid = computer.registry(r"HKLM\Software\Microsoft\Cryptography").split()[-1]
    for secret in (*secrets, guid):
        assert secret not in result.output
