"""Options of the commands that write a server's nginx and systemd files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def host_options(ports: tuple[int, int], *, writable: str, server: str) -> Callable[[F], F]:
    """Return a decorator that adds the options of a server's host.

    ``ports`` are the default ones, ``writable`` says what its writable folders hold, ``server`` names it.
    """
    options = (
        click.option(
            "--into",
            type=click.Path(path_type=Path, file_okay=False),
            required=True,
            help="The folder to write into.",
        ),
        click.option(
            "--host-name", "host_names", multiple=True, required=True, help="A name that candidates use."
        ),
        click.option(
            "--certificate", required=True, metavar="PATH", help="The TLS certificate chain on the host."
        ),
        click.option("--certificate-key", required=True, metavar="PATH", help="Its private key."),
        click.option(
            "--program", metavar="PATH", help="The oneseat command on the host; this one unless given."
        ),
        click.option(
            "--port",
            "ports",
            type=click.IntRange(1, 65535),
            multiple=True,
            default=ports,
            show_default=True,
            help="A process's own port on loopback; one process for each.",
        ),
        click.option("--writable", multiple=True, metavar="FOLDER", help=f"A folder with {writable}."),
        click.option(
            "--user", default="oneseat", show_default=True, help=f"The account that the {server} runs as."
        ),
    )

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def this_program() -> str:
    """The ``oneseat`` command beside the Python that runs."""
    return str(Path(sys.executable).with_name("oneseat"))
