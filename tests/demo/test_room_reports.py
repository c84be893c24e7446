"""The demonstration's exam room reports to a real portal who starts and who ends."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from oneseat.demo import room as demo_room
from oneseat.demo.errors import TokenFileUnreadable
from oneseat.demo.room import Room
from oneseat.demo.room_reports import PortalReports
from oneseat.portal.sdk.client import PortalClient
from oneseat.state.accounts.service_tokens import Scope
from signing.charter import ExamRoom
from signing.jws import b64url_encode
from signing.tokens import room_message
from tests.portal.conftest import base, exam, fast_path, keys, portal, published  # noqa: F401 -- fixtures
from tests.portal.published_exam import EXAM, PublishedExam, Running
from tests.simulator import Candidate


@dataclass
class DemoRoom:
    """A room that serves, at the address that its charter names."""

    url: str
    room: Room

    def enter(self, candidate: Candidate) -> str:
        """Post what the client posts; the page that comes back."""
        at, ticket = int(self.room.clock.now().timestamp()), candidate.ticket("mock")
        proof = candidate.device.key.sign(room_message(ticket, self.url, at)).signature
        form = {"ticket": ticket, "proof": b64url_encode(proof), "at": str(at)}
        return httpx.post(self.url, data=form, trust_env=False).text

    def leave(self, page: str) -> httpx.Response:
        """Press the page's button."""
        secret = re.search('name="page" value="([^"]+)"', page)
        assert secret is not None
        url = self.url.replace("/enter", demo_room.LEAVE)
        return httpx.post(url, data={"page": secret[1]}, trust_env=False)


@pytest.fixture
def room(portal: Running, exam: PublishedExam) -> Iterator[DemoRoom]:  # noqa: F811
    reporting = PortalReports(PortalClient(portal.url, EXAM, exam.service_token(Scope.ROOM_REPORT)))
    made = Room(exam.charter, portal.clock, reporting)
    server = demo_room.serve(made, 0)
    url = f"http://127.0.0.1:{server.server_port}/enter"
    made.charter = replace(exam.charter, exam_room=ExamRoom(url, ""))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield DemoRoom(url, made)
    server.shutdown()
    server.server_close()
    reporting.close()


@pytest.fixture
def candidate(portal: Running, exam: PublishedExam) -> Iterator[Candidate]:  # noqa: F811
    with portal.candidate(exam.people[0]) as made:
        made.activated(exam.licence(exam.people[0]))
        yield made


def test_start_and_end_reach_the_portal(
    room: DemoRoom,
    candidate: Candidate,
    exam: PublishedExam,  # noqa: F811
) -> None:
    page = room.enter(candidate)
    assert "报到 reported<td>是 yes" in page
    (place,) = exam.places(candidate.person)
    assert place.started_at is not None and place.ended_at is None
    left = room.leave(page)
    assert left.status_code == 200 and "是 yes" in left.text
    (place,) = exam.places(candidate.person)
    assert place.ended_at is not None
    assert room.leave(page).status_code == 403, "only once"


def test_a_report_that_is_refused_keeps_nobody_out_and_is_shown(room: DemoRoom, candidate: Candidate) -> None:
    room.room.reports = PortalReports(PortalClient(str(candidate.http.base_url), EXAM, "ost1.0.wrong"))
    page = room.enter(candidate)
    room.room.reports.close()
    assert "演示考场：凭证有效" in page
    assert re.search(r"报到 reported<td>否 no: OS-\d+", page)


def test_a_token_file_that_is_missing_is_refused(
    tmp_path: Path,
    exam: PublishedExam,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    token = exam.keys.authority.signer("root")
    from signing.authority.signer import sign_token
    from signing.charter import TYP

    charter = tmp_path / "charter.jws"
    charter.write_text(sign_token(token, TYP, exam.charter.claims()))
    arguments = [str(charter), "--port", "0", "--token-file", str(tmp_path / "absent")]
    assert demo_room.main(arguments) == TokenFileUnreadable.exit_status
    assert "OS-1500" in capsys.readouterr().err
