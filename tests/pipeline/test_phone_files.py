"""``stamp``, ``inspect`` and ``verify`` on phone apps: the installer's code, and refusals of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from oneseat.pipeline.base.finished import Base as BuiltBase
from oneseat.pipeline.exam import charters
from oneseat.pipeline.issuing.phones import PhoneIssuer
from oneseat.pipeline.publishing.errors import SeatUnknown
from oneseat.pipeline.publishing.stamp import Stamped, stamp
from oneseat.pipeline.publishing.stamp_all import Materialiser
from oneseat.pipeline.publishing.stamped_file import write_stamped
from oneseat.pipeline.verifying.inspect import (
    BASE_PHONE,
    OTHER,
    STAMPED_PHONE,
    Inspection,
    Reference,
    inspect,
    verify,
)
from oneseat.pipeline.verifying.proofs import licence_in
from signing import apk
from signing.authority.errors import BaseChanged
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from signing.errors import OneSeatError
from signing.refusals import (
    ApkBlockNotPadded,
    ApkMalformed,
    ApkSignatureWrong,
    LicenceForOtherBase,
    LicenceForOtherBuild,
    LicenceMissing,
    TokenTypeWrong,
)
from signing.tokens import Licence
from tests.pipeline.exam_workspace import BUILD, EXAM, NOW, ExamWorkspace, Rings, people
from tests.signing.apk_files import ApkSigner
from tests.signing.signed_files import Base
from tests.signing.simulated_apks import pairs_of, with_pairs

pytestmark = pytest.mark.service  # apksigner signs
PHONE_BUILD = "d" * 64
PERSON = people(1)[0]


@pytest.fixture(scope="module")
def apk_signer(tmp_path_factory: pytest.TempPathFactory) -> ApkSigner:
    return ApkSigner.make(tmp_path_factory.mktemp("apk_signer"))


@pytest.fixture(scope="module")
def apk_base(apk_signer: ApkSigner) -> Base:
    made = apk_signer.base(apk_signer.signed("signed", "v2", "v3"))
    return Base(made.path, replace(made.manifest, exam="demo", build=PHONE_BUILD))


@pytest.fixture(scope="module")
def workspace(
    tmp_path_factory: pytest.TempPathFactory, rings: Rings, signed_base: Base, apk_base: Base
) -> ExamWorkspace:
    """A workspace in which both artefacts of three seats are published; only read here."""
    manifest = replace(signed_base.manifest, build=BUILD)
    made = ExamWorkspace(tmp_path_factory.mktemp("phones"), rings, manifest)
    charters.publish(made.database, made.sign(BUILD, PHONE_BUILD), made.clock)
    made.issue(people(3))
    phones = PhoneIssuer(made.exam, manifest, apk_base.manifest, rings.authority, made.database, made.clock)
    assert phones.issue().issued == 3
    built = BuiltBase(apk_base.path.parent, apk_base.manifest)
    replace(made.publisher, phone=built).publish(signed_base.path, manifest)
    return made


@pytest.fixture(scope="module")
def reference(workspace: ExamWorkspace, apk_base: Base) -> Reference:
    charter = charters.in_force(workspace.database, workspace.rings.root_public_key, "demo")
    return Reference(charter, apk_base.manifest, workspace.database, None)


@pytest.fixture(scope="module")
def stamped(workspace: ExamWorkspace, apk_base: Base) -> Stamped:
    (workspace.folder / "out").mkdir()
    return stamp(
        EXAM,
        PERSON.admission_number,
        apk_base.path,
        apk_base.manifest,
        workspace.database,
        workspace.folder / "out",
    )


def _results(inspection: Inspection) -> dict[str, str]:
    return {check.name: check.result for check in inspection.checks}


def test_a_stamped_phone_app_passes_every_check(
    apk_signer: ApkSigner, stamped: Stamped, apk_base: Base, reference: Reference
) -> None:
    assert stamped.path.name == f"{stamped.jti}.apk"
    inspection = verify(stamped.path, reference, NOW)
    assert inspection.kind == STAMPED_PHONE
    assert len(inspection.checks) == 9
    assert set(_results(inspection).values()) == {"passed"}
    assert inspection.authenticode_sha256 == apk_base.manifest.authenticode_sha256
    assert (inspection.jti, inspection.sha256, inspection.size) == (stamped.jti, stamped.sha256, stamped.size)
    assert licence_in(stamped.path).count(".") == 2
    shown = json.dumps(inspection.as_object(), ensure_ascii=False)
    assert not any(secret in shown for secret in PERSON)
    assert "(APK Signature Scheme v2): true" in apk_signer.verdict(stamped.path)


def test_the_base_is_nobodys_phone_app(apk_base: Base, reference: Reference) -> None:
    inspection = inspect(apk_base.path, reference, NOW)
    assert inspection.kind == BASE_PHONE
    assert _results(inspection) == {"form": "passed", "code signature": "passed", "base": "passed"}
    with pytest.raises(LicenceMissing):
        verify(apk_base.path, reference, NOW)


def test_all_are_stamped_by_the_installers_code(
    workspace: ExamWorkspace, apk_base: Base, stamped: Stamped, tmp_path: Path
) -> None:
    materialiser = Materialiser(EXAM, workspace.database, apk_base.path, apk_base.manifest)
    done = materialiser.run(tmp_path)
    assert (done.seats, done.written, done.faulty) == (3, 3, 0)
    assert {path.suffix for path in done.folder.iterdir()} == {".apk"}
    assert (done.folder / stamped.path.name).read_bytes() == stamped.path.read_bytes()
    again = materialiser.run(tmp_path)
    assert (again.written, again.kept) == (0, 3)


def test_an_installers_licence_is_none_of_a_phone(
    workspace: ExamWorkspace, apk_base: Base, reference: Reference, tmp_path: Path
) -> None:
    tokens = [str(row[-1]) for row in workspace.rows("licences")["licences"] if row[1] == 1]
    Licence.verify(tokens[0], reference.charter.keys_for("licence"))  # type: ignore[union-attr]
    write_stamped(apk_base.stamper, tokens[0].encode(), tmp_path / "wrong.apk")
    with pytest.raises(TokenTypeWrong):
        verify(tmp_path / "wrong.apk", reference, NOW)


def test_a_licence_in_another_signers_app_is_refused(
    apk_signer: ApkSigner, stamped: Stamped, reference: Reference, tmp_path: Path
) -> None:
    stranger = ApkSigner.make(tmp_path)
    other = stranger.base(stranger.signed("signed", "v2", "v3"))
    write_stamped(other.stamper, licence_in(stamped.path).encode(), tmp_path / "other.apk")
    inspection = inspect(tmp_path / "other.apk", replace(reference, manifest=None), NOW)
    assert isinstance(inspection.refusal, LicenceForOtherBase)
    with pytest.raises(BaseChanged):
        verify(tmp_path / "other.apk", reference, NOW)


def _unpadded(data: bytes) -> bytes:
    return with_pairs(data, pairs_of(data)[:-1], padded=False)


def _with_foreign_pair(data: bytes) -> bytes:
    return with_pairs(data, [*pairs_of(data), (0x71777777, b"channel")])


def _without_v3(data: bytes) -> bytes:
    return with_pairs(data, [pair for pair in pairs_of(data) if pair[0] != apk.V3_ID])


def _changed(data: bytes) -> bytes:
    return data[:60] + bytes([data[60] ^ 1]) + data[61:]


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (_unpadded, ApkBlockNotPadded),
        (_with_foreign_pair, ApkMalformed),
        (_without_v3, ApkSignatureWrong),
        (_changed, ApkSignatureWrong),
    ],
    ids=["unpadded", "foreign", "no-v3", "changed"],
)
def test_each_change_has_its_refusal(
    stamped: Stamped,
    reference: Reference,
    tmp_path: Path,
    spoil: Callable[[bytes], bytes],
    refusal: type[OneSeatError],
) -> None:
    path = tmp_path / "spoilt.apk"
    path.write_bytes(spoil(stamped.path.read_bytes()))
    assert inspect(path, reference, NOW).kind == OTHER
    with pytest.raises(refusal):
        verify(path, reference, NOW)


def test_a_build_that_the_charter_does_not_list_is_refused(stamped: Stamped, reference: Reference) -> None:
    assert reference.charter is not None
    older = replace(reference, charter=replace(reference.charter, builds=(BUILD,)))
    with pytest.raises(LicenceForOtherBuild):
        verify(stamped.path, older, NOW)


def test_nothing_is_stamped_into_a_base_that_is_not_padded(
    workspace: ExamWorkspace, apk_base: Base, tmp_path: Path
) -> None:
    data = _unpadded(apk_base.path.read_bytes())
    base = tmp_path / "unpadded.apk"
    base.write_bytes(data)
    manifest = replace(apk_base.manifest, size=len(data))
    with pytest.raises(BaseChanged, match="Android 9"):
        Stamper(manifest, base)
    target = tmp_path / "out.apk"
    with pytest.raises(BaseChanged):
        stamp(EXAM, PERSON.admission_number, base, manifest, workspace.database, target)
    assert not target.exists()


def test_a_seat_without_a_phone_licence_has_none_stamped(
    workspace: ExamWorkspace, apk_base: Base, tmp_path: Path
) -> None:
    other: Manifest = replace(apk_base.manifest, build="e" * 64)
    with pytest.raises(SeatUnknown):
        stamp(EXAM, PERSON.admission_number, apk_base.path, other, workspace.database, tmp_path / "x.apk")
    assert not (tmp_path / "x.apk").exists()
