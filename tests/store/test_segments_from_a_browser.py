"""A real browser uploads segments to another origin's bucket, by the URLs and headers of the store."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

from oneseat.store.address import S3Address
from oneseat.store.segments import SegmentUpload, SignedPut
from oneseat.store.segments.s3 import S3Segments
from tests.buckets import Bucket
from tests.chromium import CHROMIUM, LEAN_BY_PLAYWRIGHT
from tests.fault_proxy import fault_proxy

pytestmark = [pytest.mark.browser, pytest.mark.service]

PUT = """async ([url, headers, text]) => {
  const body = new Blob([text]);
  try { return (await fetch(url, {method: "PUT", headers, body})).status; }
  catch (fault) { return fault.name; }
}"""


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A page of an origin of its own: another host name, and another port."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "index.html").write_text("<!doctype html><title>room</title>")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
            """Log nothing."""

    with (
        ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "www"))) as server,
        sync_playwright() as playwright,
    ):
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", LEAN_BY_PLAYWRIGHT]
        )
        page = browser.new_page()
        page.goto(f"http://localhost:{server.server_address[1]}/")
        yield page
        browser.close()
        server.shutdown()
        thread.join(timeout=20)


def _origin(page: Page) -> str:
    return str(page.evaluate("location.origin"))


def _status_of(signed: SignedPut, body: str) -> int:
    return httpx.put(signed.url, content=body.encode(), headers=dict(signed.headers)).status_code


def test_a_page_uploads_what_was_signed_and_nothing_else(page: Page, swift_bucket: Bucket) -> None:
    text = "segment" * 1000
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    name = f"recordings/demo/{'a' * 32}/camera/{'d' * 24}/000000-{sha256}.webm"

    def put(signed: SignedPut, body: str) -> object:
        return page.evaluate(PUT, [signed.url, dict(signed.headers), body])

    with fault_proxy(swift_bucket.server.url) as proxy:
        store = S3Segments(S3Address.parse(swift_bucket.server.address(swift_bucket.name, "r", proxy.url)))
        assert store.self_test(_origin(page)) == ()
        now = datetime.now(UTC)
        signed = store.url_for(SegmentUpload(name, len(text), sha256), now, now + timedelta(minutes=5))
        before = len(proxy.requests)
        assert put(signed, text) == 200
        sent = proxy.requests[before:]
        assert [request.method for request in sent] == ["OPTIONS", "PUT"], "each new URL costs a preflight"
        assert sent[1].headers["Content-Length"] == str(len(text)), "the browser sends it, and it is signed"
        assert put(signed, text) == 200
        # Swift's refusals name no origin, so that a page cannot tell them from a failed network.
        assert [put(signed, text.upper()), put(signed, text + "more")] == ["TypeError"] * 2
        assert [_status_of(signed, body) for body in (text.upper(), text + "more")] == [400, 403]
        assert list(store.names("recordings/")) == [name]
        assert b"".join(store.read(name)).decode() == text
