#!/usr/bin/env python3
"""OneSeat's command line: one thin command per job, in the order in which a release engineer needs them.

    exam file -> keys -> charter -> base -> roster -> issue -> publish -> portal

Each command parses, calls one function of a room, and shows one result. Refusals are
caught in one place, :func:`pipeline.commands.run`.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from pipeline.commands import Context, Jobs, Moment, load_settings, run

PATH = click.Path(path_type=Path)
pass_context = click.pass_obj


@click.group(cls=Jobs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="oneseat")
@click.option(
    "--config", type=PATH, envvar="ONESEAT_CONFIG", help="Settings file; ./oneseat.toml if there is one."
)
@click.pass_context
def main_group(ctx: click.Context, config: Path | None) -> None:
    """One admission number, one installer, one device.

    Turns a roster of exam candidates into Windows installers that only their owners can
    install and run, and hands them out through a portal while its window is open.

    A setting on the command line wins over its environment variable (ONESEAT_...), which
    wins over the settings file. Exit statuses are listed in docs/reference/errors.md.
    """
    load_settings(ctx, config)


# ------------------------------------------------------------------------------------------ doctor


@main_group.command()
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


# -------------------------------------------------------------------------------------------- exam


@main_group.group(cls=Jobs)
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


# -------------------------------------------------------------------------------------------- keys


@main_group.group(cls=Jobs)
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
@click.argument("name", type=click.Choice(["licence", "activation", "ticket"]))
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


# ----------------------------------------------------------------------------------------- charter


@main_group.group(cls=Jobs)
def charter() -> None:
    """Sign, read and publish the exam's charter."""


@charter.command("sign")
@click.option(
    "--version", type=click.IntRange(1), help="A version above all that are signed; the next unless given."
)
@pass_context
def charter_sign(context: Context, version: int | None) -> None:
    """Sign the exam file as the exam's charter.

    It lists the exam's public keys and accepts the client build of the present sources.
    Sign charters for later, such as an extended window, while the root key is at hand.
    """
    from pipeline import making

    signed = making.sign_charter(context.project(), version)
    said = "Signed" if signed.made else "Nothing new: it is"
    context.console.result(
        {"version": signed.version, "file": signed.path, "made": signed.made},
        f"{said} charter version {signed.version} ({signed.path}).",
    )


@charter.command("show")
@click.option("--version", type=click.IntRange(1), help="The newest unless given.")
@pass_context
def charter_show(context: Context, version: int | None) -> None:
    """Verify a signed charter and show what it says."""
    import json

    from pipeline.charter import of_version

    project = context.project()
    root = project.authority.entry("root").public_key
    claims = of_version(project.workspace.charters, root, project.exam.id, version).charter.claims()
    context.console.result(claims, json.dumps(claims, indent=2, ensure_ascii=False))


@charter.command("publish")
@click.option("--version", type=click.IntRange(1), help="The newest unless given.")
@pass_context
def charter_publish(context: Context, version: int | None) -> None:
    """Put a signed charter in force at the portal."""
    from pipeline import charter as job

    project = context.project()
    root = project.authority.entry("root").public_key
    signed = job.of_version(project.workspace.charters, root, project.exam.id, version)
    changed = job.publish(project.database, signed, context.clock)
    said = "is now in force" if changed else "was in force already"
    context.console.result(
        {"version": signed.version, "changed": changed}, f"Charter version {signed.version} {said}."
    )


# -------------------------------------------------------------------------------------------- base


@main_group.group(cls=Jobs)
def base() -> None:
    """Build the base installer that all candidates share, and verify it."""


@base.command("build")
@click.option("--rebuild", is_flag=True, help="Build although a base of these inputs is there.")
@click.option("--timestamp-url", metavar="URL", help="RFC 3161 server that timestamps the signatures.")
@click.option(
    "--thumbprint", help="On Windows: SHA-1 of a certificate in its store, instead of the workspace's."
)
@pass_context
def base_build(context: Context, rebuild: bool, timestamp_url: str | None, thumbprint: str | None) -> None:
    """Freeze the client, make, sign and reserve the installer; cached by the hash of its inputs."""
    from pipeline.making import CodeSigning, builder

    console, signing = context.console, CodeSigning(timestamp_url, thumbprint)
    made = builder(context.project(), signing, console.step, console.detail).build(rebuild=rebuild)
    if made.manifest.development_certificate:
        console.warn("Signed with a DEVELOPMENT CERTIFICATE: for trials, not for candidates.")
    console.result(
        {"built": made.built, "file": made.path, "manifest": made.manifest},
        f"{'Built' if made.built else 'Up to date'}: {made.path} ({made.manifest.size:,} bytes)",
    )


@base.command("verify")
@pass_context
def base_verify(context: Context) -> None:
    """Build again and compare every unsigned stage with the manifest."""
    from pipeline.making import CodeSigning, builder, current_base

    project, console = context.project(), context.console
    made = current_base(project)
    builder(project, CodeSigning(), console.step, console.detail).verify(made)
    stages = sorted(made.manifest.stages)
    console.result({"verified": stages}, f"Reproduced byte for byte: {', '.join(stages)}.")


# ------------------------------------------------------------------------------------------ roster


@main_group.group(cls=Jobs)
def roster() -> None:
    """Check rosters, and make fictitious ones."""


@roster.command("check")
@click.argument("file", type=PATH)
@click.option("--strict", is_flag=True, help="Fail when any row is faulty.")
@pass_context
def roster_check(context: Context, file: Path, strict: bool) -> None:
    """Report every faulty row of a CSV or XLSX roster."""
    from pipeline import roster as job
    from pipeline.errors import RosterFaulty

    found = job.check(file, context.project().exam)
    rows = [
        (line.row, f.title.zh, f.masked, f.reason.zh, f.reason.en)
        for line in found.faulty
        for f in line.faults
    ]
    if rows:
        context.console.table("Faulty rows", ["row", "column", "value (masked)", "原因", "reason"], rows)
    refusal = None
    if strict and found.faulty:
        refusal = RosterFaulty(file=file.name, faulty=len(found.faulty), rows=found.rows)
    said = f"{file}: {found.sound} of {found.rows} rows are sound, {found.mended} of them mended."
    context.console.result(found, said, refusal)


@roster.command("sample")
@click.argument("file", type=PATH)
@click.option("--count", type=click.IntRange(1), default=200, show_default=True, help="How many candidates.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same roster.")
@pass_context
def roster_sample(context: Context, file: Path, count: int, seed: int) -> None:
    """Write a roster of people who do not exist."""
    from pipeline import roster as job

    written = job.write_sample(file, job.sample(count, seed, context.project().exam))
    context.console.result({"file": file, "candidates": written}, f"{file}: {written} fictitious candidates.")


# ------------------------------------------------------------------------- issue, stamp and inspect


@main_group.command()
@click.argument("file", type=PATH)
@click.option("--strict", is_flag=True, help="Write nothing when any row is faulty.")
@pass_context
def issue(context: Context, file: Path, strict: bool) -> None:
    """Give every sound row of a roster its seat and its licence for the current base.

    Run it again with a longer or corrected roster: it adds, leaves alone, or re-issues.
    """
    from pipeline.making import current_base
    from pipeline.release import issuer

    project, console = context.project(), context.console
    issued = issuer(project, current_base(project)).issue(file, strict=strict, on_progress=console.progress)
    if issued.faulty:
        console.warn(f"{len(issued.faulty)} faulty rows got no seat: `build.py roster check` lists them.")
    console.result(
        issued,
        f"{issued.rows} rows: {issued.added} added, {issued.unchanged} left alone, "
        f"{issued.refreshed} refreshed, {issued.reissued} re-issued, {len(issued.faulty)} faulty.",
    )


@main_group.command()
@click.argument("admission_number")
@click.option(
    "-o", "--output", type=PATH, help="A file or folder; the workspace's installers folder unless given."
)
@pass_context
def stamp(context: Context, admission_number: str, output: Path | None) -> None:
    """Write one candidate's installer to a file: the very bytes that the portal streams."""
    from pipeline.making import current_base
    from pipeline.stamp import stamp as job

    project = context.project()
    made, folder = current_base(project), project.workspace.installers
    if output is None:
        folder.mkdir(parents=True, exist_ok=True)
    target = output or folder
    done = job(project.exam, admission_number, made.path, made.manifest, project.database, target)
    context.console.result(done, f"{done.path} ({done.size:,} bytes, SHA-256 {done.sha256})")


@main_group.command()
@click.argument("file", type=PATH)
@pass_context
def inspect(context: Context, file: Path) -> None:
    """Say what a file is, whose by pseudonym only, and every check with its result."""
    from pipeline.inspect import inspect as job
    from pipeline.making import reference

    found = job(file, reference(context.project(), file), context.clock.now())
    shown = found.as_object()
    facts = [(name, value) for name, value in shown.items() if name != "checks" and value is not None]
    context.console.table(f"{file.name}: {found.kind}", ["", ""], facts)
    checks = [(c.title.zh, c.title.en, c.result, c.refusal.code if c.refusal else "") for c in found.checks]
    context.console.table("Checks", ["检查", "check", "result", "code"], checks)
    context.console.result(shown)


@main_group.command()
@click.argument("file", type=PATH)
@pass_context
def verify(context: Context, file: Path) -> None:
    """Exit 0 for a sound candidate's installer, and with the refusal's own status otherwise."""
    from pipeline.inspect import verify as job
    from pipeline.making import reference

    found = job(file, reference(context.project(), file), context.clock.now())
    context.console.result(found.as_object(), f"{file.name}: sound, licence {found.jti}.")


# ----------------------------------------------------------------------------- publish and release


@main_group.command()
@click.option("--leave-out", is_flag=True, help="Publish although some seats have no licence for this base.")
@pass_context
def publish(context: Context, leave_out: bool) -> None:
    """Show candidates the current base with the newest licences, in one atomic step."""
    from pipeline.making import current_base
    from pipeline.release import publisher

    project = context.project()
    made = current_base(project)
    done = publisher(project).publish(made.path, made.manifest, leave_out=leave_out)
    said = "Published" if done.changed else "Nothing new: it is"
    context.console.result(
        done,
        f"{said} release {done.release}: {done.seats} seats, {done.new} new, {done.replaced} replaced.",
    )


@main_group.command()
@click.argument("file", type=PATH)
@click.option("--strict", is_flag=True, help="Stop when any row of the roster is faulty.")
@click.option("--timestamp-url", metavar="URL", help="RFC 3161 server that timestamps the signatures.")
@click.option(
    "--thumbprint", help="On Windows: SHA-1 of a certificate in its store, instead of the workspace's."
)
@pass_context
def release(
    context: Context, file: Path, strict: bool, timestamp_url: str | None, thumbprint: str | None
) -> None:
    """Charter, base, issue and publish for a roster: all of it in order, only what is out of date."""
    from pipeline.making import CodeSigning
    from pipeline.release import release as job

    console, signing = context.console, CodeSigning(timestamp_url, thumbprint)
    done = job(context.project(), file, signing, strict=strict, on_step=console.step, on_line=console.detail)
    if done.base.manifest.development_certificate:
        console.warn("Signed with a DEVELOPMENT CERTIFICATE: for trials, not for candidates.")
    console.result(
        done,
        f"Release {done.published.release}: charter {done.charter_version}, {done.published.seats} seats, "
        f"base {done.base.path.name} ({'built' if done.base.built else 'up to date'}).",
    )


# ------------------------------------------------------------------------------------------ portal


@main_group.group(cls=Jobs)
def portal() -> None:
    """Run the download portal."""


@portal.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes a free one."
)
@click.option(
    "--public-url",
    metavar="URL",
    help="Where candidates reach it. Unless given, the exam's portal, or this address in a rehearsal.",
)
@click.option("--rehearse-at", type=Moment(), help="Start the portal's clock there: 2035-01-04T12:00+08:00.")
@click.option("--trusted-proxy", multiple=True, metavar="NETWORK", help="Whose X-Forwarded-For counts.")
@click.option(
    "--root-key", metavar="BASE64URL", help="The exam's root public key, where its ring is not at hand."
)
@pass_context
def portal_serve(  # noqa: PLR0917 -- click gives them by name
    context: Context,
    host: str,
    port: int,
    public_url: str | None,
    rehearse_at: datetime | None,
    trusted_proxy: tuple[str, ...],
    root_key: str | None,
) -> None:
    """Serve the exam's pages, downloads and API until a signal stops it.

    A rehearsal banners every page and log line, and is refused unless keys and state were
    made with `keys init --rehearsal`.
    """
    from portal.serve import serve
    from portal.settings import checked_settings

    project = context.project()
    exam = {
        "exam": project.exam.id,
        "keys": project.workspace.portal_keys,
        "passphrase": project.passphrase,
        "root_public_key": root_key or project.root_key,
        "state": project.state_url,
        "store": str(project.workspace.store),
    }
    settings = checked_settings(
        exams=(exam,),
        public_url=public_url or (project.exam.portal_url if rehearse_at is None else None),
        rehearse_at=rehearse_at,
        trusted_proxies=trusted_proxy,
    )
    serve(settings, host, port, lambda url: context.console.result({"url": url}, f"Serving at {url}"))


@main_group.group("service-token", cls=Jobs)
def service_token() -> None:
    """Let programs call the portal: an exam room that reports, a portal in front."""


@service_token.command("make")
@click.argument("label")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(["room:report", "authenticate", "seat:read", "download"]),
    multiple=True,
    required=True,
    help="What the program may do; may be given again.",
)
@click.option("--until", type=Moment(), help="When it ends; the exam's own end unless given.")
@pass_context
def service_token_make(context: Context, label: str, scopes: tuple[str, ...], until: datetime | None) -> None:
    """Make a token and print it, this once: only its hash is kept. LABEL says whose it is."""
    from pipeline.service_tokens import Tokens
    from state.service_tokens import Scope

    made = Tokens(context.project()).make(label, map(Scope, scopes), until)
    context.console.warn(f"Token {made.id}, good until {made.expires_at}. It is shown this once:")
    context.console.result(made, made.token)


@service_token.command("list")
@pass_context
def service_token_list(context: Context) -> None:
    """List the exam's tokens, never their secrets."""
    from pipeline.service_tokens import Tokens

    found = Tokens(context.project()).listed()
    rows = [
        (one.id, one.label, " ".join(one.scopes), one.made_at, one.expires_at, one.state) for one in found
    ]
    context.console.table("Service tokens", ["id", "label", "scopes", "made", "until", "state"], rows)
    context.console.result({"tokens": found})


@service_token.command("revoke")
@click.argument("token_id", metavar="ID")
@pass_context
def service_token_revoke(context: Context, token_id: str) -> None:
    """End a token at once. ID is the one that the list shows."""
    from pipeline.service_tokens import Tokens

    ended, changed = Tokens(context.project()).revoke(token_id)
    said = "is revoked" if changed else "was revoked already"
    context.console.result(ended, f"Token {ended.id} ({ended.label}) {said}.")


# ------------------------------------------------------------------------------ operators and audit


@main_group.group(cls=Jobs)
def operator() -> None:
    """Say who may use the portal's operators' desk."""


@operator.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["viewer", "support", "admin"]),
    default="support",
    show_default=True,
    help="A viewer sees; support also helps candidates; an admin may do everything.",
)
@click.option(
    "--totp", is_flag=True, help="Ask for a code of an authenticator app too; shows its secret once."
)
@click.option("--password-file", type=PATH, help="A file with the password; a prompt unless given.")
@pass_context
def operator_add(context: Context, name: str, role: str, totp: bool, password_file: Path | None) -> None:
    """Make an account. The password comes from a prompt or a file, never from the command line."""
    from pipeline.operators import Accounts
    from state.operators import Role

    accounts = Accounts(context.project())
    made = accounts.add(name, Role(role), context.operator_password(password_file), totp=totp)
    context.console.result(made, f"{made.role} {made.name} may log in.{_scan(made.totp_address)}")


@operator.command("list")
@pass_context
def operator_list(context: Context) -> None:
    """List the accounts and when each logged in last."""
    from pipeline.operators import Accounts

    found = Accounts(context.project()).listed()
    rows = [(one.name, one.role, one.state, "yes" if one.totp else "", one.last_login or "") for one in found]
    context.console.table("Operators", ["name", "role", "state", "code", "last login"], rows)
    context.console.result({"operators": found})


@operator.command("disable")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Let them in again.")
@pass_context
def operator_disable(context: Context, name: str, undo: bool) -> None:
    """Shut an operator out at once; their logins end."""
    from pipeline.operators import Accounts

    done = Accounts(context.project()).disable(name, undo=undo)
    context.console.result(done, f"{done.name} is {done.state}.")


@operator.command("passwd")
@click.argument("name")
@click.option("--totp/--no-totp", default=None, help="Make a new authenticator secret, or ask for no code.")
@click.option("--password-file", type=PATH, help="A file with the new password; a prompt unless given.")
@pass_context
def operator_passwd(context: Context, name: str, totp: bool | None, password_file: Path | None) -> None:
    """Give an operator a new password; their logins end."""
    from pipeline.operators import Accounts

    accounts = Accounts(context.project())
    done = accounts.change(name, context.operator_password(password_file), totp=totp)
    context.console.result(done, f"{done.name} has a new password.{_scan(done.totp_address)}")


def _scan(totp_address: str | None) -> str:
    return f"\nFor the authenticator app, shown this once: {totp_address}" if totp_address else ""


@main_group.group(cls=Jobs)
def audit() -> None:
    """Verify the log of everything that operators and commands did."""


@audit.command("verify")
@click.option(
    "--against", type=PATH, metavar="OLDER_HEAD", help="A signed head that the desk exported earlier."
)
@pass_context
def audit_verify(context: Context, against: Path | None) -> None:
    """Walk the hash chain from its start; against an older head, entries that were cut off show too."""
    from pipeline.audit import verify as job

    done = job(context.project(), against)
    said = (
        "" if done.against_entries is None else f", and begins with the {done.against_entries} of that head"
    )
    context.console.result(done, f"The audit log holds: {done.entries} entries{said}.")


# -------------------------------------------------------------------------------------------- demo


@main_group.command()
@pass_context
def demo(context: Context) -> None:
    """Run the main job end to end on fictitious people: one owner accepted, one stranger refused."""
    from demo.report import show
    from demo.run import Demonstration

    console = context.console
    demonstration = Demonstration(
        context.exam_file, context.root, context.clock, console.step, console.detail
    )
    released = demonstration.prepare()
    with demonstration.portal() as url:
        got = demonstration.prove(url)
    show(console, demonstration, released, got)


@main_group.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_context
def completion(context: Context, shell: str) -> None:
    """Print the script that completes this command line: `eval "$(oneseat completion bash)"`."""
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    source = script(main_group, {}, "oneseat", "_ONESEAT_COMPLETE").source() if script else ""
    context.console.result({"shell": shell, "script": source}, source)


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(run(main_group))


if __name__ == "__main__":
    main()
