"""Seeing it work, and help for the shell."""

from __future__ import annotations

import click

from oneseat.commands.context import Context, Job

pass_context = click.pass_obj


@click.command(cls=Job)
@pass_context
def demo(context: Context) -> None:
    """Run the main job end to end on fictitious people: one owner accepted, one stranger refused."""
    from oneseat.demo.report import show
    from oneseat.demo.run import Demonstration

    console = context.console
    demonstration = Demonstration(
        context.exam_file, context.root, context.clock, console.step, console.detail
    )
    released = demonstration.prepare()
    with demonstration.portal() as url:
        got = demonstration.prove(url)
    show(console, demonstration, released, got)


@click.command(cls=Job)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_context
def completion(context: Context, shell: str) -> None:
    """Print the script that completes this command line: `eval "$(oneseat completion bash)"`."""
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    source = (
        script(click.get_current_context().find_root().command, {}, "oneseat", "_ONESEAT_COMPLETE").source()
        if script
        else ""
    )
    context.console.result({"shell": shell, "script": source}, source)
