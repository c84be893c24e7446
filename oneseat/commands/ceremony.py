"""The root key's ceremony as people go through it."""

from __future__ import annotations

from pathlib import Path

import click

from oneseat.commands.context import Context
from oneseat.pipeline.exam.charters import SignedCharter
from oneseat.pipeline.exam.model import Exam, load
from oneseat.pipeline.keys import ceremony
from oneseat.pipeline.keys.ceremony import Ceremony, ProtocolFacts, Request, refused


def hold(
    context: Context,
    request_file: Path,
    root_folder: Path,
    out: Path,
    custodians: int,
    extensions: tuple[Path, ...],
    *,
    allow_network: bool,
) -> None:
    """Go through the steps; each is confirmed, and nothing leaves before the last.

    Raises:
        CeremonyRefused: a step is not confirmed, or not as it should be.
    """
    project, console = context.project(), context.console
    console.step("1. Computer and folders / 计算机与目录")
    up = ceremony.interfaces_up()
    if up and not allow_network:
        raise refused(f"a network is up ({', '.join(up)})", f"网络已连接（{', '.join(up)}）")
    ceremony.insist_apart(root_folder, out, project.workspace)
    console.step("2. Keys to be listed: compare with the paper / 与纸质记录核对待列入的密钥")
    request, exams = Request.read(request_file), [project.exam, *map(load, extensions)]
    _confirm("\n".join(f"  {key.use:<11}{ceremony.grouped(key.kid)}" for key in request.keys))
    console.step("3. Charters to be signed / 待签署的规程")
    _confirm("\n".join(_window(exam) for exam in exams))
    console.step("4. Custodians: each types a part, unseen / 保管人依次输入各自的口令分段")
    is_new = not (root_folder / "ring.json").exists()
    parts = [_part(number, confirm=is_new) for number in range(1, custodians + 1)]
    held = Ceremony(root_folder, ceremony.joined(parts), request, context.clock)
    ring, made = held.ring()
    console.step("5. Signing / 签署")
    signed = held.sign(ring, exams)
    facts = ProtocolFacts(context.clock.now(), made, up, custodians)
    protocol = ceremony.protocol_of(ring, request, signed, facts)
    ceremony.carry_out(out, ring, signed, protocol)
    console.result(
        {"root": ring.entry("root").kid, "made": made, "versions": _versions(signed), "out": out},
        f"{protocol}\nCarry out {out} and nothing else. / 只带出 {out}。",
    )


def _versions(signed: list[SignedCharter]) -> list[int]:
    return [one.version for one in signed]


def _window(exam: Exam) -> str:
    opens, closes = exam.local(exam.download.opens), exam.local(exam.download.closes)
    return f"  {exam.id}: {opens:%Y-%m-%d %H:%M} - {closes:%Y-%m-%d %H:%M %z}"


def _confirm(shown: str) -> None:
    if not click.confirm(f"{shown}\nIs this right? / 是否无误？", err=True):
        raise refused("it was not confirmed", "未获确认")


def _part(number: int, *, confirm: bool) -> str:
    asked: str = click.prompt(
        f"Custodian {number} / 保管人 {number}", hide_input=True, confirmation_prompt=confirm, err=True
    )
    return asked
