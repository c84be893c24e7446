"""A browser that the portal sends to a bucket: the file comes from there, under its own name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from oneseat.store import installer_name
from signing.clock import FixedClock
from tests.buckets import Bucket
from tests.portal.browser.conftest import DESKTOP, Tabs, fill_in, visiting
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running, running


@pytest.fixture
def portal(
    exam: PublishedExam, swift_bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    """A portal whose store is a bucket, with the first person's installer in it, whole."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    store = swift_bucket.store()
    store.put(f"bases/{exam.manifest.base_sha256}.exe", exam.base, exam.manifest.base_sha256)
    whole = exam.stamped(exam.people[0])
    sha256 = hashlib.sha256(whole).hexdigest()
    store.put_bytes(installer_name(EXAM, exam.jti(exam.people[0]), sha256), whole, sha256)
    own = exam.exam_settings(store=store.url, presigned=True)
    with running(exam.settings(exams=(own,)), FixedClock(INSIDE)) as served:
        yield served


def test_the_browser_follows_to_the_bucket(
    tabs: Tabs, portal: Running, exam: PublishedExam, swift_bucket: Bucket
) -> None:
    for visitor in visiting(tabs, portal, DESKTOP):
        page = visitor.open()
        fill_in(page, exam.people[0])
        with page.expect_download() as started:
            page.get_by_role("link", name="下载").first.click()
        download = started.value
        assert Path(download.path()).read_bytes() == exam.stamped(exam.people[0])
        assert download.suggested_filename.endswith(f"{exam.jti(exam.people[0])[:8]}.exe")
        assert [url.split("?")[0].startswith(swift_bucket.server.url) for url in visitor.strangers] == [True]
        visitor.strangers.clear()
