"""``stamp`` makes one seat's installer; ``inspect`` and ``verify`` say what a file is and if it holds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from oneseat.pipeline.errors import InputUnreadable
from oneseat.pipeline.exam import charters
from oneseat.pipeline.exam.errors import CharterUnsigned
from oneseat.pipeline.publishing.errors import SeatUnknown
from oneseat.pipeline.publishing.stamp import Stamped, stamp
from oneseat.pipeline.publishing.stamped_file import write_stamped
from oneseat.pipeline.roster.sample import Person
from oneseat.pipeline.tools.code_signing import verify_with_osslsigncode
from oneseat.pipeline.tools.errors import SignatureUnverified
from oneseat.pipeline.verifying.errors import LicenceReplaced, NotInBatch
from oneseat.pipeline.verifying.inspect import BASE, OTHER, STAMPED, Inspection, Reference, inspect, verify
from oneseat.state.candidates import seats
from signing.authority.errors import BaseChanged
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from signing.errors import OneSeatError
from signing.refusals import (
    LicenceExpired,
    LicenceForOtherBase,
    LicenceForOtherBuild,
    LicenceForOtherExam,
    LicenceMissing,
    PeMalformed,
    SignatureInvalid,
)
from tests.pipeline.exam_workspace import BUILD, EXAM, NOW, ExamWorkspace, Rings, people
from tests.signing.signed_files import Base, FileSigner

PERSON = people(1)[0]
pytestmark = pytest.mark.service  # osslsigncode verifies


@pytest.fixture(scope="module")
def signed_base(file_signer: FileSigner) -> Base:
    """A base that the file_signer's own certificate signed."""
    return file_signer.base(file_signer.signed("amd64-unicode", "base"))


@pytest.fixture
def manifest(signed_base: Base) -> Manifest:
    return replace(signed_base.manifest, build=BUILD)


@pytest.fixture
def workspace(tmp_path: Path, rings: Rings, manifest: Manifest, signed_base: Base) -> ExamWorkspace:
    """A workspace with a release of three seats."""
    made = ExamWorkspace(tmp_path, rings, manifest)
    charters.publish(made.database, made.sign(), made.clock)
    made.issue(people(3))
    made.publish(signed_base.path)
    return made


@pytest.fixture
def reference(workspace: ExamWorkspace, manifest: Manifest, file_signer: FileSigner) -> Reference:
    charter = charters.in_force(workspace.database, workspace.rings.root_public_key, "demo")
    return Reference(
        charter, manifest, workspace.database, lambda path: verify_with_osslsigncode(path, file_signer.pem)
    )


@pytest.fixture
def stamped(workspace: ExamWorkspace, signed_base: Base, manifest: Manifest) -> Stamped:
    (workspace.folder / "out").mkdir()
    return stamp(
        EXAM,
        f" {PERSON.admission_number} ",
        signed_base.path,
        manifest,
        workspace.database,
        workspace.folder / "out",
    )


def _results(inspection: Inspection) -> dict[str, str]:
    return {check.name: check.result for check in inspection.checks}


def test_a_stamped_installer_passes_every_check(stamped: Stamped, reference: Reference) -> None:
    inspection = verify(stamped.path, reference, NOW)
    assert inspection.kind == STAMPED
    assert set(_results(inspection).values()) == {"passed"}
    assert len(inspection.checks) == 9
    assert (inspection.jti, inspection.sha256, inspection.size) == (stamped.jti, stamped.sha256, stamped.size)
    assert inspection.expires_at == EXAM.ends
    assert stamped.path.name == f"{stamped.jti}.exe"


def test_nobody_is_named(stamped: Stamped, reference: Reference) -> None:
    shown = json.dumps(inspect(stamped.path, reference, NOW).as_object(), ensure_ascii=False)
    assert stamped.jti in shown
    for secret in PERSON:
        assert secret not in shown


def test_the_stamped_file_is_what_the_portal_would_stream(
    workspace: ExamWorkspace, stamped: Stamped, signed_base: Base, manifest: Manifest
) -> None:
    with workspace.database.reading() as connection:
        seat = seats.find_by_admission_number(connection, "demo", PERSON.admission_number)
    assert seat is not None
    stream = b"".join(Stamper(manifest, signed_base.path).stream(seat.token.encode()))
    assert stamped.path.read_bytes() == stream


def test_a_base_is_known_as_one_and_is_nobodys_installer(signed_base: Base, reference: Reference) -> None:
    inspection = inspect(signed_base.path, reference, NOW)
    assert inspection.kind == BASE
    assert _results(inspection) == {"form": "passed", "code signature": "passed", "base": "passed"}
    with pytest.raises(LicenceMissing):
        verify(signed_base.path, reference, NOW)


def test_what_is_no_installer_is_said_to_be_none(tmp_path: Path, reference: Reference) -> None:
    (tmp_path / "letter.exe").write_bytes(b"MZ but not for long")
    inspection = inspect(tmp_path / "letter.exe", reference, NOW)
    assert inspection.kind == OTHER
    assert isinstance(inspection.refusal, PeMalformed)
    with pytest.raises(InputUnreadable):
        verify(tmp_path / "absent.exe", reference, NOW)


def test_without_a_charter_nothing_is_trusted(stamped: Stamped, reference: Reference) -> None:
    alone = inspect(stamped.path, Reference(), NOW)
    assert alone.jti is None
    assert _results(alone)["licence"] == "not made"
    with pytest.raises(CharterUnsigned):
        verify(stamped.path, replace(reference, charter=None), NOW)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda r: replace(r, charter=replace(r.charter, exam="other")), LicenceForOtherExam),
        (lambda r: replace(r, charter=replace(r.charter, builds=())), LicenceForOtherBuild),
        (lambda r: replace(r, manifest=replace(r.manifest, base_sha256="0" * 64)), BaseChanged),
    ],
)
def test_each_fault_has_its_own_refusal(
    stamped: Stamped, reference: Reference, change: object, expected: type[OneSeatError]
) -> None:
    with pytest.raises(expected):
        verify(stamped.path, change(reference), NOW)  # type: ignore[operator]


def test_an_expired_licence_is_refused(stamped: Stamped, reference: Reference) -> None:
    verify(stamped.path, reference, EXAM.ends - timedelta(seconds=1))
    with pytest.raises(LicenceExpired):
        verify(stamped.path, reference, EXAM.ends)


def test_a_replaced_licence_is_refused(
    workspace: ExamWorkspace, stamped: Stamped, reference: Reference, signed_base: Base
) -> None:
    listed = people(3)
    workspace.issue([Person(PERSON.name + "乙", *PERSON[1:]), *listed[1:]])
    verify(stamped.path, reference, NOW)
    workspace.publish(signed_base.path)
    with pytest.raises(LicenceReplaced):
        verify(stamped.path, reference, NOW)


def test_a_revoked_licence_is_refused(
    workspace: ExamWorkspace, stamped: Stamped, reference: Reference
) -> None:
    with workspace.database.writing() as connection:
        seats.revoke(connection, "demo", stamped.jti, NOW, "desk")
    with pytest.raises(LicenceReplaced):
        verify(stamped.path, reference, NOW)


def test_a_licence_on_another_base_is_refused(
    workspace: ExamWorkspace, reference: Reference, file_signer: FileSigner, tmp_path: Path
) -> None:
    other = file_signer.base(file_signer.signed("x86-unicode", "other"))
    with workspace.database.reading() as connection:
        seat = seats.find_by_admission_number(connection, "demo", PERSON.admission_number)
    assert seat is not None
    write_stamped(other.stamper, seat.token.encode(), tmp_path / "moved.exe")
    inspection = inspect(tmp_path / "moved.exe", replace(reference, manifest=None), NOW)
    assert isinstance(inspection.refusal, LicenceForOtherBase)
    assert _results(inspection)["code signature"] == "passed"


def test_changed_bytes_fail_the_checks_that_cover_them(
    stamped: Stamped, reference: Reference, manifest: Manifest, tmp_path: Path
) -> None:
    data = bytearray(stamped.path.read_bytes())
    data[0x200] ^= 1
    changed = tmp_path / "changed.exe"
    changed.write_bytes(data)
    inspection = inspect(changed, reference, NOW)
    assert inspection.refusal is not None
    assert inspection.kind == OTHER or isinstance(inspection.refusal, SignatureUnverified)
    data = bytearray(stamped.path.read_bytes())
    at = manifest.region_offset + 12 + 300
    data[at], data[at + 2] = data[at + 2], data[at]
    changed.write_bytes(data)
    assert isinstance(inspect(changed, reference, NOW).refusal, (SignatureInvalid, OneSeatError))
    assert inspect(changed, reference, NOW).jti is None


def test_a_number_without_a_seat_has_no_installer(
    workspace: ExamWorkspace, signed_base: Base, manifest: Manifest
) -> None:
    with pytest.raises(SeatUnknown) as caught:
        stamp(
            EXAM, "000000000000", signed_base.path, manifest, workspace.database, workspace.folder / "x.exe"
        )
    assert "000000000000" not in caught.value.diagnostics()
    assert not (workspace.folder / "x.exe").exists()


def test_an_installer_whose_licence_no_batch_lists_is_refused(
    workspace: ExamWorkspace, stamped: Stamped, reference: Reference
) -> None:
    with workspace.database.writing() as connection:
        connection.execute(text("DELETE FROM manifest_lines WHERE jti = :jti"), {"jti": stamped.jti})
    with pytest.raises(NotInBatch):
        verify(stamped.path, reference, NOW)
    with workspace.database.writing() as connection:
        connection.execute(text("DELETE FROM manifest_heads"))
    with pytest.raises(NotInBatch):
        verify(stamped.path, reference, NOW)


def test_an_exam_without_a_batch_key_is_not_asked_for_one(stamped: Stamped, reference: Reference) -> None:
    assert reference.charter is not None
    older = replace(reference, charter=replace(reference.charter, batch_keys=()))
    assert _results(verify(stamped.path, older, NOW))["batch"] == "not made"
