"""A download is the stamped installer to the byte, resumable, for its owner, in its time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from oneseat.state.candidates import downloads
from oneseat.state.candidates.downloads import DownloadRecord
from tests.patience import wait_until
from tests.portal.published_exam import CLOSES, EXAM, GRACE, OPENS, SECOND, PublishedExam, Running
from tests.simulator import Candidate


class Visit:
    """A candidate with a session and the address of the installer."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        granted = candidate.session()
        self.offer = granted["download"]
        self.path = httpx.URL(self.offer["url"]).raw_path.decode()
        self.bearer = {"authorization": f"Bearer {granted['session']}"}

    def get(self, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.candidate.http.get(self.path, headers={**self.bearer, **sent})

    def head(self, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.candidate.http.head(self.path, headers={**self.bearer, **sent})


LATE = CLOSES - timedelta(hours=1)


@pytest.fixture
def visit(portal: Running, exam: PublishedExam) -> Iterator[Visit]:
    """A login an hour before the window closes."""
    portal.at(LATE)
    with portal.candidate(exam.people[0]) as candidate:
        yield Visit(candidate)


def record(exam: PublishedExam, person: int = 0) -> DownloadRecord | None:
    with exam.database.reading() as connection:
        return downloads.find(connection, exam.jti(exam.people[person]))


def finished(exam: PublishedExam) -> bool:
    """Whether the download is recorded as finished; the record follows the last byte by a moment."""

    def is_finished() -> bool:
        found = record(exam)
        return found is not None and found.finished_at is not None

    return wait_until(is_finished)


def test_every_byte_is_what_the_stamper_writes_and_nothing_is_left_on_disk(
    visit: Visit, exam: PublishedExam
) -> None:
    before = {path for path in exam.folder.rglob("*") if path.is_file()}
    answer = visit.get()
    assert {path for path in exam.folder.rglob("*") if path.is_file()} == before
    expected = exam.stamped(exam.people[0])
    assert answer.content == expected
    assert int(answer.headers["content-length"]) == len(expected) == visit.offer["size"]
    digest = hashlib.sha256(expected).hexdigest()
    assert answer.headers["etag"] == f'"{digest}"' == f'"{visit.offer["sha256"]}"'
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-type"] == "application/vnd.microsoft.portable-executable"


def test_two_candidates_get_files_that_differ_inside_the_region_only(
    portal: Running, exam: PublishedExam
) -> None:
    files = []
    for person in exam.people[:2]:
        with portal.candidate(person) as candidate:
            files.append(Visit(candidate).get().content)
    start = exam.manifest.region_offset
    assert files[0][:start] == files[1][:start]
    assert files[0][start:] != files[1][start:]


def test_the_file_name_is_utf8_and_says_nothing_of_the_person(visit: Visit, exam: PublishedExam) -> None:
    disposition = visit.head().headers["content-disposition"]
    plain, _, encoded = disposition.partition("; filename*=UTF-8''")
    assert plain.startswith('attachment; filename="')
    assert plain.isascii()
    assert unquote(encoded) == visit.offer["filename"] == f"测试考生端考生端-{EXAM}-{visit.path[-32:-24]}.exe"
    assert exam.people[0].admission_number not in disposition


def test_head_has_the_headers_of_get_and_no_body(visit: Visit, exam: PublishedExam) -> None:
    head = visit.head()
    assert record(exam) is None, "asking is not downloading"
    got = visit.get()
    assert head.content == b""
    for name in ("content-length", "etag", "content-type", "content-disposition", "accept-ranges"):
        assert head.headers[name] == got.headers[name]


def test_the_same_file_again_is_304(visit: Visit) -> None:
    etag = visit.get().headers["etag"]
    for method in (visit.get, visit.head):
        answer = method(if_none_match=etag)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
        assert "content-length" not in answer.headers


def test_ranges_across_head_and_tail_are_slices(visit: Visit, exam: PublishedExam) -> None:
    whole = exam.stamped(exam.people[0])
    seam = exam.manifest.region_offset
    for start, stop in ((0, 1), (seam - 3, seam + 3), (seam, len(whole)), (5, len(whole) - 5)):
        answer = visit.get(range=f"bytes={start}-{stop - 1}")
        assert answer.status_code == 206
        assert answer.content == whole[start:stop]
        assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(whole)}"
    several = visit.get(range=f"bytes=0-9,{seam - 1}-{seam},-4")
    assert several.status_code == 206
    assert int(several.headers["content-length"]) == len(several.content)
    for piece in (whole[:10], whole[seam - 1 : seam + 1], whole[-4:]):
        assert piece in several.content


def test_ranges_and_conditions_that_cannot_be_met_are_problems(visit: Visit) -> None:
    outside = visit.get(range="bytes=99999999-")
    assert (outside.status_code, outside.json()["code"]) == (416, "OS-191")
    assert outside.headers["content-range"] == f"bytes */{visit.offer['size']}"
    changed = visit.get(if_match='"another"')
    assert (changed.status_code, changed.json()["code"]) == (412, "OS-192")


def test_a_broken_download_resumes_to_the_same_file(
    portal: Running, exam: PublishedExam, tmp_path: Path
) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        candidate.download(tmp_path / "resumed.exe", break_after=50_000)
    assert (tmp_path / "resumed.exe").read_bytes() == exam.stamped(exam.people[0])


def test_what_was_downloaded_is_recorded(visit: Visit, exam: PublishedExam) -> None:
    visit.get(range="bytes=0-9")
    started = record(exam)
    assert started is not None
    assert (started.granted_at, started.started_at) == (LATE, LATE)
    assert started.finished_at is None
    visit.get(range="bytes=10-")
    assert finished(exam)


@pytest.mark.parametrize(("moment", "status"), [(CLOSES - SECOND, 200), (CLOSES, 403)])
def test_a_download_starts_until_the_last_second_and_no_later(
    portal: Running, visit: Visit, moment: datetime, status: int
) -> None:
    portal.at(moment)
    answer = visit.get()
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["code"] == "OS-174"


def test_a_granted_download_resumes_within_the_grace_and_then_only_the_code_is_left(
    portal: Running, visit: Visit, exam: PublishedExam
) -> None:
    visit.get(range="bytes=0-99")
    portal.at(CLOSES + GRACE - SECOND)
    assert visit.get(range="bytes=100-").status_code == 206
    portal.at(CLOSES + GRACE)
    assert visit.get(range="bytes=100-").status_code == 403
    again = visit.candidate.authenticate()
    assert again.status_code == 200
    assert again.json()["download"] is None
    assert again.json()["install_code"]
    with portal.candidate(exam.people[1]) as late:
        refused = late.authenticate()
    assert (refused.status_code, refused.json()["code"]) == (403, "OS-174")


def test_before_the_window_nobody_is_let_in(portal: Running, exam: PublishedExam) -> None:
    portal.at(OPENS - SECOND)
    with portal.candidate(exam.people[0]) as candidate:
        assert candidate.authenticate().json()["code"] == "OS-173"
        portal.at(OPENS)
        assert candidate.authenticate().status_code == 200


def test_nobody_gets_anothers_installer_or_one_without_a_session(
    portal: Running, visit: Visit, exam: PublishedExam
) -> None:
    theirs = visit.path[:-32] + exam.jti(exam.people[1])
    other = visit.candidate.http.get(theirs, headers=visit.bearer)
    assert (other.status_code, other.json()["code"]) == (404, "OS-177")
    changed = {"authorization": visit.bearer["authorization"] + "A"}
    for headers in ({}, {"authorization": "Bearer x"}, changed):
        answer = visit.candidate.http.get(visit.path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "OS-175")
    portal.at(LATE + timedelta(hours=12))
    assert visit.get().status_code == 401, "sessions end"


def test_a_reissue_ends_the_session_and_a_new_release_keeps_it(visit: Visit, exam: PublishedExam) -> None:
    edition = exam.issue(exam.people[0], generation=2)
    assert visit.get().status_code == 200, "issued is not published"
    exam.publish(edition)
    assert visit.get().status_code == 401


def test_a_base_that_vanishes_or_changes_is_a_clear_refusal(visit: Visit, exam: PublishedExam) -> None:
    stored = next((exam.folder / "store").rglob("*.exe"))
    os.chmod(stored, 0o644)  # noqa: PTH101 -- read-only on purpose until here
    stored.write_bytes(stored.read_bytes()[:-1])
    exam.publish_again_as_new_release()
    answer = visit.get()
    assert (answer.status_code, answer.json()["code"]) == (503, "OS-190")
    assert answer.json()["remedy"]["zh"]


def test_answers_about_a_seat_are_kept_by_no_cache(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        answers = [candidate.authenticate(), candidate.activate(exam.licence(exam.people[0]))]
        assert [answer.headers["cache-control"] for answer in answers] == ["no-store"] * 2
        schema = candidate.http.get("/api/v1/openapi.json")
    assert len(schema.json()["paths"]) >= 6


def test_the_charter_is_the_published_token(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        first = candidate.http.get(f"{candidate.api}/charter")
        assert first.headers["content-type"] == "application/jose"
        assert exam.verified(first.text).version == 1
        exam.publish_charter(version=2, download=exam.window(CLOSES + timedelta(days=1)))
        assert exam.verified(candidate.http.get(f"{candidate.api}/charter").text).version == 2
        portal.at(CLOSES + timedelta(hours=1))
        assert candidate.authenticate().status_code == 200, "the extended window counts at once"
