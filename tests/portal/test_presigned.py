"""Installers in a bucket: composed from a base fetched once, or served by the bucket itself for a time."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.portal.delivery.presigned import LONGEST_LIFE, presigned_life_s
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.start import SettingsInvalid
from oneseat.portal.rules.download_gate import (
    DownloadFacts,
    DownloadRules,
    Grant,
    decide_download,
)
from oneseat.portal.rules.utc_interval import UtcInterval
from oneseat.portal.sdk.client import PortalClient
from oneseat.portal.sdk.models import IdentityBody
from oneseat.store import installer_name
from oneseat.store.s3 import S3Store
from signing.clock import FixedClock
from tests.buckets import Bucket
from tests.fault_proxy import FaultProxy, Reset, fault_proxy
from tests.portal.published_exam import CLOSES, EXAM, INSIDE, SECOND, PublishedExam, Running, running

START = datetime(2035, 1, 1, tzinfo=UTC)
moments = st.builds(lambda seconds: START + timedelta(seconds=seconds), st.integers(0, 200_000))


@dataclass(frozen=True)
class Case:
    """A moment, a window, and what a seat may do besides."""

    now: datetime
    window: UtcInterval
    grace: timedelta
    seat: DownloadFacts
    grant: Grant | None


cases = st.builds(
    Case,
    now=st.builds(datetime.__add__, moments, st.timedeltas(timedelta(0), SECOND)),
    window=st.builds(
        lambda opens, length: UtcInterval(opens, opens + length),
        moments,
        st.timedeltas(SECOND, timedelta(days=2)),
    ),
    grace=st.timedeltas(timedelta(0), timedelta(hours=3)),
    seat=st.builds(DownloadFacts, st.booleans(), st.none() | moments, st.booleans()),
    grant=st.none() | st.builds(Grant, moments),
)


@given(cases)
def test_a_url_ends_with_the_window_or_after_a_quarter_of_an_hour(case: Case) -> None:
    now, window, rules = case.now, case.window, DownloadRules((case.window,), case.grace)
    decision = decide_download(now, rules, case.seat, case.grant)
    seconds = presigned_life_s(now, decision, rules)
    ends = now + timedelta(seconds=seconds)
    assert 0 <= seconds <= LONGEST_LIFE.total_seconds()
    if decision.fetch_until is None:
        assert seconds == 0
        return
    assert ends <= decision.fetch_until
    if window.contains(now):
        assert ends <= window.closes
        first = min(window.closes, now + LONGEST_LIFE)
    else:
        first = min(decision.fetch_until, now + LONGEST_LIFE)
    assert first - ends < SECOND, "and not earlier than it must"


class Shop:
    """A portal whose store is a bucket, reached through a proxy that counts."""

    def __init__(self, exam: PublishedExam, store: S3Store, proxy: FaultProxy) -> None:
        self.exam = exam
        self.store = store
        self.proxy = proxy
        store.put(self.base, exam.base, exam.manifest.base_sha256)

    @property
    def base(self) -> str:
        return f"bases/{self.exam.manifest.base_sha256}.exe"

    def put_whole(self, number: int) -> None:
        """Put one person's whole installer, as `publish --whole` does."""
        person = self.exam.people[number]
        content = self.exam.stamped(person)
        sha256 = hashlib.sha256(content).hexdigest()
        self.store.put_bytes(installer_name(EXAM, self.exam.jti(person), sha256), content, sha256)

    @contextmanager
    def portal(self, *, presigned: bool) -> Iterator[Running]:
        own = self.exam.exam_settings(store=self.store.url, presigned=presigned)
        with running(self.exam.settings(exams=(own,)), FixedClock(INSIDE)) as portal:
            yield portal

    def download(self, portal: Running, number: int = 0) -> httpx.Response:
        """What the person's download is answered with."""
        with portal.candidate(self.exam.people[number]) as candidate:
            granted = candidate.session()
            path = httpx.URL(granted["download"]["url"]).raw_path.decode()
            return candidate.http.get(path, headers={"authorization": f"Bearer {granted['session']}"})


@pytest.fixture
def shop(
    exam: PublishedExam, swift_bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("CACHE_DIRECTORY", raising=False)
    with fault_proxy(swift_bucket.server.url) as proxy:
        yield Shop(exam, swift_bucket.store(through=proxy.url), proxy)


def test_a_base_is_fetched_once_and_installers_are_composed_of_it(shop: Shop, tmp_path: Path) -> None:
    with shop.portal(presigned=False) as portal:
        for number in (0, 1):
            answer = shop.download(portal, number)
            assert answer.status_code == 200
            assert answer.content == shop.exam.stamped(shop.exam.people[number])
    assert shop.proxy.kinds.count("GetObject") == 1
    before = len(shop.proxy.requests)
    with shop.portal(presigned=False) as portal:  # as after a restart
        assert shop.download(portal).status_code == 200
    assert shop.proxy.requests[before:] == []
    assert [file.name for file in (tmp_path / "oneseat").iterdir()] == [shop.exam.manifest.base_sha256]


def test_a_bucket_that_cannot_be_reached_is_a_clear_refusal(shop: Shop, tmp_path: Path) -> None:
    shop.proxy.set_fault("HeadObject", "GetObject", fault=Reset())
    with shop.portal(presigned=False) as portal, portal.candidate(shop.exam.people[0]) as candidate:
        answer = candidate.authenticate()
        tried = len(shop.proxy.requests)
        assert candidate.authenticate().json()["code"] == "OS-190"
        assert len(shop.proxy.requests) == tried, "the second does not wait as long as the first"
        assert (answer.status_code, answer.json()["code"]) == (503, "OS-190")


def _life_s(url: str) -> int:
    """A URL's life: less than was asked for where the server's answer, which has its time, came late."""
    return int(parse_qs(urlsplit(url).query)["X-Amz-Expires"][0])


def test_a_whole_installer_is_fetched_from_the_bucket_for_a_time(shop: Shop) -> None:
    shop.put_whole(0)
    with shop.portal(presigned=True) as portal:
        answer = shop.download(portal)
        assert answer.status_code == 307
        assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == (
            "no-store",
            "no-referrer",
        )
        url = answer.headers["location"]
        assert 890 <= _life_s(url) <= 900
        fetched = httpx.get(url)
        assert fetched.content == shop.exam.stamped(shop.exam.people[0])
        assert "filename*=UTF-8''" in fetched.headers["content-disposition"]
        assert "attachment" in fetched.headers["content-disposition"]
        assert shop.exam.people[0].admission_number not in url
        assert shop.exam.people[0].id_number not in url
        portal.at(CLOSES - 5 * SECOND)
        late = shop.download(portal).headers["location"]
        assert 0 < _life_s(late) <= 5
    time.sleep(6.1)
    assert httpx.get(late).status_code == 403, "it ended with the window"
    assert httpx.get(url).status_code == 200


def test_a_calling_program_follows_to_the_bucket(shop: Shop, tmp_path: Path) -> None:
    shop.put_whole(0)
    person = shop.exam.people[0]
    identity = IdentityBody(
        name=person.name, id_number=person.id_number, admission_number=person.admission_number
    )
    with shop.portal(presigned=True) as portal, PortalClient(portal.url, EXAM) as program:
        granted = program.authenticate(identity)
        assert granted.download is not None
        before = len(shop.proxy.requests)
        program.download(granted.download, granted.session, tmp_path / "own.exe")
    assert (tmp_path / "own.exe").read_bytes() == shop.exam.stamped(person)
    assert [one.kind for one in shop.proxy.requests[before:]] == ["HeadObject", "GetObject"]


def test_what_the_bucket_does_not_hold_the_portal_serves_itself(shop: Shop) -> None:
    shop.put_whole(0)
    with shop.portal(presigned=True) as portal:
        other = shop.download(portal, 1)
        assert (other.status_code, other.content) == (200, shop.exam.stamped(shop.exam.people[1]))
        shop.proxy.set_fault(fault=Reset())
        tried = list[int]()
        for _ in range(2):
            mine = shop.download(portal, 0)
            assert (mine.status_code, mine.content) == (200, shop.exam.stamped(shop.exam.people[0]))
            tried.append(len(shop.proxy.requests))
        assert tried[0] == tried[1], "a bucket that was away is left alone for a while"


def test_nobody_gets_a_url_past_the_gate(shop: Shop) -> None:
    shop.put_whole(0)
    with shop.portal(presigned=True) as portal, portal.candidate(shop.exam.people[1]) as other:
        granted = other.session()
        theirs = f"/api/v1/exams/{EXAM}/installers/{shop.exam.jti(shop.exam.people[0])}"
        bearer = {"authorization": f"Bearer {granted['session']}"}
        assert other.http.get(theirs, headers=bearer).status_code == 404
        assert other.http.get(theirs).status_code == 401
        portal.at(CLOSES + timedelta(days=1))
        assert other.http.get(granted["download"]["url"], headers=bearer).status_code in (401, 403)


def test_a_folder_cannot_presign(exam: PublishedExam) -> None:
    with pytest.raises(SettingsInvalid, match="bucket"):
        ServedExam(exam.exam_settings(presigned=True), rehearsing=False)


def test_withdrawn_installers_are_gone_and_all_else_goes_on(exam: PublishedExam, portal: Running) -> None:
    person = exam.people[0]
    with portal.candidate(person) as candidate:
        granted = candidate.session()
        url = httpx.URL(granted["download"]["url"]).raw_path.decode()
        bearer = {"authorization": f"Bearer {granted['session']}"}
        assert candidate.http.get(url, headers=bearer).status_code == 200
        exam.withdraw()
        for stored in (exam.folder / "store").rglob("*.exe"):
            stored.unlink()
        answer = candidate.http.get(url, headers=bearer)
        assert (answer.status_code, answer.json()["code"]) == (410, "OS-247")
        again = candidate.authenticate()
        assert (again.status_code, again.json()["download"]) == (200, None), "who has downloaded logs in"
        assert candidate.activate(exam.licence(person)).status_code == 200
        assert candidate.http.get("/readyz").status_code == 200
        page = candidate.http.get(f"/e/{EXAM}/")
        assert page.status_code == 200
    with portal.candidate(exam.people[1]) as late:
        assert late.authenticate().json()["code"] == "OS-247"
    with (
        running(exam.settings(), FixedClock(INSIDE)) as restarted,
        restarted.candidate(person) as candidate,
    ):
        assert candidate.authenticate().status_code == 200
        assert candidate.http.get("/readyz").status_code == 200
