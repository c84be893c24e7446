"""What operators do takes effect at once, is written down, and is refused to whom it is not for."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from httpx import Response

from oneseat.portal.desk import audit_page, bulk, forms, pages
from oneseat.state.accounts import audit
from oneseat.state.accounts.audit import AUDIT_HEAD_TYP, AuditHead
from oneseat.state.accounts.operators import Role
from oneseat.state.candidates import seat_support
from signing.jws import verify as verify_token
from tests.charters import at
from tests.portal.desk.desk_browser import HOME, DeskBrowser, code_of, signed_charter
from tests.portal.published_exam import CLOSES, EXAM, GRACE, SECOND, PublishedExam, Running
from tests.simulator import Candidate, Device, Person

Staff = Callable[[Role], DeskBrowser]
YES = {"confirmed": "yes"}


def _licence(exam: PublishedExam, person: Person) -> str:
    return exam.licence(person)


def _log(exam: PublishedExam) -> list[tuple[str, str, str]]:
    with exam.database.reading() as connection:
        audit.verify(connection)
        return [(one.actor, one.act, one.facts) for one in audit.latest(connection, EXAM, 20)]


def _activates(candidate: Candidate, exam: PublishedExam, device: Device | None = None) -> Response:
    return candidate.activate(_licence(exam, candidate.person), device=device)


def test_a_candidate_is_found_by_number_and_no_address_ever_holds_it(
    staff: Staff, exam: PublishedExam
) -> None:
    desk_of, person = staff(Role.VIEWER), exam.people[0]
    page = desk_of.find(f" {person.admission_number} ")
    assert page.status_code == 200
    assert person.admission_number in page.text
    assert [str(step.url) for step in page.history if person.admission_number in str(step.url)] == []
    assert str(page.url).endswith(f"/seats/{exam.jti(person)}")
    addresses = re.findall(r'(?:href|action|src)="([^"]*)"', page.text)
    assert not [address for address in addresses if person.admission_number in address]
    assert person.id_number not in page.text
    assert person.name not in page.text
    for nobody in ("999999999999", "0\0", "%"):
        unknown = desk_of.find(nobody)
        assert (unknown.status_code, code_of(unknown)) == (404, "OS-210")


def test_a_seat_moves_and_the_old_computers_key_dies(
    portal: Running, exam: PublishedExam, staff: Staff
) -> None:
    support, person, jti = staff(Role.SUPPORT), exam.people[0], exam.jti(exam.people[0])
    old, new, third = Device(), Device(), Device()
    assert code_of(support.act(jti, "move", **YES)) == "OS-211", "nothing to be moved yet"
    with portal.candidate(person) as candidate:
        assert _activates(candidate, exam, old).status_code == 200
        assert code_of(support.act(jti, "move")) == "OS-217", "not confirmed"
        assert "已办理更换" in support.act(jti, "move", **YES).text
        assert _activates(candidate, exam, old).json()["code"] == "OS-109"
        assert _activates(candidate, exam, new).status_code == 200
        assert _activates(candidate, exam, old).json()["code"] == "OS-109"
        assert _activates(candidate, exam, third).json()["code"] == "OS-103"
    moved = [line for line in _log(exam) if line[1] == "seat.moved"]
    assert moved == [("operator:a-support", "seat.moved", f'{{"jti":"{jti}"}}')]


def test_a_seat_moves_until_the_charters_deadline(portal: Running, exam: PublishedExam, staff: Staff) -> None:
    support, person = staff(Role.SUPPORT), exam.people[0]
    with portal.candidate(person) as candidate:
        assert _activates(candidate, exam).status_code == 200
    until = exam.charter.device_change_until
    for moment, code in ((until, "OS-212"), (until - SECOND, "")):
        portal.at(moment)
        support.log_in("a-support")
        assert code_of(support.act(exam.jti(person), "move", **YES)) == code, moment


def test_a_revoked_seat_is_shut_everywhere(portal: Running, exam: PublishedExam, staff: Staff) -> None:
    admin, person, jti = staff(Role.ADMIN), exam.people[0], exam.jti(exam.people[0])
    assert "许可已撤销" in admin.act(jti, "revoke", **YES).text
    with portal.candidate(person) as candidate:
        assert candidate.authenticate().json()["code"] == "OS-179"
        assert _activates(candidate, exam).json()["code"] == "OS-182"
    assert code_of(admin.act(jti, "revoke", **YES)) == "OS-213"


def test_a_reissue_is_queued_for_issue(exam: PublishedExam, staff: Staff) -> None:
    support, person = staff(Role.SUPPORT), exam.people[0]
    assert "重新签发队列" in support.act(exam.jti(person), "reissue", **YES).text
    assert code_of(support.act(exam.jti(person), "reissue", **YES)) == "OS-214"
    with exam.database.reading() as connection:
        waiting = seat_support.pending_reissues(connection, EXAM, [person.admission_number])
    assert waiting == {person.admission_number: exam.jti(person)}


def test_after_a_reissue_the_desk_shows_both_licences(exam: PublishedExam, staff: Staff) -> None:
    support, person = staff(Role.SUPPORT), exam.people[0]
    exam.publish(exam.issue(person, generation=2))
    for generation in (1, 2):
        page = support.http.get(f"{HOME}seats/{exam.jti(person, generation)}").text
        assert exam.jti(person, 2)[:8] in page
        assert "许可被新许可取代" in page
        assert "第 2 次签发" in page


def test_one_seat_downloads_after_the_window(
    portal: Running, exam: PublishedExam, staff: Staff, tmp_path: Path
) -> None:
    support, person = staff(Role.SUPPORT), exam.people[0]
    late = CLOSES + timedelta(hours=3)
    portal.at(late)
    support.log_in("a-support")
    with portal.candidate(person) as candidate, portal.candidate(exam.people[1]) as other:
        assert candidate.authenticate().json()["code"] == "OS-174"
        assert code_of(support.act(exam.jti(person), "allow", hours="5")) == "OS-217"
        assert "现在可以下载" in support.act(exam.jti(person), "allow", hours="2").text
        candidate.download(tmp_path / "got.exe")
        assert other.authenticate().json()["code"] == "OS-174"
        portal.at(late + timedelta(hours=2) + GRACE)
        assert candidate.session()["download"] is None
    assert (tmp_path / "got.exe").read_bytes() == exam.stamped(person)


def test_an_allowance_ends_to_the_second(portal: Running, exam: PublishedExam, staff: Staff) -> None:
    support, person = staff(Role.SUPPORT), exam.people[0]
    late = CLOSES + timedelta(hours=3)
    portal.at(late)
    support.log_in("a-support")
    support.act(exam.jti(person), "allow", hours="1")
    with portal.candidate(person) as candidate:
        portal.at(late + timedelta(hours=1) - SECOND)
        assert candidate.authenticate().status_code == 200
        portal.at(late + timedelta(hours=1))
        assert candidate.authenticate().json()["code"] == "OS-174"


def test_a_spent_budget_is_reset(portal: Running, exam: PublishedExam, staff: Staff) -> None:
    support, person = staff(Role.SUPPORT), exam.people[0]
    with portal.candidate(person) as candidate:
        for _ in range(7):
            candidate.authenticate(name="wrong")
        assert candidate.authenticate().json()["code"] == "OS-171"
        assert "已清零" in support.act(exam.jti(person), "reset").text
        assert candidate.authenticate().status_code == 200


@pytest.mark.parametrize(
    ("role", "act", "allowed"),
    [
        (Role.VIEWER, "move", False),
        (Role.VIEWER, "reset", False),
        (Role.SUPPORT, "reset", True),
        (Role.SUPPORT, "revoke", False),
        (Role.ADMIN, "reissue", True),
    ],
)
def test_a_role_does_what_it_may(
    staff: Staff, exam: PublishedExam, role: Role, act: str, allowed: bool
) -> None:
    desk_of, jti = staff(role), exam.jti(exam.people[0])
    page = f"{HOME}seats/{jti}"
    shown = desk_of.http.get(page).text
    assert (f"{page}/{act}" in shown) == allowed, "what may not be done is not offered"
    answer = desk_of.send(page, f"{page}/{act}", **YES)
    assert (code_of(answer) == "OS-209") != allowed


def test_viewers_and_support_see_no_settings_and_viewers_no_list(staff: Staff) -> None:
    viewer, support = staff(Role.VIEWER), staff(Role.SUPPORT)
    assert code_of(viewer.http.get(f"{HOME}settings")) == "OS-209"
    assert code_of(support.http.get(f"{HOME}settings")) == "OS-209"
    assert code_of(viewer.send(HOME, f"{HOME}not-downloaded.csv")) == "OS-209"
    assert f"{HOME}settings" not in viewer.http.get(HOME).text


def test_the_list_of_who_has_not_downloaded_holds_numbers_and_nothing_else(
    portal: Running, exam: PublishedExam, staff: Staff, tmp_path: Path
) -> None:
    support = staff(Role.SUPPORT)
    with portal.candidate(exam.people[0]) as candidate:
        candidate.download(tmp_path / "whole.exe")
    with portal.candidate(exam.people[1]) as candidate:
        granted = candidate.session()
        url = granted["download"]["url"]
        headers = {"authorization": f"Bearer {granted['session']}", "range": "bytes=0-99"}
        assert candidate.http.get(url, headers=headers).status_code == 206
    exam.revoke(exam.people[2])
    answer = support.send(HOME, f"{HOME}not-downloaded.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith("\ufeff".encode())
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    numbers = [person.admission_number for person in exam.people]
    expected = [[numbers[1], "未完成"], *([number, "未下载"] for number in numbers[3:])]
    assert rows == [["准考证号", "状态"], *expected]
    assert f'<p class="missing-figure" data-live="missing">{len(expected)}</p>' in support.http.get(HOME).text
    assert _log(exam)[0][1] == "missing.exported"


def test_a_newer_charter_extends_the_window_at_once(
    portal: Running, exam: PublishedExam, staff: Staff
) -> None:
    admin = staff(Role.ADMIN)
    portal.at(CLOSES)
    admin.log_in("a-admin")
    with portal.candidate(exam.people[0]) as candidate:
        assert candidate.authenticate().json()["code"] == "OS-174"
        longer = signed_charter(exam, CLOSES + timedelta(hours=1), version=2)
        assert "新版考试规程已生效" in admin.upload(longer).text
        assert candidate.authenticate().status_code == 200
    assert ("operator:a-admin", "charter.published", '{"version":2}') in _log(exam)


def test_a_charter_that_would_do_harm_is_refused(portal: Running, exam: PublishedExam, staff: Staff) -> None:
    admin = staff(Role.ADMIN)
    good = signed_charter(exam, version=2)
    refused = {
        "older": signed_charter(exam, CLOSES + timedelta(hours=1), version=1),
        "another exam's": signed_charter(exam, version=2, exam="other"),
        "another key's": signed_charter(exam, version=2, signer=exam.keys.authority.signer("licence")),
        "without our key": signed_charter(exam, version=2, keys=exam.charter.keys[:1]),
        "without our client": signed_charter(exam, version=2, builds=("build-9",)),
        "changed": good[:-4] + "AAAA",
        "empty": "",
        "no text": "规程",
    }
    for what, token in refused.items():
        answer = admin.upload(token)
        assert (answer.status_code, code_of(answer)) == (422, "OS-215"), what
    assert admin.upload(good).status_code == 200
    assert code_of(admin.upload(good)) == "OS-215", "the one in force"
    published = [line for line in _log(exam) if line[1] == "charter.published"]
    assert len(published) == 1


@pytest.mark.parametrize(
    ("now", "near"),
    [
        (at(10, 9, 10) - timedelta(seconds=1), False),
        (at(10, 9, 10), True),
        (at(10, 11, 5), True),
        (at(10, 11, 40) - timedelta(seconds=1), True),
        (at(10, 11, 40), False),
    ],
)
def test_near_an_interview_maintenance_and_a_new_charter_need_the_chiefs_name(
    portal: Running, exam: PublishedExam, staff: Staff, now: datetime, near: bool
) -> None:
    admin = staff(Role.ADMIN)
    portal.at(now)
    admin.log_in("a-admin")
    token = signed_charter(exam, version=2)
    assert ("批准人" in admin.preview(token).text) is near
    rest = {"rest": "yes", "back_at": ""}
    assert ("批准人" in admin.send(f"{HOME}settings", f"{HOME}maintenance", **rest).text) is near
    begun = admin.send(f"{HOME}settings", f"{HOME}maintenance", **rest, confirmed="yes")
    published = admin.send(f"{HOME}settings", f"{HOME}charter", token=token)
    if not near:
        assert (begun.status_code, published.status_code) == (200, 200)
        return
    assert [(page.status_code, code_of(page)) for page in (begun, published)] == [(409, "OS-951")] * 2
    named = {"ordered_by": " 测试\0主考  甲 "}
    assert admin.send(f"{HOME}settings", f"{HOME}maintenance", **rest, confirmed="yes", **named).is_success
    assert admin.send(f"{HOME}settings", f"{HOME}charter", token=token, **named).is_success
    kept = [line for line in _log(exam) if line[1] in ("charter.published", "maintenance.started")]
    assert len(kept) == 2 and all("测试主考 甲" in str(line) for line in kept)


def test_maintenance_keeps_candidates_out_and_the_desk_open(
    portal: Running, exam: PublishedExam, staff: Staff
) -> None:
    admin = staff(Role.ADMIN)
    asked = {"rest": "yes", "back_at": "2035-01-04T14:30"}
    preview = admin.send(f"{HOME}settings", f"{HOME}maintenance", **asked)
    assert "维护不会延长下载时间" in preview.text
    assert "平台正在维护" not in admin.http.get(HOME).text
    sent = admin.send(f"{HOME}settings", f"{HOME}maintenance", **asked, confirmed="yes")
    assert "平台正在维护" in sent.text
    with portal.candidate(exam.people[0]) as candidate:
        page = candidate.http.get(f"/e/{EXAM}/")
        assert (page.status_code, code_of(page)) == (503, "OS-216")
        assert "2035年1月4日（星期四）14:30" in re.sub(r"<[^>]+>", "", page.text)
        answer = candidate.authenticate()
        assert (answer.status_code, answer.json()["code"]) == (503, "OS-216")
        assert int(answer.headers["retry-after"]) > 0
        assert candidate.http.get(f"{candidate.api}/charter").status_code == 503
        assert candidate.http.get("/healthz").status_code == 200
        assert candidate.http.get("/readyz").json()["code"] == "OS-194"
        assert admin.http.get(HOME).status_code == 200
        assert "恢复服务" in admin.send(f"{HOME}settings", f"{HOME}maintenance", rest="no").text
        assert candidate.authenticate().status_code == 200
        assert candidate.http.get("/readyz").status_code == 200
    acts = [line[1] for line in _log(exam)]
    assert acts[:2] == ["maintenance.ended", "maintenance.started"]


@pytest.mark.parametrize("back_at", ["2035-01-04T11:59", "soon"])
def test_maintenance_is_not_over_before_it_begins(staff: Staff, back_at: str) -> None:
    admin = staff(Role.ADMIN)
    answer = admin.send(f"{HOME}settings", f"{HOME}maintenance", rest="yes", back_at=back_at)
    assert code_of(answer) == "OS-217"


def test_the_signed_head_commits_to_the_log_as_it_is(exam: PublishedExam, staff: Staff) -> None:
    viewer = staff(Role.VIEWER)
    answer = viewer.send(f"{HOME}audit", f"{HOME}audit/head")
    assert "attachment" in answer.headers["content-disposition"]
    signer = exam.keys.portal.signer("activation")
    claims = verify_token(answer.text.strip(), AUDIT_HEAD_TYP, {signer.kid: signer.public_key})
    head = AuditHead(claims["entries"], bytes.fromhex(claims["digest"]))
    assert claims["exam"] == EXAM
    viewer.send(HOME, f"{HOME}logout")
    with exam.database.reading() as connection:
        assert audit.verify(connection, head)[0] == head.entries + 1


def test_no_page_that_is_fetched_writes_to_the_log(
    portal: Running, exam: PublishedExam, staff: Staff
) -> None:
    admin, jti = staff(Role.ADMIN), exam.jti(exam.people[0])
    before = _log(exam)
    values = {"exam": EXAM, "jti": jti, "act": "move", "name": "silent"}
    paths = {
        re.sub(r"\{(\w+)\}", lambda match: values[match[1]], route.path)
        for module in (pages, forms, audit_page, bulk)
        for route in module.router.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ())
    }
    assert len(paths) > 10
    for path in paths:
        assert admin.http.get(path).status_code == 200, path
    assert _log(exam) == before


def test_support_ends_a_candidates_logins(portal: Running, exam: PublishedExam, staff: Staff) -> None:
    support, person = staff(Role.SUPPORT), exam.people[0]
    with portal.candidate(person) as candidate:
        assert candidate.log_in().url.path == f"/e/{EXAM}/download"
        assert "退出登录" in support.act(exam.jti(person), "log-out").text
        assert candidate.http.get(f"/e/{EXAM}/download").status_code == 303
        assert candidate.log_in().url.path == f"/e/{EXAM}/download"
    assert _log(exam)[0][1] == "seat.logged-out"


def test_failed_activations_are_shown_and_reset_as_well(
    portal: Running, exam: PublishedExam, staff: Staff
) -> None:
    support, (person, stranger) = staff(Role.SUPPORT), exam.people[:2]
    with portal.candidate(person) as candidate:
        while candidate.activate(exam.licence(person), identity=stranger).status_code == 403:
            pass
        assert '<dd class="number">5</dd>' in support.http.get(f"{HOME}seats/{exam.jti(person)}").text
        support.act(exam.jti(person), "reset")
        assert candidate.activate(exam.licence(person)).status_code == 200


def test_an_act_that_fails_leaves_no_line(exam: PublishedExam, staff: Staff) -> None:
    support = staff(Role.SUPPORT)
    before = _log(exam)
    assert code_of(support.act(exam.jti(exam.people[0]), "move", **YES)) == "OS-211"
    assert _log(exam) == before


def test_where_forms_are_sent_to_is_no_page(exam: PublishedExam, staff: Staff) -> None:
    viewer, jti = staff(Role.VIEWER), exam.jti(exam.people[0])
    for address in ("candidate", "logout", "charter", "maintenance", "audit/head", "not-downloaded.csv"):
        assert str(viewer.http.get(f"{HOME}{address}").url).endswith(HOME)
    assert str(viewer.http.get(f"{HOME}seats/{jti}/move").url).endswith(f"/seats/{jti}")
    assert viewer.send(HOME, f"{HOME}seats/{jti}/paint").status_code == 404
    assert code_of(viewer.http.get(f"{HOME}seats/{'0' * 32}")) == "OS-210"
