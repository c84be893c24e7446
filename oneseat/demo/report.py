"""Formats the demonstration's results as table rows and JSON."""

from __future__ import annotations

from oneseat.demo.candidate import Download
from oneseat.demo.evidence import HandedOver
from oneseat.demo.interview import HeldInterview
from oneseat.demo.run import Demonstration
from oneseat.pipeline.release import ReleaseResult, phone_base


def artefact_rows(
    demonstration: Demonstration,
    result: ReleaseResult,
    download: Download,
    held: HeldInterview,
    handed: HandedOver,
) -> list[tuple[str, str, str]]:
    """List the artefacts: name, path, and a remark."""
    project, base, issued = demonstration.project, result.base, result.issued
    workspace, phone = project.workspace, phone_base(project)
    built = "built now" if base.built else "from an earlier run: its inputs are the same"
    seats = f"{issued.added} added, {issued.unchanged} left alone, {issued.refreshed} refreshed"
    file = f"{download.size:,} bytes, SHA-256 {download.sha256[:16]}…"
    exported = f"{handed.files} files verified, {handed.played_s:.0f} s of joined recordings played"
    recorded = f"{held.segments} segments, {held.size:,} bytes, receipt {held.receipt}"
    return [
        (
            "keys",
            f"{workspace.folder / 'keys'}",
            "marked as for rehearsals; DEVELOPMENT code-signing certificate",
        ),
        ("charter", f"{workspace.charters}", f"version {result.charter_version}"),
        ("base installer", f"{base.path}", f"{base.manifest.size:,} bytes, {built}"),
        *((("base phone app", f"{phone.path}", f"{phone.manifest.size:,} bytes"),) if phone else ()),
        ("roster", f"{demonstration.roster}", f"{issued.rows} fictitious candidates"),
        ("seats and licences", f"{workspace.folder / 'state.db'}", seats),
        ("release", f"{workspace.store}", f"number {result.published.release}"),
        ("downloaded installer", f"{download.path}", file),
        ("downloaded phone app", f"{download.phone}", f"{download.phone.stat().st_size:,} bytes"),
        ("candidates' computers", f"{demonstration.folder / 'computers'}", "wine prefixes: owner, stranger"),
        ("recordings", f"{workspace.recordings}", recorded),
        ("evidence", f"{handed.folder}", exported),
        ("portal log", f"{demonstration.portal_log}", ""),
        ("room log", f"{demonstration.room_log}", ""),
    ]


def outcome_rows(demonstration: Demonstration) -> list[tuple[str, str, str]]:
    """List the steps: name, outcome, and duration."""
    return [
        (outcome.step, _describe(outcome.status), f"{outcome.seconds:.1f} s")
        for outcome in demonstration.outcomes
    ]


def summary(
    demonstration: Demonstration,
    result: ReleaseResult,
    download: Download,
    held: HeldInterview,
    handed: HandedOver,
) -> dict[str, object]:
    """Return the demonstration's result as a JSON object."""
    return {
        "workspace": demonstration.project.workspace.folder,
        "base": result.base.path,
        "base_built": result.base.built,
        "seats": result.issued.rows,
        "installer": download.path,
        "sha256": download.sha256,
        "phone": download.phone,
        "interview": held,
        "evidence": handed,
        "proved": demonstration.outcomes,
    }


def how_to_open(demonstration: Demonstration) -> str:
    """Explain how to start the demonstration's portal again and log in."""
    exam = demonstration.project.exam
    return (
        f"To see the portal, run\n"
        f"  .venv/bin/oneseat portal serve --exam {demonstration.exam_file} "
        f"--workspace {demonstration.root} \\\n"
        f"    --passphrase-file {demonstration.passphrase_file} "
        f"--rehearse-at {demonstration.rehearsed_at.isoformat()}\n"
        f"and open {exam.portal_url}/ in a browser. Log in as anyone in {demonstration.roster}.\n"
        f"The exam room is started likewise: see docs/how-to/hold-the-interview.md."
    )


def _describe(status: int) -> str:
    return "accepted" if status == 0 else f"refused: OS-{status:03d}"
