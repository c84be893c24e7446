"""A licence outside the published batches is refused, even with the licence key and the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from oneseat.pipeline.publishing.log import BatchLog
from oneseat.portal.exam.ring_checks import FORBIDDEN, refuse_authority
from oneseat.portal.refusals.start import AuthorityRingRefused
from oneseat.state.issuing import licences
from oneseat.state.publishing import published_batches, releases
from oneseat.state.tables.issuing import Licence, Seat
from oneseat.state.tables.publishing import ManifestHead, ManifestLine, ManifestTile
from signing import binding
from signing.authority import merkle
from signing.authority.batch_log import LogLine, Pseudonyms, TreeHead, licence_digest
from signing.authority.stamp import Stamper
from signing.clock import FixedClock
from signing.jws import b64url_encode
from tests import charters
from tests.portal.published_exam import EXAM, INSIDE, Keys, PublishedExam, Running, running
from tests.simulator import Person


def code(answer: Any) -> str:
    return str(answer.json().get("code"))


def log(exam: PublishedExam) -> BatchLog:
    return BatchLog(EXAM, exam.keys.authority, exam.database, exam.folder / "batches")


def publish_batch(exam: PublishedExam) -> None:
    """Publish what is shown once more, with its batch, as ``publish`` does."""
    stamper = Stamper(exam.manifest, exam.base)
    with exam.database.reading() as connection:
        shown = releases.current(connection, EXAM)
    assert shown is not None
    staged = log(exam).stage(shown.edition_id, stamper, shown, exam.base.parent)
    file = releases.BaseFile(shown.base_sha256, shown.object_name, shown.manifest)
    with exam.database.writing() as connection:
        release = releases.publish(connection, EXAM, shown.edition_id, file, charters.at(3, 0))
        log(exam).sign_head(connection, staged, release)


@pytest.fixture
def listed(exam: PublishedExam) -> PublishedExam:
    """A exam whose charter names the batch key, and whose licences are in a batch."""
    publish_batch(exam)
    batch_key = exam.keys.authority.entry("batch").public_key
    exam.publish_charter(version=exam.charter.version + 1, batch_keys=(batch_key,))
    return exam


@pytest.fixture
def serving(listed: PublishedExam) -> Iterator[Running]:
    with running(listed.settings(), FixedClock(INSIDE)) as portal:
        yield portal


def slip_in(exam: PublishedExam, person: Person) -> None:
    """What a holder of the licence key does who can write to the database: a seat that looks published."""
    row = exam._row(person, 1)
    with exam.database.writing() as connection:
        shown = releases.current(connection, EXAM)
        assert shown is not None
        licences.add_seats(connection, EXAM, shown.edition_id, [row])
        connection.execute(
            update(Seat).where(Seat.admission_number == person.admission_number).values(published_jti=row.jti)
        )


def test_what_was_published_activates(serving: Running, listed: PublishedExam) -> None:
    for person in listed.people[:3]:
        with serving.candidate(person) as candidate:
            assert candidate.activate(listed.licence(person)).status_code == 200


def test_a_licence_that_was_slipped_in_does_not_activate(serving: Running, listed: PublishedExam) -> None:
    stranger = Person.number(77)
    slip_in(listed, stranger)
    with serving.candidate(stranger) as candidate:
        answer = candidate.activate(listed.licence(stranger))
    assert (answer.status_code, code(answer)) == (403, "OS-243")


def test_nor_does_one_whose_line_was_slipped_in_too(serving: Running, listed: PublishedExam) -> None:
    stranger = Person.number(77)
    slip_in(listed, stranger)
    token = listed.licence(stranger)
    seat = Pseudonyms(listed.exam_secret).of(stranger.admission_number)
    forged = LogLine("show", seat, listed.jti(stranger), licence_digest(token), "d" * 64, 1000)
    with listed.database.writing() as connection:
        newest = published_batches.newest(connection, EXAM)
        assert newest is not None
        connection.execute(delete(ManifestLine).where(ManifestLine.position == 0))
        published_batches.stage(connection, EXAM, 0, [forged], [])
    with serving.candidate(stranger) as candidate:
        assert code(candidate.activate(token)) == "OS-243"
    with listed.database.writing() as connection:  # and the tree as well
        hashes = published_batches.tiles(connection, EXAM)(0, 0)
        grown = merkle.leaf_hash(forged.to_bytes()) + hashes[merkle.HASH_BYTES :]
        connection.execute(update(ManifestTile).where(ManifestTile.level == 0).values(hashes=grown))
    with serving.candidate(stranger) as candidate:
        assert code(candidate.activate(token)) == "OS-243"


def test_nor_one_that_is_appended_behind_the_signed_tree(serving: Running, listed: PublishedExam) -> None:
    stranger = Person.number(77)
    slip_in(listed, stranger)
    token = listed.licence(stranger)
    seat = Pseudonyms(listed.exam_secret).of(stranger.admission_number)
    forged = LogLine("show", seat, listed.jti(stranger), licence_digest(token), "d" * 64, 1000)
    with listed.database.writing() as connection:
        newest = published_batches.newest(connection, EXAM)
        assert newest is not None
        writer = merkle.TileWriter(newest.size, published_batches.tiles(connection, EXAM))
        writer.add(merkle.leaf_hash(forged.to_bytes()))
        published_batches.stage(connection, EXAM, newest.size, [forged], writer.changed())
    with serving.candidate(stranger) as candidate:
        assert code(candidate.activate(token)) == "OS-243"
    with serving.candidate(listed.people[0]) as candidate:
        assert candidate.activate(listed.licence(listed.people[0])).status_code == 200, "nobody else suffers"


def test_nor_another_licence_under_a_jti_that_was_published(serving: Running, listed: PublishedExam) -> None:
    owner, stranger = listed.people[:2]
    tag = seat_tag(listed, owner, stranger)
    token = listed.licence(owner, seat=tag)
    with listed.database.writing() as connection:
        jti = listed.jti(owner)
        connection.execute(update(Licence).where(Licence.jti == jti).values(token=token))
    with serving.candidate(owner) as candidate:
        answer = candidate.activate(token)
    assert code(answer) == "OS-243"


def seat_tag(exam: PublishedExam, owner: Person, stranger: Person) -> str:
    """The seat tag that would let a stranger in on the owner's admission number."""
    key = exam.seat_key(owner)
    return b64url_encode(binding.seat_tag(key, stranger.id_number, owner.admission_number))


def test_a_head_signed_by_the_licence_key_is_none(serving: Running, listed: PublishedExam) -> None:
    with listed.database.writing() as connection:
        newest = published_batches.newest(connection, EXAM)
        assert newest is not None
        keys = listed.charter.batch_keys_by_kid
        head = TreeHead.verify(newest.token, keys, EXAM)
        forged = replace(head, batch=2).sign(listed.licence_signer)
        published_batches.add(connection, EXAM, replace(newest, batch=2, token=forged))
    with serving.candidate(listed.people[0]) as candidate:
        answer = candidate.activate(listed.licence(listed.people[0]))
    assert (answer.status_code, code(answer)) == (503, "OS-194")


def test_without_any_head_nobody_activates(serving: Running, listed: PublishedExam) -> None:
    with listed.database.writing() as connection:
        connection.execute(delete(ManifestHead))
    with serving.candidate(listed.people[0]) as candidate:
        answer = candidate.activate(listed.licence(listed.people[0]))
    assert (answer.status_code, code(answer)) == (503, "OS-194")


def test_an_exam_whose_charter_names_no_batch_key_goes_on_as_before(
    portal: Running, exam: PublishedExam
) -> None:
    assert not exam.charter.batch_keys
    with portal.candidate(exam.people[0]) as candidate:
        assert candidate.activate(exam.licence(exam.people[0])).status_code == 200


def test_a_portals_ring_may_not_hold_the_batch_key(keys: Keys) -> None:
    assert "batch" in FORBIDDEN
    with pytest.raises(AuthorityRingRefused):
        refuse_authority(keys.authority.folder)


def test_an_activation_reads_few_tiles(listed: PublishedExam, monkeypatch: pytest.MonkeyPatch) -> None:
    stamped = [LogLine("show", f"{n:032x}", f"{n:032x}", "c" * 64, "d" * 64, 1) for n in range(5000)]
    with listed.database.writing() as connection:
        writer = merkle.TileWriter(0, lambda level, number: b"")
        for line in stamped:
            writer.add(merkle.leaf_hash(line.to_bytes()))
        rows = [{"exam": "big", "level": a, "number": b, "hashes": c} for a, b, c in writer.changed()]
        connection.execute(insert(ManifestTile), rows)
        asked: list[tuple[int, int]] = []
        tile = published_batches.tiles(connection, "big")

        def counted(level: int, number: int) -> bytes:
            asked.append((level, number))
            return tile(level, number)

        merkle.inclusion_proof(merkle.nodes(counted), 4321, 5000)
    assert len(asked) <= 4
