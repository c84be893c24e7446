"""Before an exam: tools, exam file, keys."""

from __future__ import annotations

from pathlib import Path

import click

from commands.context import Context, Job, Jobs

PATH = click.Path(path_type=Path)
pass_context = click.pass_obj


@click.command(cls=Job)
@pass_context
def doctor(context: Context) -> None:
    """Check every tool, and make and verify a throwaway signature."""
    from pipeline import doctor as job

    findings = job.examine(context.clock)
    rows = [
        (f.tool, "ok" if f.refusal is None else f.refusal.code, f.version, f.path, f.mend) for f in findings
    ]
    context.console.table("Tools", ["tool", "state", "version", "path", "how to mend"], rows)
    tools = {"tools": [finding.as_object() for finding in findings]}
    context.console.result(tools, refusal=job.first_fault(findings))


@click.group(cls=Jobs)
def exam() -> None:
    """Write, check and read exam files."""


@exam.command("new")
@click.argument("file", type=PATH)
@click.option("--id", "exam_id", help="The exam's id; the file's name unless given.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="IANA name of the exam's zone.")
@pass_context
def exam_new(context: Context, file: Path, exam_id: str | None, timezone: str) -> None:
    """Write a commented exam file to start from."""
    from pipeline.exam_new import write_new

    written = write_new(file, exam_id or file.stem, context.clock, timezone)
    context.console.result(
        {"file": file, "exam": written.id}, f"{file}: exam {written.id}, ready to be edited."
    )


@exam.command("check")
@pass_context
def exam_check(context: Context) -> None:
    """Validate the exam file; every fault at once, with its key and line."""
    exam_file = context.project().exam
    context.console.result({"exam": exam_file.id, "faults": []}, f"{context.exam_file}: no faults.")


@exam.command("show")
@pass_context
def exam_show(context: Context) -> None:
    """Show the schedule as a person reads it."""
    from pipeline import exam_text

    loaded = context.project().exam
    said = exam_text.show(loaded)
    context.console.result(loaded.model_dump(mode="json"), f"{said.zh}\n\n{said.en}")


@click.group(cls=Jobs)
def keys() -> None:
    """Make, list and rotate the exam's keys."""


@keys.command("init")
@click.option("--rehearsal", is_flag=True, help="Mark keys and state as for rehearsals, for good.")
@pass_context
def keys_init(context: Context, rehearsal: bool) -> None:
    """Make the rings and the code-signing identity; what is there is kept."""
    from pipeline import keyrings

    project = context.project(new_passphrase=True)
    done = keyrings.init(project.workspace, project.passphrase, context.clock, rehearsal=rehearsal)
    if done.development_certificate:
        context.console.warn(
            "DEVELOPMENT CERTIFICATE: Windows does not trust it. Put your own into "
            f"{project.workspace.code_signing} before you build for candidates."
        )
    context.console.result(
        done, f"Made: {', '.join(done.made) or 'nothing'}. Kept: {', '.join(done.kept) or 'nothing'}."
    )


@keys.command("list")
@pass_context
def keys_list(context: Context) -> None:
    """List signing keys by ring; needs no passphrase."""
    from pipeline import keyrings

    lines = list(keyrings.listed(context.project().workspace))
    rows = [(line.ring, line.name, line.kid, line.state, line.created) for line in lines]
    context.console.table("Keys", ["ring", "key", "thumbprint (RFC 7638)", "state", "made"], rows)
    context.console.result({"keys": lines})


@keys.command("rotate")
@click.argument("name", type=click.Choice(["licence", "batch", "activation", "ticket"]))
@pass_context
def keys_rotate(context: Context, name: str) -> None:
    """Replace a signing key; the old one goes on verifying.

    The new key counts from the next charter on: sign and publish one. The root key cannot
    be rotated, since every client carries it.
    """
    from pipeline import keyrings

    project = context.project()
    kid = keyrings.rotate(project.workspace, name, project.passphrase, context.clock)
    context.console.result(
        {"name": name, "kid": kid}, f"New {name} key: {kid}. Now sign and publish a charter."
    )
