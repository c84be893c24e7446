"""A project's phone app: which exams have one, which key signs it, and which builds the charter accepts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oneseat.commands.base import warn_of_phone_key
from oneseat.commands.console import Console
from oneseat.pipeline import builds
from oneseat.pipeline.base.finished import Base
from oneseat.pipeline.events import ignore
from oneseat.pipeline.keys import rings
from oneseat.pipeline.phone import current_phone
from oneseat.pipeline.phone.errors import PhoneHasNoRoom, PhoneIdentityUnusable
from oneseat.pipeline.project import Project
from signing.clock import FixedClock
from tests.demo_exam import WITHOUT_PHONES
from tests.pipeline.exam_workspace import MANIFEST

COMPANION = 'companion = { zh = "智考通", en = "Zhikaotong"'
PASSPHRASE = b"of the tests"


def _project(folder: Path, *, kind: str = "both", room: bool = True) -> Project:
    text = WITHOUT_PHONES.read_text("utf-8").replace(f"{COMPANION} }}", f'{COMPANION}, kind = "{kind}" }}')
    if not room:
        text = text.replace('[exam_room]\nkind = "oneseat"', "[exam_room]")
    (folder / "exam.toml").write_text(text, "utf-8")
    clock = FixedClock(datetime(2026, 11, 28, tzinfo=UTC))
    return Project(folder / "exam.toml", folder / "dist", lambda: PASSPHRASE, clock)


@pytest.mark.service
def test_the_charter_accepts_client_and_phone_app(tmp_path: Path) -> None:
    project = _project(tmp_path)
    rings.init(project.workspace, PASSPHRASE, project.clock, rehearsal=True)
    client, phone = builds.present_ids(project)
    assert phone == current_phone.inputs(project).build_id != client
    made = current_phone.builder(project, None, ignore, ignore)
    assert made.inputs.build_id == phone and made.rehearsal
    assert made.folder == project.workspace.phone
    assert made.identity.is_development, "none was given"
    again = current_phone.builder(project, project.workspace.phone_signing, ignore, ignore)
    assert again.identity == made.identity, "the second time it is the same key"
    assert current_phone.verifier(project, None, ignore, ignore).identity == made.identity
    with pytest.raises(PhoneIdentityUnusable, match=r"missing\.p12"):
        current_phone.builder(project, tmp_path / "missing.p12", ignore, ignore)


@pytest.mark.service
def test_the_facts_come_from_the_exam_file(tmp_path: Path) -> None:
    facts = current_phone.inputs(_project(tmp_path)).facts
    assert facts.application_id == "oneseat.phone.e_demo"
    assert facts.app.zh == "智考通"
    assert '"page_url": "http://127.0.0.1:8766/phone/"' in facts.exam_file("b")


def test_verifying_makes_no_key(tmp_path: Path) -> None:
    project = _project(tmp_path)
    assert current_phone.verifier(project, None, ignore, ignore).identity is None
    assert not project.workspace.phone_signing.exists()


@pytest.mark.parametrize("kind", ["", "page"], ids=["none", "page"])
def test_an_exam_without_an_app_builds_none(tmp_path: Path, kind: str) -> None:
    project = _project(tmp_path, kind=kind)
    assert builds.build_phone(project, None, ignore, ignore) is None
    assert builds.verify_phone(project, None, ignore, ignore) == []


def test_an_app_without_a_room_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PhoneHasNoRoom, match="no exam room of this project"):
        current_phone.inputs(_project(tmp_path, room=False))


@pytest.mark.parametrize(("development", "warned"), [(True, True), (False, False)], ids=["ours", "theirs"])
def test_a_development_key_is_said_loudly(
    development: bool, warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = replace(MANIFEST, development_certificate=development)
    console = Console(as_json=False, verbose=False, quiet=True)
    warn_of_phone_key(console, Base(Path("phone"), manifest))
    warn_of_phone_key(console, None)
    assert ("DEVELOPMENT KEY" in capsys.readouterr().err) == warned
