"""Issuing phone licences: one for every seat, from the stored licences, and after a kill for the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from oneseat.pipeline.errors import OfOtherExam
from oneseat.pipeline.issuing import issuer, phones
from oneseat.pipeline.issuing.errors import StoredLicenceInvalid
from oneseat.pipeline.issuing.phones import PhoneIssuer
from oneseat.pipeline.roster.sample import Person
from oneseat.state.errors import RunInProgress
from signing.refusals import TokenTypeWrong
from signing.tokens import Licence, PhoneLicence
from tests.forked import Forked
from tests.pipeline import issue_phones_in_a_process
from tests.pipeline.exam_workspace import MANIFEST, NOW, ExamWorkspace, other_base, people

HERE = Path(__file__).parent
PHONE = replace(MANIFEST, build="d" * 64, authenticode_sha256="e" * 64)


def _issuer(workspace: ExamWorkspace, **changes: object) -> PhoneIssuer:
    rings = workspace.rings
    made = PhoneIssuer(
        workspace.exam, workspace.manifest, PHONE, rings.authority, workspace.database, workspace.clock
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def _tokens(workspace: ExamWorkspace, edition: int) -> dict[str, str]:
    rows = workspace.rows("licences")["licences"]
    return {str(row[0]): str(row[-1]) for row in rows if row[1] == edition}


def _keys(workspace: ExamWorkspace) -> dict[str, bytes]:
    signer = workspace.rings.authority.signer("licence")
    return {signer.kid: signer.public_key}


def test_a_phone_licence_has_its_seats_tag_and_is_no_installers(workspace: ExamWorkspace) -> None:
    workspace.issue(people(3))
    done = _issuer(workspace).issue()
    assert (done.exam, done.base, done.build, done.issued) == ("demo", "e" * 64, "d" * 64, 3)
    keys, installers, phone_tokens = _keys(workspace), _tokens(workspace, 1), _tokens(workspace, 2)
    assert phone_tokens.keys() == installers.keys()
    for jti, token in phone_tokens.items():
        installer, phone = Licence.verify(installers[jti], keys), PhoneLicence.verify(token, keys)
        assert (phone.jti, phone.seat, phone.exam) == (jti, installer.seat, "demo")
        assert (phone.base, phone.build) == ("e" * 64, "d" * 64)
        assert (phone.nbf, phone.exp) == (NOW.timestamp(), workspace.exam.ends.timestamp())
        with pytest.raises(TokenTypeWrong):
            Licence.verify(token, keys)
        with pytest.raises(TokenTypeWrong):
            PhoneLicence.verify(installers[jti], keys)
    editions = workspace.rows("editions")["editions"]
    assert [row[-1] for row in editions] == ["installer", "phone"]


def test_only_seats_without_one_get_one(workspace: ExamWorkspace) -> None:
    assert _issuer(workspace).issue().issued == 0
    workspace.issue(people(3))
    assert _issuer(workspace).issue().issued == 3
    before = workspace.rows("licences")
    assert _issuer(workspace).issue().issued == 0
    assert workspace.rows("licences") == before
    listed = people(5)
    listed[1] = Person(listed[1].name + "乙", *listed[1][1:])
    workspace.issue(listed)
    assert _issuer(workspace).issue().issued == 3  # two new seats, and the new licence of one
    # A new installer is no reason for a new phone licence.
    workspace.issue(listed, other_base())
    assert _issuer(workspace, installer=other_base()).issue().issued == 0
    assert _issuer(workspace, phone=replace(PHONE, build="f" * 64)).issue().issued == 5


def test_issuing_for_installers_passes_over_phone_licences(workspace: ExamWorkspace) -> None:
    workspace.issue(people(4))
    _issuer(workspace).issue()
    again = workspace.issue(people(4))
    assert (again.unchanged, again.reissued) == (4, 0)
    refreshed = workspace.issue(people(4), other_base())
    assert (refreshed.refreshed, refreshed.reissued) == (4, 0)


def test_a_seat_tag_that_the_key_never_signed_is_not_signed(workspace: ExamWorkspace) -> None:
    workspace.issue(people(2))
    tokens = sorted(_tokens(workspace, 1).items())
    (first, token), (_, other) = tokens
    for forged in (other, token[:-8] + "AAAAAAAA"):
        with workspace.database.writing() as connection:
            connection.execute(
                text("UPDATE licences SET token = :token WHERE jti = :jti"), {"token": forged, "jti": first}
            )
        with pytest.raises(StoredLicenceInvalid) as caught:
            _issuer(workspace).issue()
        assert caught.value.facts["jti"] == first
        assert not _tokens(workspace, 2)


def test_a_stranger_is_refused_and_two_runs_exclude_each_other(workspace: ExamWorkspace) -> None:
    with pytest.raises(OfOtherExam):
        _issuer(workspace, phone=replace(PHONE, exam="other")).issue()
    with workspace.database.exclusive(issuer.lock_name("demo")), pytest.raises(RunInProgress):
        _issuer(workspace).issue()


def test_killed_and_run_again_every_seat_has_one(
    workspace: ExamWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.issue(people(60))
    rings = workspace.rings.for_processes()
    with Forked(issue_phones_in_a_process.main, workspace.folder, PHONE, **rings) as process:
        assert process.stdout.readline() == "10\n"
    kept = _tokens(workspace, 2)
    assert 0 < len(kept) < 60
    monkeypatch.setattr(phones, "CHUNK", 10)
    reported: list[int] = []
    done = _issuer(workspace).issue(lambda progress: reported.append(progress.rows))
    assert done.issued == 60 - len(kept) == reported[-1]
    after = _tokens(workspace, 2)
    assert after.keys() == _tokens(workspace, 1).keys()
    assert kept.items() <= after.items()
