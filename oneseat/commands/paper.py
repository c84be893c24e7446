"""``paper``: check, read and seal the papers of an exam."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Group, pass_context

if TYPE_CHECKING:
    from oneseat.pipeline.exam.model import Exam
    from oneseat.room.papers.checking import CheckedPapers
    from oneseat.room.papers.faults import PaperFault
    from oneseat.room.papers.sessions import PaperSession

SHOWN_WARNING = (
    "THE QUESTIONS FOLLOW. Nobody else may see this screen, and nothing of it may be kept.\n"
    "以下是试题原文：请确认周围无人能看到屏幕，不要截屏、打印或留存。"
)


@click.group(cls=Group)
def paper() -> None:
    """Check, read and seal the papers of an exam."""


@paper.command("check")
@click.argument("folder", type=PATH)
@click.option("--strict", is_flag=True, help="Refuse the papers for remarks too.")
@pass_context
def paper_check(context: Context, folder: Path, strict: bool) -> None:
    """Check the papers in FOLDER against the exam file: every fault and remark at once.

    One TOML file a session: `mock-0.toml`, `formal-0.toml`. Sessions are counted from 0 by time. Further
    variants are `formal-0.b.toml`, the spare paper is `formal-0.spare.toml`.
    """
    from oneseat.room.papers import faults
    from oneseat.room.refusals.papers import PapersRemarkable

    checked = _checked(context, folder)
    remarks = faults.join(checked.remarks)
    count = len(checked.remarks)
    refusal = PapersRemarkable(folder=folder.name, count=count, remarks=remarks) if strict and count else None
    if count and not refusal:
        context.console.warn(f"{count} remark(s):\n{remarks.en}\n{remarks.zh}")
    names = [str(each.name) for each in checked.papers]
    context.console.result(
        {"papers": names, "faults": [], "remarks": checked.remarks},
        None if refusal else f"{folder}: {len(names)} papers, no faults, {count or 'no'} remarks.",
        refusal,
    )


@paper.command("show")
@click.argument("folder", type=PATH)
@click.argument("session", required=False)
@pass_context
def paper_show(context: Context, folder: Path, session: str | None) -> None:
    """Show the questions in FOLDER, or those of one SESSION such as formal-0, to the person who seals them.

    Sealed papers are never shown: their keys are with the holders.
    """
    from oneseat.files import paper_names
    from oneseat.room.papers import text
    from oneseat.room.refusals.papers import PaperAbsent

    checked = _checked(context, folder)
    asked = paper_names.parse(session) if session else None
    papers = [
        each for each in checked.papers if session is None or (asked and each.name.session == asked.session)
    ]
    if not papers:
        raise PaperAbsent(folder=folder.name, paper=session or "*.toml")
    context.console.warn(SHOWN_WARNING)
    shown = "\n\n".join(text.show(str(each.name), each.wire) for each in papers)
    context.console.result({"papers": [each.wire for each in papers]}, shown)


@paper.command("holder")
@click.argument("file", type=PATH)
@click.option("--holder-passphrase-file", type=PATH, help="A file with its passphrase; else a prompt.")
@pass_context
def paper_holder(context: Context, file: Path, holder_passphrase_file: Path | None) -> None:
    """Make the key of a holder of papers: FILE, such as wang.key, and wang.pub beside it.

    Each holder does it alone, keeps the key and its passphrase, and gives away the .pub file only.
    """
    from oneseat.room.papers import holders

    passphrase = context.holder_passphrase(holder_passphrase_file, confirm=True)
    holder = holders.make_holder(file, passphrase)
    public = holders.public_path(file)
    context.console.result(
        {"holder": holder.name, "id": holder.id, "key": file, "public_key": public},
        f"{file}: keep it. {public} (key {holder.id}): give it to the person who seals.",
    )


@paper.command("seal")
@click.argument("folder", type=PATH)
@click.argument("target", type=PATH)
@click.option(
    "--holder",
    "holders",
    type=PATH,
    multiple=True,
    required=True,
    help="A holder's .pub file; two to five, of whom any two release a paper.",
)
@click.option(
    "--release-before",
    "release_minutes",
    type=click.IntRange(3, 120),
    default=5,
    show_default=True,
    help="Minutes before the start from which on holders may release the papers.",
)
@pass_context
def paper_seal(
    context: Context, folder: Path, target: Path, holders: tuple[Path, ...], release_minutes: int
) -> None:
    """Check the papers in FOLDER and seal the formal ones into TARGET, on which `room serve` is started.

    Each paper gets a key of its own, which is split between the holders and kept nowhere. Mocks are copied as
    they are. Keep FOLDER offline afterwards.
    """
    from oneseat.room.papers import holders as keys
    from oneseat.room.papers import sealing

    checked = _checked(context, folder)
    held_by = [keys.read_holder(path) for path in holders]
    exam = context.project().exam.id
    sealed = sealing.seal_folder(folder, target, exam, checked.papers, held_by, release_minutes * 60)
    names = ", ".join(holder.name for holder in held_by)
    rows = [(each.paper, each.sha256) for each in sealed]
    context.console.table("Sealed papers", ["paper", "SHA-256"], rows)
    context.console.result(
        {"papers": sealed, "holders": [holder.name for holder in held_by], "folder": target},
        f"{target}: {len(sealed)} sealed papers. Any two of {names} release them.",
    )


def _checked(context: Context, folder: Path) -> CheckedPapers:
    """The papers of a folder, without faults.

    Raises:
        PapersFaulty: there are faults.
    """
    from oneseat.room.papers.checking import check_folder

    checked = check_folder(folder, sessions_of(context.project().exam))
    _refuse_faults(folder, checked.faults)
    return checked


def _refuse_faults(folder: Path, found: Sequence[PaperFault]) -> None:
    from oneseat.room.papers import faults
    from oneseat.room.refusals.papers import PapersFaulty

    if found:
        raise PapersFaulty(folder=folder.name, count=len(found), faults=faults.join(found))


def sessions_of(exam: Exam) -> list[PaperSession]:
    """The sessions of an exam file, counted as its charter will count them: by time."""
    from oneseat.room.papers.sessions import PaperSession
    from signing.session_times import FORMAL, MOCK

    sessions = [
        PaperSession(MOCK, position, exam.mock_answer_s) for position in range(len(exam.mock.sessions))
    ]
    formals = sorted(exam.formal.sessions, key=lambda formal: formal.starts)
    for position, formal in enumerate(formals):
        length_s = int((formal.ends - formal.starts).total_seconds())
        sessions.append(PaperSession(FORMAL, position, length_s, formal.starts))
    return sessions
