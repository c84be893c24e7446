"""The grammar of ``OneSeat.exe``'s command line."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import NoReturn

from oneseat.client import reports
from oneseat.client.errors import UsageWrong

_VALUES = re.compile(
    r"(unrecognized arguments|invalid [^:]*|ambiguous option|ignored explicit argument).*", re.DOTALL
)


class _Parser(argparse.ArgumentParser):
    """argparse that refuses as everything else does, and never assumes a console."""

    def error(self, message: str) -> NoReturn:
        """Refuse, without repeating values: somebody may have typed an ID number."""
        raise UsageWrong(reason=_VALUES.sub(r"\1", message))

    def _print_message(self, message: str, file: object = None) -> None:  # noqa: ARG002
        reports.say(message)


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    top = _Parser(prog="OneSeat.exe", description="OneSeat: the candidate's client.")
    top.add_argument("--check", action="store_true", help="verify as at every launch, without a window")
    top.add_argument("--contact", action="store_true", help="with --check: ask the portal too")
    _add_reporting(top)
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    health = commands.add_parser("check", help="check this computer against what the exam asks for")
    health.add_argument("--no-bandwidth", action="store_true", help="leave out the measuring of the line")
    health.add_argument("--json", action="store_true", required=True, help="report as one JSON object")
    health.add_argument("--output", type=Path, help="report into this file rather than to standard output")
    enrol = commands.add_parser("enrol", help="enrol the seat that an installer carries")
    enrol.add_argument("--installer", type=Path, required=True, help="the installer file that runs")
    enrol.add_argument("--message-file", type=Path, help="receives the installer page's text (UTF-16LE)")
    enrol.add_argument("--log", type=Path, help="receives the steps, line by line (UTF-8)")
    enrol.add_argument("--language", choices=("zh", "en"), default="zh", help="of the message")
    _add_reporting(enrol)
    keep = commands.add_parser("keep", help="refuse while the exam wants the client kept")
    keep.add_argument("--message-file", type=Path, help="receives the uninstaller page's text (UTF-16LE)")
    keep.add_argument("--language", choices=("zh", "en"), default="zh", help="of the message")
    forget = commands.add_parser("forget", help="remove what enrolment stored on this computer")
    forget.add_argument("--all", action="store_true", required=True, help="every seat of this exam")
    return top


def _add_reporting(target: argparse.ArgumentParser) -> None:
    target.add_argument("--answers", type=Path, help="a file of key=value lines, instead of the environment")
    target.add_argument("--json", action="store_true", help="report as one JSON object")
    target.add_argument("--output", type=Path, help="report into this file rather than to standard output")
