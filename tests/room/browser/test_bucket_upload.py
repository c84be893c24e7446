"""Recordings in a bucket: the page uploads to its origin itself, and the policy allows no other."""

from __future__ import annotations

import hashlib
from pathlib import Path

from playwright.sync_api import Browser, Request, expect

from tests.buckets import Bucket
from tests.room.browser.browsing import BEFORE, ENDS, Visitor, browsable_room, hand_in
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.held_exam import SECOND, RoomKeys

pytestmark = NEEDS_CHROMIUM

ASK = "(url) => fetch(url, { method: 'PUT', body: 'x' }).then(() => 'sent', (error) => error.name)"


def test_a_page_uploads_to_the_bucket(
    browser: Browser, tmp_path: Path, room_keys: RoomKeys, swift_bucket: Bucket
) -> None:
    server, requests = swift_bucket.server, list[Request]()
    store = server.address(swift_bucket.name, "rooms/one")
    with (
        browsable_room(tmp_path / "exam", room_keys, BEFORE, store=store) as room,
        browser.new_context(locale="zh-CN") as context,
    ):
        candidate = Visitor(context, room)
        context.on("request", lambda request: requests.append(request))  # noqa: PLW0108 -- it marks functions
        page = candidate.open("questions", ENDS - 60 * SECOND)
        candidate.takes(2)
        candidate.jump(ENDS - 3 * SECOND)
        hand_in(page, candidate.seat)
        expect(page.get_by_role("heading", level=1)).to_contain_text("交卷完成")
        assert candidate.faults == []
        assert page.evaluate(ASK, server.url.replace("127.0.0.1", "localhost")) == "TypeError"
        assert any(f"connect-src 'self' {server.url}" in line for line in candidate.faults)
        candidate.close()
    uploads = [request for request in requests if request.url in candidate.strangers]
    assert len(uploads) >= 2 and {request.method for request in uploads} == {"PUT"}
    within = f"{server.url}/{swift_bucket.name}/rooms/one/recordings/"
    assert all(request.url.startswith(within) for request in uploads)
    kept = swift_bucket.store(prefix="rooms/one")
    names = sorted(kept.names("recordings/"))
    assert {name.split("/")[3] for name in names} == {"camera", "screen"}
    for name in names:
        assert hashlib.sha256(b"".join(kept.read(name))).hexdigest() in name
