"""Publishing a phone app: it goes out with the installer in one step, and is logged, proved and withdrawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from oneseat.pipeline.base.finished import Base as BuiltBase
from oneseat.pipeline.errors import OfOtherExam
from oneseat.pipeline.exam import charters
from oneseat.pipeline.exam.errors import BuildNotAccepted
from oneseat.pipeline.issuing import report
from oneseat.pipeline.issuing.phones import PhoneIssuer
from oneseat.pipeline.publishing.errors import PhoneLicencesMissing
from oneseat.pipeline.publishing.publisher import Published, Publisher
from oneseat.pipeline.publishing.stamp_all import Materialiser
from oneseat.pipeline.publishing.store_sync import Form, SyncOptions
from oneseat.pipeline.roster.sample import Person
from oneseat.pipeline.verifying import proofs
from oneseat.pipeline.verifying.verify_all import VerifiedAll, Verifier
from oneseat.state import phone_figures
from oneseat.state.candidates import downloads, seat_list, seat_lookup, seats
from oneseat.state.phone_figures import PhoneTotals
from oneseat.state.publishing import published_batches, releases
from oneseat.state.publishing.releases import PublishedRelease
from oneseat.state.tables.activation import PhoneDownload
from signing import containers
from signing.authority.batch_log import TreeHead
from signing.tokens import PhoneLicence
from tests.buckets import Bucket
from tests.pipeline.exam_workspace import BUILD, NOW, ExamWorkspace, Rings, people
from tests.pipeline.killed_publish import kill_publish
from tests.pipeline.publish_in_a_process import BETWEEN_THE_ARTEFACTS, MOMENTS
from tests.published import published_seats
from tests.signing.apk_files import ApkSigner
from tests.signing.signed_files import Base

PHONE_BUILD = "d" * 64
PEOPLE = 6


@pytest.fixture(scope="session")
def apk_base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    signer = ApkSigner.make(tmp_path_factory.mktemp("apk"))
    return signer.base(signer.signed("signed", "v2", "v3"))


class PhoneWorkspace(ExamWorkspace):
    """A workspace whose exam has a phone app."""

    def __init__(self, folder: Path, rings: Rings, base: Base, apk: Base) -> None:
        super().__init__(folder, rings, replace(base.manifest, exam="demo", build=BUILD))
        built = folder / "phone" / "key"
        built.mkdir(parents=True)
        manifest = replace(apk.manifest, exam="demo", build=PHONE_BUILD)
        (built / manifest.file_name).write_bytes(apk.path.read_bytes())
        self.base, self.phone = base, BuiltBase(built, manifest)
        charters.publish(self.database, self.sign(BUILD, PHONE_BUILD), self.clock)

    @property
    def publisher(self) -> Publisher:
        return replace(super().publisher, phone=self.phone)

    def issue_phones(self) -> int:
        phone, ring = self.phone.manifest, self.rings.authority
        return PhoneIssuer(self.exam, self.manifest, phone, ring, self.database, self.clock).issue().issued

    def go(self, form: Form = Form.LICENCES, **options: bool) -> Published:
        return self.publisher.publish(self.base.path, self.manifest, sync=SyncOptions(form), **options)

    @property
    def shown(self) -> PublishedRelease | None:
        with self.database.reading() as connection:
            return releases.current(connection, "demo")

    def jtis(self, column: str = "published_jti") -> list[str]:
        """The seats' published licences, or their newest."""
        with self.database.reading() as connection:
            return [jti for jti in connection.scalars(text(f"SELECT {column} FROM seats")) if jti]

    def lines(self) -> Counter[tuple[str, str]]:
        """Count the log's lines by act and artefact."""
        with self.database.reading() as connection:
            newest = published_batches.newest(connection, "demo")
            assert newest is not None
            found = list(published_batches.lines(connection, "demo", 0, newest.size))
        return Counter((line.act, line.artefact) for line in found)

    def verified(self) -> VerifiedAll:
        charter = charters.in_force(self.database, self.rings.root_public_key, "demo")
        built = self.folder / "built"
        built.mkdir(exist_ok=True)
        (built / self.manifest.file_name).write_bytes(self.base.path.read_bytes())
        bases = [BuiltBase(built, self.manifest), self.phone]
        return Verifier(charter, self.database, bases, self.folder / "batches").run(self.folder / "out")


@pytest.fixture
def ready(tmp_path: Path, rings: Rings, signed_base: Base, apk_base: Base) -> PhoneWorkspace:
    workspace = PhoneWorkspace(tmp_path, rings, signed_base, apk_base)
    workspace.issue(people(PEOPLE))
    return workspace


def test_one_transaction_shows_both_artefacts(ready: PhoneWorkspace) -> None:
    with pytest.raises(PhoneLicencesMissing) as caught:
        ready.go()
    assert caught.value.facts == {"count": PEOPLE}
    assert ready.shown is None
    ready.issue_phones()
    done = ready.go()
    shown = ready.shown
    assert shown is not None and shown.phone is not None and done.changed
    assert done.phone_sha256 == shown.phone.base_sha256 == ready.phone.manifest.base_sha256
    assert (shown.build, shown.phone.build) == (BUILD, PHONE_BUILD)
    for name, path in ((shown.object_name, ready.base.path), (shown.phone.object_name, ready.phone.path)):
        assert b"".join(ready.store.read(name)) == path.read_bytes()
    assert ready.lines() == {("show", "installer"): PEOPLE, ("show", "phone"): PEOPLE}
    with ready.database.reading() as connection:
        newest = published_batches.newest(connection, "demo")
    assert newest is not None
    assert TreeHead.verify(newest.token, ready.batch_keys, "demo").phone == done.phone_sha256
    assert not ready.go().changed
    ready.store.remove(shown.phone.object_name)
    assert ready.go().changed


def test_what_changes_is_logged_for_both_and_a_new_app_for_the_phone_alone(ready: PhoneWorkspace) -> None:
    ready.issue_phones()
    ready.go()
    listed = people(PEOPLE + 1)
    listed[0] = Person(listed[0].name + "乙", *listed[0][1:])
    ready.issue(listed)
    ready.issue_phones()
    done = ready.go()
    assert (done.new, done.replaced) == (1, 1)
    both = {("show", "installer"): PEOPLE + 2, ("show", "phone"): PEOPLE + 2}
    assert ready.lines() == both
    ready.phone = replace(ready.phone, manifest=replace(ready.phone.manifest, build="f" * 64))
    with pytest.raises(BuildNotAccepted):
        ready.go()
    charters.publish(ready.database, ready.sign(BUILD, "f" * 64), ready.clock)
    ready.issue_phones()
    assert ready.go().changed
    assert ready.lines() == both | {("show", "phone"): 2 * PEOPLE + 3}
    assert ready.verified().faulty == PEOPLE + 2, "the earlier app has the same file, and another build"


def test_a_stranger_is_refused_and_an_exam_without_an_app_shows_none(ready: PhoneWorkspace) -> None:
    ready.issue_phones()
    ready.go()
    own = ready.phone
    ready.phone = replace(own, manifest=replace(own.manifest, exam="other"))
    with pytest.raises(OfOtherExam):
        ready.go()
    ready.phone = own
    publisher = replace(ready.publisher, phone=None)
    assert publisher.publish(ready.base.path, ready.manifest).changed
    assert ready.shown is not None and ready.shown.phone is None
    assert ready.go().changed
    shown = ready.shown
    assert shown is not None and shown.phone is not None


def test_every_file_is_proved_and_verified(ready: PhoneWorkspace) -> None:
    ready.issue_phones()
    ready.go()
    found = ready.verified()
    assert (found.faulty, found.licences, found.lines) == (0, 2 * PEOPLE, 2 * PEOPLE)
    for base, manifest in ((ready.base.path, ready.manifest), (ready.phone.path, ready.phone.manifest)):
        Materialiser(ready.exam, ready.database, base, manifest).run(ready.folder / "out")
    assert ready.verified().files == 2 * PEOPLE
    apk = min(ready.folder.glob("out/*/*.apk"))
    with apk.open("rb") as file:
        contents = containers.recognise(file).read(file)
    keys = {signer.kid: signer.public_key for signer in [ready.rings.authority.signer("licence")]}
    licence = PhoneLicence.verify(contents.licence.decode(), keys)
    assert (licence.jti, licence.base) == (apk.stem, contents.digest)
    charter = charters.in_force(ready.database, ready.rings.root_public_key, "demo")
    prover = proofs.Prover(charter, ready.database)
    proof = prover.inclusion(str(apk))
    assert proofs.check(charter, proof, apk).jti == apk.stem
    installer = apk.stem  # a bare jti is the installer's
    assert proofs.check(charter, prover.inclusion(installer)).position != proof.position
    data = bytearray(apk.read_bytes())
    data[100] ^= 1
    apk.write_bytes(data)
    assert ready.verified().faulty == 1


def test_whole_objects_of_both_go_to_a_bucket_and_are_withdrawn(
    ready: PhoneWorkspace, moto_bucket: Bucket
) -> None:
    ready.store = moto_bucket.store()
    ready.issue_phones()
    placed = ready.go(Form.WHOLE).placed
    assert placed is not None and (placed.put, placed.kept) == (2 * PEOPLE, 0)
    wanted = {"installers/demo/": ".exe", "phones/demo/": ".apk"}
    for prefix, suffix in wanted.items():
        names = list(ready.store.names(prefix))
        assert len(names) == PEOPLE and all(name.endswith(suffix) for name in names)
    name = next(ready.store.names("phones/demo/"))
    stored = ready.folder / "stored.apk"
    stored.write_bytes(b"".join(ready.store.read(name)))
    with stored.open("rb") as file:
        assert containers.PHONE.read(file).digest == ready.phone.manifest.authenticode_sha256
    again = ready.go(Form.WHOLE, prune=True)
    assert again.placed is not None and (again.placed.put, again.pruned) == (0, 0)
    assert ready.go(prune=True).pruned == 2 * PEOPLE
    ready.go(Form.WHOLE)
    withdrawn = ready.withdrawer.withdraw(early=True)
    assert (withdrawn.removed, list(ready.store.names())) == (2 * PEOPLE + 2, [])
    assert ready.shown is not None and ready.shown.phone is not None
    assert (ready.shown.object_name, ready.shown.phone.object_name) == ("", "")


def test_killed_before_the_switch_nothing_is_shown_and_the_next_run_goes_on(
    ready: PhoneWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.issue_phones()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(releases, "publish", die)
        with pytest.raises(KeyboardInterrupt):
            ready.go(Form.TAILS)
    assert ready.shown is None
    done = ready.go(Form.TAILS)
    assert done.placed is not None and (done.placed.put, done.placed.kept) == (0, 2 * PEOPLE)
    assert ready.lines() == {("show", "installer"): PEOPLE, ("show", "phone"): PEOPLE}
    assert ready.verified().faulty == 0


@pytest.mark.parametrize("moment", [*MOMENTS, BETWEEN_THE_ARTEFACTS])
def test_killed_at_any_moment_candidates_see_both_artefacts_or_none(
    ready: PhoneWorkspace, moment: str
) -> None:
    ready.issue_phones()
    kill_publish(ready, ready.base.path, ready.manifest, moment, ready.phone.manifest)
    is_published = MOMENTS.get(moment, False)
    shown = ready.shown
    assert (shown is not None) == is_published
    assert shown is None or shown.phone is not None
    with ready.database.reading() as connection:
        assert len(published_seats(connection, "demo")) == (PEOPLE if is_published else 0)
        phones = phone_figures.totals(connection, "demo")
    assert phones == PhoneTotals(PEOPLE, PEOPLE if is_published else 0, 0, 0)
    assert ready.go().changed is not is_published
    shown = ready.shown
    assert shown is not None and shown.phone is not None
    for name, path in ((shown.object_name, ready.base.path), (shown.phone.object_name, ready.phone.path)):
        assert b"".join(ready.store.read(name)) == path.read_bytes()
    assert [path.name for path in (ready.folder / "store").rglob(".*")] == []
    assert (len(ready.rows("releases")["releases"]), len(ready.rows("manifest_heads")["manifest_heads"])) == (
        1,
        1,
    )
    assert ready.lines() == {("show", "installer"): PEOPLE, ("show", "phone"): PEOPLE}
    assert ready.verified().faulty == 0


def test_status_seat_and_report_count_phone_licences_beside_installers(ready: PhoneWorkspace) -> None:
    """One seat has its app, one has begun to download it, and one is revoked after its download."""

    def totals() -> PhoneTotals | None:
        with ready.database.reading() as connection:
            return phone_figures.totals(connection, "demo")

    assert totals() is None
    assert report.of(ready.exam, ready.database, NOW).phones is None
    ready.issue_phones()
    assert totals() == PhoneTotals(PEOPLE, 0, 0, 0)
    ready.go()
    jtis = sorted(ready.jtis())
    with ready.database.writing() as connection:
        for jti in jtis[:3]:
            downloads.grant(connection, "demo", jti, NOW, PhoneDownload)
        for jti in (jtis[0], jtis[2]):
            downloads.finish(connection, jti, NOW, PhoneDownload)
        seat = seat_lookup.seat_by_jti(connection, "demo", jtis[2])
        assert seat is not None
        found = seat_list.find_seat(connection, "demo", seat.admission_number)
        assert found is not None
        seat_list.revoke_seats(connection, "demo", [found], NOW, "test", seats.BY_OPERATOR)
    assert totals() == PhoneTotals(PEOPLE, PEOPLE, 1, 1)
    ready.issue(people(PEOPLE + 1))
    made = report.of(ready.exam, ready.database, NOW)
    assert made.phones == PhoneTotals(PEOPLE, PEOPLE, 1, 1), "a seat that came later has no app yet"
    assert made.funnel.issued == PEOPLE + 1
    page = report.page(made, ready.exam.zone)
    assert "其中手机端" in page and "85.7 %" in page
    with ready.database.reading() as connection:
        assert phone_figures.find_build(connection, jtis[0]) == PHONE_BUILD
        assert phone_figures.is_published(connection, "demo", jtis[0])
        (late,) = set(ready.jtis("jti")) - set(jtis)
        assert phone_figures.find_build(connection, late) is None
        assert not phone_figures.is_published(connection, "demo", late)
