"""``issue`` with optional columns: the state gets what a roster gave, encrypted, and licences stay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from oneseat.pipeline.issuing.issuer import Issued
from oneseat.pipeline.roster.csv_files import write_csv
from oneseat.pipeline.roster.sample import sample
from oneseat.state.candidates import seat_terms
from oneseat.state.candidates.term_rows import NO_TERMS, SealedTerms
from oneseat.state.tables.issuing import SeatTermsRow
from signing.authority.errors import SealBroken
from signing.authority.sealed_terms import TermsSealer
from tests.pipeline.exam_workspace import EXAM, ExamWorkspace

PEOPLE = list(sample(3, 3, EXAM))
HEADER = ("姓名", "身份证号", "准考证号")
ALL = ("场次", "试卷", "延长分钟", "便利措施")
ONE, TWO, THREE = (person.admission_number for person in PEOPLE)


def issue(workspace: ExamWorkspace, *terms: Sequence[object], titles: Sequence[str] = ALL) -> Issued:
    path = workspace.folder / "terms.csv"
    rows = [(*person, *cells) for person, cells in zip(PEOPLE, terms, strict=True)]
    write_csv(path, (*HEADER, *titles), rows)
    return workspace.issuer().issue(path)


def stored(workspace: ExamWorkspace, number: str) -> SealedTerms:
    with workspace.database.reading() as connection:
        return seat_terms.find(connection, "demo", number)


def opened(workspace: ExamWorkspace, number: str) -> tuple[int, tuple[str, ...]]:
    sealer, terms = (
        TermsSealer(workspace.rings.authority.secret("delivery"), "demo"),
        stored(workspace, number),
    )
    extra = sealer.open_extra(number, terms.sealed_extra)
    return extra, sealer.open_adjustments(number, terms.sealed_adjustments)


def test_terms_reach_the_state_and_only_session_and_paper_are_legible(workspace: ExamWorkspace) -> None:
    issued = issue(workspace, ("1", "b", "5", "助听设备"), ("", "", "", ""), ("1", "", "", ""))
    assert (issued.added, issued.with_terms) == (3, 2)
    assert stored(workspace, ONE)[:2] == (0, "b")
    assert opened(workspace, ONE) == (5, ("hearing_aid",))
    assert stored(workspace, TWO) == NO_TERMS
    sealed = stored(workspace, ONE)
    assert sealed.sealed_extra is not None
    assert sealed.sealed_adjustments is not None
    assert len(sealed.sealed_extra) == len(sealed.sealed_adjustments)
    assert b"hearing" not in sealed.sealed_adjustments
    with pytest.raises(SealBroken):
        TermsSealer(workspace.rings.authority.secret("delivery"), "demo").open_extra(TWO, sealed.sealed_extra)


def test_a_later_roster_changes_its_own_columns_and_no_licence(workspace: ExamWorkspace) -> None:
    issue(workspace, ("1", "b", "5", "轮椅"), ("1", "", "3", ""), ("1", "", "", ""))
    issued = issue(workspace, ("",), ("4",), ("",), titles=("延长分钟",))
    assert (issued.unchanged, issued.reissued, issued.refreshed) == (3, 0, 0)
    assert stored(workspace, ONE)[:2] == (0, "b")
    assert opened(workspace, ONE) == (0, ("wheelchair",))
    assert opened(workspace, TWO) == (4, ())


def test_a_roster_without_the_columns_leaves_everything(workspace: ExamWorkspace) -> None:
    issue(workspace, ("1", "b", "5", "轮椅"), ("1", "", "", ""), ("1", "", "", ""))
    before = stored(workspace, ONE)
    issue(workspace, (), (), (), titles=())
    assert stored(workspace, ONE) == before


def test_terms_do_not_pass_to_another_person(workspace: ExamWorkspace) -> None:
    issue(workspace, ("1", "b", "5", "轮椅"), ("1", "", "", ""), ("1", "", "", ""))
    path = workspace.folder / "changed.csv"
    other = list(sample(4, 9, EXAM))[3]
    write_csv(path, HEADER, [(other.name, other.id_number, ONE), *PEOPLE[1:]])
    assert workspace.issuer().issue(path).reissued == 1
    assert stored(workspace, ONE) == NO_TERMS
    assert stored(workspace, TWO).session == 0


def test_the_same_roster_again_writes_nothing(workspace: ExamWorkspace) -> None:
    def changed() -> list[object]:
        with workspace.database.reading() as connection:
            return list(connection.scalars(select(SeatTermsRow.changed_at)))

    terms = (("1", "b", "5", "轮椅"), ("1", "", "", ""), ("1", "", "", ""))
    issue(workspace, *terms)
    before = changed()
    issue(workspace, *terms)
    assert changed() == before


def test_a_plan_writes_no_terms(workspace: ExamWorkspace, tmp_path: Path) -> None:
    write_csv(tmp_path / "plan.csv", (*HEADER, "试卷"), [(*person, "a") for person in PEOPLE])
    workspace.issuer().plan(tmp_path / "plan.csv", on_step=lambda _: None)
    assert stored(workspace, ONE) == NO_TERMS
    issued = workspace.issuer().issue(tmp_path / "plan.csv")
    assert (issued.added, stored(workspace, ONE).paper) == (3, "a")
