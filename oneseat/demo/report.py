"""What the demonstration made, and where: the table at its end."""

from __future__ import annotations

from oneseat.demo.candidate import Download
from oneseat.demo.run import Demonstration
from oneseat.pipeline.console import Console
from oneseat.pipeline.release import Released


def show(console: Console, demonstration: Demonstration, released: Released, got: Download) -> None:
    """Print what was made, what was proved, and how to open the portal."""
    project, base, issued = demonstration.project, released.base, released.issued
    workspace = project.workspace
    built = "built now" if base.built else "from an earlier run: its inputs are the same"
    seats = f"{issued.added} added, {issued.unchanged} left alone, {issued.refreshed} refreshed"
    rows = [
        (
            "keys",
            f"{workspace.folder / 'keys'}",
            "marked as for rehearsals; DEVELOPMENT code-signing certificate",
        ),
        ("charter", f"{workspace.charters}", f"version {released.charter_version}"),
        ("base installer", f"{base.path}", f"{base.manifest.size:,} bytes, {built}"),
        ("roster", f"{demonstration.roster}", f"{issued.rows} fictitious candidates"),
        ("seats and licences", f"{workspace.folder / 'state.db'}", seats),
        ("release", f"{workspace.store}", f"number {released.published.release}"),
        ("downloaded installer", f"{got.path}", f"{got.size:,} bytes, SHA-256 {got.sha256[:16]}…"),
        ("candidates' computers", f"{demonstration.folder / 'computers'}", "wine prefixes: owner, stranger"),
        ("portal log", f"{demonstration.portal_log}", ""),
    ]
    console.table("Made", ["what", "where", ""], rows)
    proved = [(one.step, _meaning(one.status), f"{one.seconds:.1f} s") for one in demonstration.outcomes]
    console.table("Proved", ["step", "as promised", "took"], proved)
    console.result(
        {
            "workspace": workspace.folder,
            "base": base.path,
            "base_built": base.built,
            "seats": issued.rows,
            "installer": got.path,
            "sha256": got.sha256,
            "proved": demonstration.outcomes,
        },
        _how_to_open(demonstration),
    )


def _meaning(status: int) -> str:
    return "accepted" if status == 0 else f"refused: OS-{status:03d}"


def _how_to_open(demonstration: Demonstration) -> str:
    exam = demonstration.project.exam
    return (
        f"To see the portal, run\n"
        f"  .venv/bin/python build.py portal serve --exam {demonstration.exam_file} "
        f"--workspace {demonstration.root} \\\n"
        f"    --passphrase-file {demonstration.passphrase_file} "
        f"--rehearse-at {demonstration.rehearsed_at.isoformat()}\n"
        f"and open {exam.portal_url}/ in a browser. Log in as anyone in {demonstration.roster}."
    )
