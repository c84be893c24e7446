"""Seats that a roster no longer names are counted, withdrawn on request, and come back with the person."""

from __future__ import annotations

import hmac
from collections import Counter

import pytest
from sqlalchemy import text

from oneseat.pipeline.issuing import report
from oneseat.pipeline.issuing.errors import WithdrawalUncertain
from oneseat.pipeline.issuing.issuer import Issued, Step
from oneseat.pipeline.roster.sample import Person
from oneseat.state.accounts import audit
from oneseat.state.candidates import seat_list, seats
from signing.binding import length_prefixed, login_tag
from tests.pipeline.exam_workspace import EXAM, NOW, ExamWorkspace, other_base, people


def issue(workspace: ExamWorkspace, listed: list[Person], *, withdraw: bool = False) -> Issued:
    return workspace.issuer().issue(workspace.roster(listed), withdraw_missing=withdraw)


def revoked(workspace: ExamWorkspace) -> dict[str, str]:
    """The jtis that are revoked, and why."""
    return {str(row[0]): str(row[3]) for row in workspace.rows("revocations")["revocations"]}


def newest(workspace: ExamWorkspace) -> dict[str, str]:
    return {str(row[1]): str(row[3]) for row in workspace.rows("seats")["seats"]}


def test_seats_that_a_roster_does_not_name_are_counted_and_kept(workspace: ExamWorkspace) -> None:
    assert issue(workspace, people(20)).not_in_roster == 0
    issued = issue(workspace, people(15))
    assert (issued.unchanged, issued.not_in_roster, issued.withdrawn) == (15, 5, 0)
    assert revoked(workspace) == {}
    assert report.of(EXAM, workspace.database, NOW).issue_run.not_in_roster == 5
    assert "5 个有效席位不在本次名单中" in report.page(report.of(EXAM, workspace.database, NOW), EXAM.zone)


def test_a_person_with_a_new_number_leaves_the_old_seat_behind(workspace: ExamWorkspace) -> None:
    listed = people(10)
    issue(workspace, listed)
    listed[4] = Person(*listed[4][:2], "999999999999")
    issued = issue(workspace, listed)
    assert (issued.added, issued.not_in_roster) == (1, 1)


def test_a_faulty_row_still_names_its_seat(workspace: ExamWorkspace) -> None:
    listed = people(10)
    issue(workspace, listed)
    listed[4] = Person(listed[4].name, "000", listed[4].admission_number)
    listed[5] = Person(listed[5].name, listed[6].id_number, listed[5].admission_number)
    issued = issue(workspace, listed)
    assert (issued.faulty, issued.not_in_roster) == (2, 0)


def test_missing_seats_are_withdrawn_on_request_with_an_audit_entry_each(workspace: ExamWorkspace) -> None:
    listed = people(20)
    issue(workspace, listed)
    issued = issue(workspace, listed[:15], withdraw=True)
    assert (issued.not_in_roster, issued.withdrawn) == (5, 5)
    gone = {newest(workspace)[person.admission_number] for person in listed[15:]}
    assert revoked(workspace) == dict.fromkeys(gone, seats.WITHDRAWN)
    with workspace.database.reading() as connection:
        acts = Counter(entry.act for entry in audit.latest(connection, EXAM.id, 100))
        audit.verify(connection)
    assert acts == {"issue": 2, "seat.revoked": 5}
    assert issue(workspace, listed[:15], withdraw=True).not_in_roster == 0, "withdrawn seats are not missing"


def test_who_is_back_on_the_roster_gets_a_new_licence(workspace: ExamWorkspace) -> None:
    listed = people(10)
    issue(workspace, listed)
    issue(workspace, listed[:8], withdraw=True)
    issued = issue(workspace, listed)
    assert (issued.reissued, issued.unchanged, issued.not_in_roster) == (2, 8, 0)
    assert not set(newest(workspace).values()) & set(revoked(workspace))
    assert issue(workspace, listed).reissued == 0


def test_a_roster_does_not_undo_what_an_operator_revoked(workspace: ExamWorkspace) -> None:
    listed = people(3)
    issue(workspace, listed)
    jti = newest(workspace)[listed[0].admission_number]
    with workspace.database.writing() as connection:
        seats.revoke(connection, EXAM.id, jti, NOW, seats.BY_OPERATOR)
    assert issue(workspace, listed).unchanged == 3
    assert newest(workspace)[listed[0].admission_number] == jti


def test_nothing_is_withdrawn_while_a_row_is_faulty(workspace: ExamWorkspace) -> None:
    listed = people(10)
    issue(workspace, listed)
    broken = [*listed[:7], Person(*listed[7][:2], "12")]
    with pytest.raises(WithdrawalUncertain):
        issue(workspace, broken, withdraw=True)
    assert revoked(workspace) == {}
    assert len(workspace.rows("batches")["batches"]) == 1


def test_a_plan_counts_missing_seats_and_lists_what_it_would_withdraw(workspace: ExamWorkspace) -> None:
    listed = people(10)
    issue(workspace, listed)
    steps: list[Step] = []
    roster = workspace.roster(listed[:8])
    planned = workspace.issuer().plan(roster, on_step=steps.append)
    assert (planned.not_in_roster, planned.withdraw, steps) == (2, 0, [])
    planned = workspace.issuer().plan(roster, withdraw_missing=True, on_step=steps.append)
    assert (planned.not_in_roster, planned.withdraw) == (2, 2)
    gone = {newest(workspace)[person.admission_number] for person in listed[8:]}
    assert {(step.act, step.why, step.jti) for step in steps} == {("withdraw", "gone", jti) for jti in gone}
    assert revoked(workspace) == {}
    assert workspace.issuer().issue(roster, withdraw_missing=True).withdrawn == 2


def test_a_licence_that_waits_for_its_publication_is_withdrawn_with_the_published_one(
    workspace: ExamWorkspace,
) -> None:
    listed = people(2)
    issue(workspace, listed)
    with workspace.database.writing() as connection:
        connection.execute(text("UPDATE seats SET published_jti = jti"))
    published = newest(workspace)[listed[0].admission_number]
    issue(workspace, [Person(listed[0].name + "改", *listed[0][1:]), listed[1]])
    waiting = newest(workspace)[listed[0].admission_number]
    issue(workspace, listed[1:], withdraw=True)
    assert set(revoked(workspace)) == {published, waiting}


def test_several_workers_agree_on_what_is_missing(workspace: ExamWorkspace) -> None:
    listed = people(30)
    issue(workspace, listed)
    with workspace.database.reading() as connection:
        assert sum(1 for _ in seat_list.all_seats(connection, EXAM.id)) == 30
    assert issue(workspace, listed[10:]).not_in_roster == 10


# ----------------------------------------------------------------------------- seats of the first form


def first_form_tag(workspace: ExamWorkspace, person: Person) -> bytes:
    """The tag as it was computed before names had a second form: the middle dot is part of the name."""
    parts = (b"oneseat/login/v1", *(value.encode() for value in person))
    return hmac.digest(workspace.rings.authority.secret("pepper"), length_prefixed(*parts), "sha256")


def dotted(workspace: ExamWorkspace) -> tuple[list[Person], str]:
    """Seats of which one was issued under the first form, and that one's jti."""
    listed = people(5)
    listed[2] = Person("阿卜杜拉·买买提", *listed[2][1:])
    issue(workspace, listed)
    jti = newest(workspace)[listed[2].admission_number]
    with workspace.database.writing() as connection:
        connection.execute(
            text("UPDATE licences SET login_tag = :tag WHERE jti = :jti"),
            {"tag": first_form_tag(workspace, listed[2]), "jti": jti},
        )
    return listed, jti


def tags(workspace: ExamWorkspace, jti: str) -> list[object]:
    return [row[4] for row in workspace.rows("licences")["licences"] if row[0] == jti]


def test_a_seat_of_the_first_form_keeps_its_licence_and_gets_the_tag_of_the_current_one(
    workspace: ExamWorkspace,
) -> None:
    listed, jti = dotted(workspace)
    before = {row[0]: row[-1] for row in workspace.rows("licences")["licences"]}
    steps: list[Step] = []
    workspace.issuer().plan(workspace.roster(listed), on_step=steps.append)
    assert [(step.act, step.why, step.jti) for step in steps] == [("refresh", "spelling", jti)]
    issued = issue(workspace, listed)
    assert (issued.unchanged, issued.refreshed, issued.reissued) == (4, 1, 0)
    assert tags(workspace, jti) == [login_tag(workspace.rings.authority.secret("pepper"), *listed[2])]
    assert {row[0]: row[-1] for row in workspace.rows("licences")["licences"]} == before
    assert issue(workspace, listed).unchanged == 5


def test_a_new_base_refreshes_a_seat_of_the_first_form_like_any_other(workspace: ExamWorkspace) -> None:
    listed, jti = dotted(workspace)
    issued = workspace.issue(listed, other_base())
    assert (issued.refreshed, issued.reissued) == (5, 0)
    assert len(set(tags(workspace, jti))) == 2
    assert workspace.issue(listed, other_base()).unchanged == 5


def test_another_person_under_a_number_of_the_first_form_is_reissued(workspace: ExamWorkspace) -> None:
    listed, _ = dotted(workspace)
    listed[2] = Person("阿卜杜拉·买买", *listed[2][1:])
    assert issue(workspace, listed).reissued == 1
