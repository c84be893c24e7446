"""Operators' pages of the room: who comes in, what each look shows and leaves, and who may decide what."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import httpx
import pytest
from PIL import Image, ImageChops

from oneseat.room.staff.attempts import pages
from oneseat.state.accounts import audit, operators
from oneseat.state.accounts.operators import Role
from oneseat.state.room import attempts, identity
from signing.clock import FixedClock
from tests.room.candidate import NUMBER, Arrive, Candidate, identity_body, photo_body
from tests.room.held_exam import (
    BEFORE,
    MOCKING,
    SECOND,
    STARTS,
    HeldExam,
    RoomKeys,
    RunningRoom,
    running_room,
)
from tests.room.staff_entry import FROM_DESK, Staff, address, entry_of, hire
from tests.room.test_identity import DOCUMENTS
from tests.shades import shade_of

GATES = STARTS - timedelta(minutes=10)
"""From then on nothing that is not ready keeps anybody out."""


@pytest.fixture(scope="module")
def shared_room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room whose exam has the identity step, and three operators."""
    exam = HeldExam(tmp_path_factory.mktemp("room"), room_keys, identity_documents=DOCUMENTS)
    roles = {"viewer": Role.VIEWER, "zhang": Role.SUPPORT, "li": Role.SUPPORT}
    hire(exam, roles)
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield room
    exam.database.close()


def sent(arrive: Arrive, kind: str = "formal", *, agrees: bool | None = None) -> Candidate:
    """A candidate who has sent photographs and name, and what the portal has answered."""
    candidate = arrive(kind).reach_identity()
    candidate.call("identity", **identity_body())
    if agrees is not None:
        with candidate.room.exam.database.writing() as connection:
            now = candidate.room.clock.now()
            identity.finish_claim(connection, candidate.attempt["nonce"], now, agrees)
    return candidate


def acts(room: RunningRoom, candidate: Candidate) -> list[tuple[str, str]]:
    with room.exam.database.reading() as connection:
        entries = audit.latest(connection, "test", 20, candidate.jti)
    return [(entry.actor, entry.act) for entry in reversed(entries)]


# ----------------------------------------------------------------------------------------- coming in


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "https://desk.example.evil.example"}, 403),
        ({"origin": "https://[", "referer": "https://desk.example/"}, 403),
        ({"referer": "https://desk.example/desk/test/room"}, 303),
        ({"origin": "https://DESK.example"}, 303),
    ],
    ids=["none", "null", "foreign", "longer", "broken", "referer", "desk"],
)
def test_an_entry_is_taken_from_the_page_of_its_desk_alone(
    room: RunningRoom, headers: dict[str, str], status: int
) -> None:
    entry = entry_of(room, "zhang")
    answer = httpx.post(f"{room.url}/staff/enter", data={"entry": entry}, headers=headers)
    assert answer.status_code == status
    assert ("OS-2175" in answer.text) == (status == 403)
    again = httpx.post(f"{room.url}/staff/enter", data={"entry": entry}, headers=FROM_DESK)
    assert again.status_code == (303 if status == 403 else 403), "a refused form does not spend it"
    moved = f"{entry_of(room, 'zhang').partition('.')[0]}.{'0' * 32}"
    assert "OS-2081" in httpx.post(f"{room.url}/staff/enter", data={"entry": moved}).text


def test_an_entry_from_the_desk_opens_one_session_once(room: RunningRoom) -> None:
    entry = entry_of(room, "zhang")
    with httpx.Client(base_url=room.url) as http:
        cookie = (
            http.post("/staff/enter", headers=FROM_DESK, data={"entry": entry}).headers["set-cookie"].lower()
        )
        assert "path=/staff/" in cookie and "httponly" in cookie and "samesite=lax" in cookie
        page = http.get("/staff/")
        assert page.status_code == 200 and "zhang" in page.text
        policy = page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy and "script-src" not in policy
        assert page.headers["cache-control"] == "no-store"
    with httpx.Client(base_url=room.url) as other:
        refused = other.post("/staff/enter", headers=FROM_DESK, data={"entry": entry})
        assert refused.status_code == 403 and "OS-2081" in refused.text
        assert other.get("/staff/").status_code == 401


def test_an_entry_ends_after_two_minutes_and_with_its_account(room: RunningRoom) -> None:
    with httpx.Client(base_url=room.url) as http:
        late = entry_of(room, "zhang")
        room.later(timedelta(minutes=2))
        assert http.post("/staff/enter", headers=FROM_DESK, data={"entry": late}).status_code == 403
        shut_out = entry_of(room, "viewer")
        with room.exam.database.writing() as connection:
            operators.set_disabled(connection, "test", "viewer", room.clock.now())
        assert http.post("/staff/enter", headers=FROM_DESK, data={"entry": shut_out}).status_code == 403
        with room.exam.database.writing() as connection:
            operators.set_disabled(connection, "test", "viewer", None)


def test_a_session_opens_only_the_place_that_it_is_for(
    room: RunningRoom, staff: Callable[[str], Staff]
) -> None:
    with room.exam.database.writing() as connection:
        desk = operators.open_session(connection, "test", "zhang", room.clock.now())
    mine = staff("zhang").http.cookies["oneseat-staff-test"]
    with room.exam.database.reading() as connection:
        assert operators.find_by_session(connection, "test", mine, room.clock.now()) is None
    with httpx.Client(base_url=room.url, cookies={"oneseat-staff-test": desk}) as http:
        refused = http.get("/staff/")
    assert refused.status_code == 401
    assert "/desk/test/room" in refused.text, "the way in"


def test_a_session_ends_when_it_is_left_or_not_used(room: RunningRoom, staff: Callable[[str], Staff]) -> None:
    leaving, idle = staff("zhang"), staff("li")
    assert leaving.post("/staff/leave").status_code == 303
    assert leaving.get().status_code == 401
    room.later(timedelta(minutes=29))
    assert idle.get().status_code == 200
    room.later(timedelta(minutes=29))
    assert idle.get().status_code == 200, "each page prolongs it"
    room.later(timedelta(minutes=30))
    assert idle.get().status_code == 401


# ------------------------------------------------------------------------------------------ the list


def test_the_list_shows_seats_masked_with_step_and_identity(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    candidate = sent(arrive)
    page = staff("viewer").get("/staff/?session=formal-0").text
    row = re.search(rf"<tr[^>]*>(?:(?!</tr>).)*{candidate.attempt['nonce']}.*?</tr>", page, re.DOTALL)
    assert row is not None
    assert f"••••{candidate.jti[-4:]}" in row[0] and candidate.jti not in page
    assert "考场要求" in row[0] and "待核验" in row[0]
    assert NUMBER not in page and "测试考生" not in page


def test_the_list_is_filtered_and_comes_in_pages(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff], monkeypatch: pytest.MonkeyPatch
) -> None:
    room.at(MOCKING)
    candidates = []
    for _ in range(3):
        candidates.append(sent(arrive, "mock", agrees=True))
        room.later(SECOND)
    visitor = staff("zhang")
    assert visitor.decide(candidates[0], "passed:agrees").status_code == 303
    monkeypatch.setattr(pages, "PER_PAGE", 1)

    def listed(**query: str | int) -> list[str]:
        page = visitor.http.get("/staff/", params={"session": "mock-0", **query}).text
        return [each.attempt["nonce"] for each in candidates if each.attempt["nonce"] in page]

    ids = [each.attempt["nonce"] for each in candidates]
    assert [listed(page=number) for number in (1, 2, 3, 4)] == [ids[:1], ids[1:2], ids[2:], []]
    assert listed(shown="passed") == ids[:1]
    assert [listed(shown="undecided", page=number) for number in (1, 2)] == [ids[1:2], ids[2:]]
    assert listed(shown="rejected") == [] and listed(shown="silent") == []
    room.later(timedelta(seconds=61))
    assert listed(shown="silent") == ids[:1]


def test_a_page_of_one_attempt_shows_events_takes_and_what_is_missing(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    candidate = sent(arrive)
    segments = candidate.record(3)
    candidate.stored(segments[0], segments[2])
    page = staff("viewer").get(address(candidate)).text
    assert "人证核验已提交" in page and "face_tries=1" in page
    assert re.search(r"摄像头.*?<td[^>]*>2</td><td[^>]*>1（1）</td>", page, re.DOTALL)
    assert "进行核验" not in page, "a viewer decides nothing"
    assert staff("viewer").get("/staff/attempts/none").status_code == 404


# ------------------------------------------------------------------------------------------ a look


def test_each_look_is_watermarked_and_written_into_the_audit_log(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    candidate, visitor = sent(arrive), staff("zhang")
    before = visitor.get(address(candidate)).text
    assert "data:image" not in before and "测试考生" not in before
    page = visitor.post(f"{address(candidate)}/identity").text
    shown = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", page)
    assert len(shown) == 2
    with Image.open(io.BytesIO(base64.b64decode(shown[0]))) as picture:
        plain = Image.new("RGB", picture.size, (200, 100, 80))
        difference = ImageChops.difference(plain, picture.convert("RGB")).convert("L")
    assert sum(difference.histogram()[30:]) > 500, "the name lies in the pixels"
    assert "测试考生" in page and f"••••{NUMBER[-4:]}" in page and NUMBER not in page
    assert "仅人证比对" in page
    visitor.post(f"{address(candidate)}/identity")
    assert acts(room, candidate) == [("operator:zhang", "room.identity-seen")] * 2
    with room.exam.database.reading() as connection:
        assert NUMBER not in "".join(entry.facts for entry in audit.latest(connection, "test", 99))


def test_looks_and_decisions_take_a_role_a_form_and_the_rooms_own_page(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    candidate, viewer, support = sent(arrive), staff("viewer"), staff("zhang")
    look, decision = f"{address(candidate)}/identity", f"{address(candidate)}/decision"
    refused = {
        "role": [viewer.post(look), viewer.post(decision, reason="doubtful:unclear")],
        "token": [support.post(path, form_token="0" * 64) for path in (look, decision)],
        "origin": [support.post(path, origin="https://elsewhere.example") for path in (look, decision)],
    }
    statuses = {why: [answer.status_code for answer in answers] for why, answers in refused.items()}
    assert statuses == {"role": [403, 403], "token": [403, 403], "origin": [403, 403]}
    assert acts(room, candidate) == []
    assert support.get(look).status_code == 303, "no address shows it"


# ------------------------------------------------------------------------------------------ decisions


def state_of(room: RunningRoom, candidate: Candidate) -> str | None:
    with room.exam.database.reading() as connection:
        attempt = attempts.find(connection, "test", candidate.attempt["nonce"])
    assert attempt is not None
    return attempt.identity_state


@pytest.mark.parametrize("agrees", [None, False])
def test_no_one_passes_before_name_and_number_are_confirmed(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff], agrees: bool | None
) -> None:
    candidate, visitor = sent(arrive, agrees=agrees), staff("zhang")
    refused = visitor.decide(candidate, "passed:agrees")
    assert refused.status_code == 409 and "OS-2086" in refused.text
    assert visitor.decide(candidate, "doubtful:unchecked").status_code == 303
    assert state_of(room, candidate) == "doubtful"


def test_a_decision_has_name_time_and_reason_and_the_mocks_one_carries_over(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    room.at(MOCKING)
    mock, visitor = sent(arrive, "mock", agrees=True), staff("zhang")
    assert visitor.decide(mock, "passed:agrees", " clear ").status_code == 303
    page = visitor.get(f"{address(mock)}?done=decided").text
    assert "结论已记录" in page and "人脸、证件和报名信息一致（clear）" in page
    assert acts(room, mock) == [("operator:zhang", "room.identity-decided")]
    room.at(BEFORE)
    formal = arrive("formal", jti=mock.jti).reach_identity()
    assert formal.attempt["identity"] == "carried"
    page = staff("li").get(address(formal)).text
    assert "沿用模拟面试的结论" in page and "zhang" in page
    assert state_of(room, formal) == "passed"
    visitor = staff("zhang")
    assert visitor.decide(mock, "doubtful:unclear").status_code == 303
    assert state_of(room, formal) == "doubtful", "the mock's decision was taken back"
    assert staff("li").decide(formal, "passed:agrees").status_code == 303
    assert visitor.decide(mock, "doubtful:unclear").status_code == 303
    assert state_of(room, formal) == "passed", "a decision of its own counts"


def test_a_rejection_takes_two_persons_and_ends_nothing(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    candidate, first, second = sent(arrive, agrees=True), staff("zhang"), staff("li")
    assert first.decide(candidate, "rejected:other-person").status_code == 303
    assert state_of(room, candidate) == "doubtful"
    assert "等待第二人判断" in second.get(address(candidate)).text
    again = first.decide(candidate, "rejected:other-person")
    assert again.status_code == 409 and "OS-2087" in again.text
    assert second.decide(candidate, "rejected:other-person").status_code == 303
    assert state_of(room, candidate) == "rejected"
    candidate.call("step", step="room", facts={})
    assert candidate.step == "waiting"


@pytest.mark.parametrize("reason", ["", "passed", "passed:other-person", "undecided:other", "passed:"])
def test_what_is_no_decision_is_refused(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff], reason: str
) -> None:
    candidate = sent(arrive, agrees=True)
    refused = staff("zhang").decide(candidate, reason)
    assert refused.status_code == 400 and "OS-2085" in refused.text
    assert state_of(room, candidate) is None


# ------------------------------------------------------------------------------------- new photographs


def ask_again(visitor: Staff, candidate: Candidate, reason: str) -> int:
    return visitor.post(f"{address(candidate)}/again", reason=reason).status_code


def test_new_photographs_open_the_step_again_and_take_the_place_of_the_first(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    candidate = sent(arrive)
    candidate.call("step", step="room", facts={})
    assert candidate.step == "waiting"
    visitor = staff("zhang")
    assert "请考生重拍两张照片" in visitor.post(f"{address(candidate)}/identity").text
    answer = visitor.post(f"{address(candidate)}/again", reason="glare")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{address(candidate)}?done=asked")
    candidate.beat()
    assert (candidate.step, candidate.attempt["identity"]) == ("identity", "glare")
    page = visitor.get(address(candidate)).text
    assert "已请考生重拍（眼镜或证件反光）" in page
    assert ask_again(visitor, candidate, "glare") == 409, "one at a time"
    candidate.call("identity", **identity_body(face=photo_body(90), name="", number=""))
    assert (candidate.step, candidate.attempt["identity"]) == ("waiting", "sent")
    seen = visitor.post(f"{address(candidate)}/identity").text
    content = re.search(r'base64,([^"]+)" alt="现场照片', seen)
    assert content is not None and abs(shade_of(base64.b64decode(content[1])) - 90) < 6
    assert ("operator:zhang", "room.identity-again") in acts(room, candidate)


def test_they_are_asked_for_three_times_at_most_and_with_a_reason_of_the_list(
    arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    candidate, visitor = sent(arrive), staff("zhang")
    assert ask_again(visitor, candidate, "ugly") == 400
    for reason in ("dark", "cut", "document"):
        assert ask_again(visitor, candidate, reason) == 303
        candidate.call("identity", **identity_body())
    refused = visitor.post(f"{address(candidate)}/again", reason="dark")
    assert refused.status_code == 409 and "已经请过 3 次" in refused.text and "OS-2142" in refused.text


@pytest.mark.parametrize(("at", "status"), [(GATES - SECOND, 303), (GATES, 409), (STARTS, 409)])
def test_they_are_asked_for_only_while_there_is_time(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff], at: datetime, status: int
) -> None:
    candidate = sent(arrive)
    room.at(at)
    assert ask_again(staff("zhang"), candidate, "dark") == status


def test_a_mock_that_has_begun_is_left_alone_and_a_step_that_stays_open_ends_with_the_gates(
    room: RunningRoom, arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    room.at(MOCKING)
    mock = sent(arrive, "mock")
    mock.call("step", step="room", facts={})
    mock.call("begin")
    assert ask_again(staff("zhang"), mock, "dark") == 409
    room.at(BEFORE)
    formal = sent(arrive)
    visitor = staff("zhang")
    assert ask_again(visitor, formal, "dark") == 303
    room.at(GATES)
    formal.beat()
    assert formal.step == "waiting", "nothing in this step keeps anybody out"
    seen = staff("zhang").post(f"{address(formal)}/identity").text
    assert "data:image" in seen, "the first ones are still there"


def test_without_photographs_or_the_right_nothing_is_asked_for(
    arrive: Arrive, staff: Callable[[str], Staff]
) -> None:
    candidate = arrive().reach_identity()
    assert ask_again(staff("zhang"), candidate, "dark") == 409
    assert ask_again(staff("viewer"), sent(arrive), "dark") == 403
