"""Who is let in: tickets and proofs, each once, by HTTP, and the way back in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signing.tokens import Ticket
from tests.room.candidate import Arrive
from tests.room.held_exam import BEFORE, ENDS, MOCKING, SECOND, TAIL, UPLOAD, RunningRoom


def code_of(text: str) -> str:
    """The code that a page of a refusal shows."""
    return text.partition('<span class="number">')[2].partition("<")[0]


@pytest.mark.parametrize(
    ("field", "value", "status", "code"),
    [
        ("proof", "A" * 86, 403, "OS-2023"),
        ("proof", "?", 403, "OS-2023"),
        ("at", "soon", 400, "OS-2002"),
        ("at", str(int((BEFORE - timedelta(seconds=200)).timestamp())), 403, "OS-2005"),
        ("at", str(int((BEFORE + timedelta(seconds=90)).timestamp())), 403, "OS-2005"),
        ("ticket", "", 400, "OS-2002"),
        ("ticket", "a.b.c", 403, "OS-2022"),
    ],
    ids=["forged", "no-proof", "no-time", "stale", "ahead", "no-ticket", "no-token"],
)
def test_a_form_that_is_not_good_is_refused(
    arrive: Arrive, field: str, value: str, status: int, code: str
) -> None:
    candidate = arrive()
    answer = candidate.post_form(candidate.form(**{field: value}))
    assert (answer.status_code, code_of(answer.text)) == (status, code)
    assert "重新进入" in answer.text
    assert not candidate.http.cookies


def test_another_seats_ticket_is_refused(arrive: Arrive) -> None:
    own, other = arrive(), arrive()
    own.ticket = other.ticket
    answer = own.post_form(own.form())
    assert (answer.status_code, code_of(answer.text)) == (403, "OS-2023")


def test_a_proof_lets_in_once(arrive: Arrive) -> None:
    candidate = arrive()
    form = candidate.form()
    assert candidate.post_form(form).status_code == 303
    again = candidate.post_form(form)
    assert (again.status_code, code_of(again.text)) == (403, "OS-2006")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exam": "other"}, "OS-2003"),
        ({"exp": int(BEFORE.timestamp())}, "OS-2004"),
        ({"session": "1"}, "OS-2008"),
        ({"session": "-1"}, "OS-2008"),
    ],
    ids=["exam", "ended", "session", "negative"],
)
def test_a_ticket_that_is_not_for_this_is_refused(
    arrive: Arrive, changes: dict[str, object], code: str
) -> None:
    candidate = arrive()
    candidate.ticket = candidate.new_ticket(**changes)
    answer = candidate.post_form(candidate.form())
    assert (answer.status_code, code_of(answer.text)) == (403, code)


def test_a_proof_for_another_address_is_refused(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive()
    form = candidate.form()
    room.exam.origin, kept = "http://127.0.0.1:1", room.exam.origin
    try:
        elsewhere = candidate.form()
    finally:
        room.exam.origin = kept
    assert candidate.post_form(elsewhere).status_code == 403
    assert candidate.post_form(form).status_code == 303


def test_the_cookie_is_for_scripts_invisible_and_the_page_needs_it(arrive: Arrive) -> None:
    candidate = arrive()
    without = candidate.http.get("/room/")
    assert without.status_code == 401 and "重新进入" in without.text
    answer = candidate.post_form(candidate.form())
    cookie = answer.headers["set-cookie"].lower()
    assert answer.headers["location"] == "/room/"
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie
    assert cookie.startswith("oneseat-room-test=")
    assert candidate.ticket not in str(answer.headers), "no ticket in an address"
    page = candidate.http.get("/room/")
    policy = page.headers["content-security-policy"]
    assert "connect-src 'self';" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert page.headers["permissions-policy"].startswith("camera=(self), microphone=(self)")


def test_who_comes_back_goes_on_where_they_were_and_the_first_window_ends(
    room: RunningRoom, arrive: Arrive
) -> None:
    first = arrive().prepare()
    again = arrive(jti=first.jti, key=first.key)
    again.ticket = first.ticket
    room.later(SECOND)
    again.enter().join()
    assert (again.step, again.attempt["nonce"]) == ("waiting", first.attempt["nonce"])
    assert first.code("beat") == (401, "OS-2011"), "its cookie was replaced"
    assert first.http.get("/room/").status_code == 401


def test_a_second_join_of_one_browser_ends_the_first(arrive: Arrive) -> None:
    candidate = arrive().prepare()
    older = candidate.epoch
    candidate.join()
    assert candidate.epoch == older + 1
    for name, body in {
        "beat": {},
        "begin": {},
        "hand-in": {"by": "candidate"},
        "answer": candidate.answer_body(1),
        "consent": {"version": "1", "agreed": True},
        "step": {"step": "room"},
    }.items():
        for epoch in (older, candidate.epoch + 1):
            assert candidate.code(name, **{**body, "epoch": epoch}) == (409, "OS-2010"), name


def test_calls_from_other_sites_and_without_a_cookie_are_refused(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().enter()
    for origin in ("http://evil.example", "null", room.exam.origin + ".evil.example"):
        answer = candidate.http.post("/room/api/join", json={}, headers={"origin": origin})
        assert (answer.status_code, answer.json()["code"]) == (403, "OS-2012")
    assert candidate.http.post("/room/api/join", json={}).status_code == 403
    stranger = arrive()
    assert stranger.code("join") == (401, "OS-2011")


def test_a_formal_interview_that_is_complete_lets_nobody_in_and_a_mock_begins_anew(
    room: RunningRoom, arrive: Arrive
) -> None:
    formal = arrive().prepare()
    long_ticket = formal.new_ticket(exp=int((ENDS + UPLOAD).timestamp()))
    room.at(ENDS)
    formal.hand_in()
    formal.ticket = long_ticket
    answer = formal.post_form(formal.form())
    assert (answer.status_code, code_of(answer.text)) == (403, "OS-2007")

    room.at(MOCKING)
    mock = arrive("mock").prepare()
    mock.call("begin")
    ends = mock.attempt["ends_at"]
    room.later(timedelta(minutes=14))
    mock.hand_in()
    assert mock.post_form(mock.form()).status_code == 403, "the ticket is older than the hand-in"
    room.later(SECOND)
    mock.ticket = mock.new_ticket()
    mock.enter().join()
    assert (mock.step, mock.attempt["ends_at"]) == ("consent", None) and ends is not None


def test_who_comes_back_after_the_hand_in_finishes_the_upload_and_no_more(
    room: RunningRoom, arrive: Arrive
) -> None:
    candidate = arrive().prepare()
    candidate.record()
    candidate.ticket = candidate.new_ticket(exp=int((ENDS + UPLOAD).timestamp()))
    room.at(ENDS + TAIL)
    answer = candidate.post_form(candidate.form())
    assert (answer.status_code, answer.headers["location"]) == (303, "/room/upload")
    assert candidate.join()["scope"] == "upload"
    assert (candidate.step, candidate.attempt["handed_in_by"]) == ("uploading", "clock")
    assert candidate.code("begin") == (403, "OS-2025")
    assert candidate.http.get("/room/").headers["location"] == "/room/upload"


def test_a_form_is_not_read_twice_or_endlessly(arrive: Arrive) -> None:
    candidate = arrive()
    form = candidate.form()
    for content in (
        f"ticket={form['ticket']}&ticket=x&at={form['at']}&proof={form['proof']}",
        "&".join(f"a{n}=1" for n in range(50)),
        "ticket=\xff",
    ):
        answer = candidate.http.post(
            "/enter",
            content=content.encode("latin-1"),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert (answer.status_code, code_of(answer.text)) == (400, "OS-2002")
    assert candidate.http.post("/enter", content=b"x" * 20_000).status_code == 413


def test_the_device_of_the_ticket_must_sign(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive()
    thief = arrive(jti=candidate.jti)
    thief.ticket = candidate.ticket
    assert thief.post_form(thief.form()).status_code == 403
    assert Ticket.verify(candidate.ticket, room.exam.charter.keys_for("ticket")).jti == candidate.jti


def test_the_computer_that_a_seat_left_does_not_come_back_with_its_old_ticket(
    room: RunningRoom, arrive: Arrive
) -> None:
    old = arrive().enter()
    room.later(timedelta(seconds=10))
    new = arrive(jti=old.jti).enter()
    new.join()
    answer = old.post_form(old.form())
    assert (answer.status_code, "OS-2250" in answer.text) == (403, True)
    look = old.http.post("/client/v1/look", json=old.look_body())
    assert (look.status_code, look.json()["code"]) == (403, "OS-2250")
    new.beat()
    room.later(timedelta(seconds=10))
    old.ticket = old.new_ticket()
    old.enter()
