"""``keys ceremony``: asks step by step for what makes or opens the root key on an offline computer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Command, pass_context

if TYPE_CHECKING:
    from oneseat.pipeline.exam.charters import SignedCharter
    from oneseat.pipeline.exam.model import Exam


@click.command("ceremony", cls=Command)
@click.option("--request", type=PATH, required=True, help="The file that `keys request` wrote.")
@click.option("--root-folder", type=PATH, required=True, help="Where the root key lies, and nothing else.")
@click.option("--out", type=PATH, required=True, help="A new folder for what is carried out.")
@click.option(
    "--custodians", type=click.IntRange(1, 5), default=2, show_default=True, help="Who type a part each."
)
@click.option("--extension", type=PATH, multiple=True, help="An exam file to be signed ahead; repeatable.")
@click.option("--allow-network", is_flag=True, help="Go on although a network is up; the protocol says so.")
@pass_context
def keys_ceremony(  # noqa: PLR0917 -- click gives them by name
    context: Context,
    request: Path,
    root_folder: Path,
    out: Path,
    custodians: int,
    extension: tuple[Path, ...],
    allow_network: bool,
) -> None:
    """Make or open the root key on a computer without a network, and sign charters with it.

    Asks step by step, and writes what may leave into --out: the public half, the charters,
    and a protocol to be printed and signed. `charter import` takes them in.
    """
    _run_ceremony(context, request, root_folder, out, custodians, extension, allow_network=allow_network)


def _run_ceremony(
    context: Context,
    request_file: Path,
    root_folder: Path,
    out: Path,
    custodians: int,
    extensions: tuple[Path, ...],
    *,
    allow_network: bool,
) -> None:
    """Run the steps of the ceremony. The output folder is written last, after all confirmations.

    Raises:
        CeremonyRefused: a step is not confirmed, or a check fails.
    """
    from oneseat.pipeline.exam.model import load
    from oneseat.pipeline.keys import ceremony

    project, console = context.project(), context.console
    console.step("1. Computer and folders / 计算机与目录")
    active = ceremony.active_interfaces()
    if active and not allow_network:
        raise ceremony.refusal(f"a network is up ({', '.join(active)})", f"网络已连接（{', '.join(active)}）")
    ceremony.require_separate_folders(root_folder, out, project.workspace)
    console.step("2. Keys to be listed: compare with the paper / 与纸质记录核对待列入的密钥")
    request, exams = ceremony.Request.read(request_file), [project.exam, *map(load, extensions)]
    _confirm("\n".join(f"  {key.use:<11}{ceremony.group_by_four(key.kid)}" for key in request.keys))
    console.step("3. Charters to be signed / 待签署的规程")
    _confirm("\n".join(_window(exam) for exam in exams))
    console.step("4. Custodians: each types a part, unseen / 保管人依次输入各自的口令分段")
    is_new = not (root_folder / "ring.json").exists()
    parts = [_ask_part(number, confirm=is_new) for number in range(1, custodians + 1)]
    root_ceremony = ceremony.Ceremony(root_folder, ceremony.join_parts(parts), request, context.clock)
    ring, is_new_root = root_ceremony.ring()
    console.step("5. Signing / 签署")
    signed = root_ceremony.sign(ring, exams)
    facts = ceremony.ProtocolFacts(context.clock.now(), is_new_root, active, custodians)
    protocol = ceremony.format_protocol(ring, request, signed, facts)
    ceremony.export_results(out, ring, signed, protocol)
    console.result(
        {"root": ring.entry("root").kid, "made": is_new_root, "versions": _versions(signed), "out": out},
        f"{protocol}\nCarry out {out} and nothing else. / 只带出 {out}。",
    )


def _versions(signed: list[SignedCharter]) -> list[int]:
    return [charter.version for charter in signed]


def _window(exam: Exam) -> str:
    opens, closes = exam.local(exam.download.opens), exam.local(exam.download.closes)
    return f"  {exam.id}: {opens:%Y-%m-%d %H:%M} - {closes:%Y-%m-%d %H:%M %z}"


def _confirm(question: str) -> None:
    from oneseat.pipeline.keys import ceremony

    if not click.confirm(f"{question}\nIs this right? / 是否无误？", err=True):
        raise ceremony.refusal("it was not confirmed", "未获确认")


def _ask_part(number: int, *, confirm: bool) -> str:
    answer: str = click.prompt(
        f"Custodian {number} / 保管人 {number}", hide_input=True, confirmation_prompt=confirm, err=True
    )
    return answer
