"""Writes docs/reference and the module lists of packages from the code: ``make docs``."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import oneseat.client
import oneseat.demo
import oneseat.pipeline
import oneseat.portal
import oneseat.room
import oneseat.state
import oneseat.store
import oneseat.web
import signing
from docs import module_lists
from oneseat.pipeline.base.errors import InstallerRefusal
from signing.errors import MEANINGS, ExitStatus, OneSeatError, code_of

REFERENCE = Path(__file__).parent / "reference"
_NOTE = "<!-- Written by `make docs` from the code. Do not edit. -->\n"
_ROOMS = {
    "signing": (signing, "The kernel: licences, tokens, keys, installer files"),
    "client": (oneseat.client, "The client, on the candidate's computer"),
    "pipeline": (oneseat.pipeline, "Building, exams and rosters"),
    "state": (oneseat.state, "The state database"),
    "store": (oneseat.store, "The object store"),
    "web": (oneseat.web, "Every web server"),
    "portal": (oneseat.portal, "The portal"),
    "room": (oneseat.room, "The exam room"),
    "demo": (oneseat.demo, "The demonstration"),
}
_REFUSAL_MODULE = re.compile(r"[._](errors|refusals)\b")
_TYPE_NAMES = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "AwareDatetime": "time with an offset",
    "Bilingual": "text in two languages: `{ zh = ..., en = ... }`",
}


# ------------------------------------------------------------------------------------------ errors


def error_classes() -> list[type[OneSeatError]]:
    """Collect the refusals of all rooms, by number."""
    names = set()
    for package, _ in _ROOMS.values():
        modules = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        names |= {module.name for module in modules if _REFUSAL_MODULE.search(module.name)}
    for name in names:
        importlib.import_module(name)

    def below(parent: type[OneSeatError]) -> Iterator[type[OneSeatError]]:
        for child in parent.__subclasses__():
            if "number" in vars(child) and child.__module__ in names:
                yield child
            yield from below(child)

    return sorted(below(OneSeatError), key=lambda error: error.number)


def room_of(error: type[OneSeatError]) -> str:
    """Return the room that a refusal belongs to."""
    return next(part for part in error.__module__.split(".") if part in _ROOMS)


def errors_page() -> str:
    """Generate the page of codes, exit statuses, causes and remedies, by room."""
    lines = [
        "# Refusals and exit statuses\n",
        "A refusal has a code (`OS-021`), which never changes, and an exit status for scripts. Besides",
        "these, `0` is success, `2` a wrong command line, and an interruption is 128 plus the number of the",
        "signal: `130` by Ctrl-C, `143` by SIGTERM, `129` when the terminal is gone (SIGHUP). Most codes",
        "below 300 are their own exit status. The other refusals share the exit status of their kind, since",
        "an exit status is a byte, and shells keep 126 to 165 for themselves:\n",
        "| exit status | kind |",
        "| --- | --- |",
        *(f"| {status.value} | {MEANINGS[status]} |" for status in ExitStatus),
        "",
        "The installer and the client run on Windows, where an exit status has 32 bits: they end with the",
        "number of the code (error level 149 for `OS-149`). The portal answers with the HTTP status in",
        "brackets and an RFC 9457 problem document that carries the code.\n",
    ]
    classes = error_classes()
    for room, (_, title) in _ROOMS.items():
        lines.append(f"## {title}\n")
        for error in (each for each in classes if room_of(each) == room):
            lines += _error_entry(error)
    return "\n".join(lines)


def _error_entry(error: type[OneSeatError]) -> list[str]:
    http_status = getattr(error, "http_status", None)
    meaning = (error.__doc__ or "").strip().splitlines()[0]
    return [
        f"### {code_of(error.number)}" + (f" (HTTP {http_status})" if http_status else "") + "\n",
        f"{meaning}\n",
        f"- {_exit_line(error)}",
        f"- Cause: {_one_line(error.cause.en)}",
        f"- Remedy: {_one_line(error.remedy.en)}",
        f"- 原因：{_one_line(error.cause.zh)}",
        f"- 处理办法：{_one_line(error.remedy.zh)}\n",
    ]


def _exit_line(error: type[OneSeatError]) -> str:
    if room_of(error) == "client" or issubclass(error, InstallerRefusal):
        return f"Error level: {error.number}"
    return f"Exit status: {int(error.exit_status)}"


def _one_line(text: str) -> str:
    return re.sub(r"\{(\w+)(?:\.\w+)?\}", r"*\1*", " ".join(text.split()))


# ---------------------------------------------------------------------------------------- commands


def commands_page() -> str:
    """Generate the page of commands with their options, as ``--help`` shows them."""
    from oneseat.commands.main import main_group

    lines = [
        "# Commands\n",
        "The program is `oneseat`. In a checkout `make setup` puts it at `.venv/bin/oneseat` (on Windows",
        "`.venv\\Scripts\\oneseat`); `./build.py` starts the same program. Shared options are taken by every",
        "command. Shell completion: `oneseat completion --help`.\n",
        "With `--json` a command prints exactly one JSON object on standard output: its result, or an object",
        "with the member `error` (`code`, `exit_status`, `cause`, `remedy`) when it is refused, interrupted",
        "or called in a wrong way; the last two have no code. Help texts stay text.\n",
        "A setting is taken from the command line, else from its environment variable, else from the",
        "settings file (`oneseat.toml` in the current folder, or `--config`). In the file, shared options",
        "are top-level keys, `sheet` and `column` too; a command's own options are a table of its name:\n",
        "```toml",
        'exam = "exams/interview-2023-01.toml"',
        'workspace = "dist"',
        "",
        "[portal.serve]",
        "port = 8443",
        "```\n",
        "## oneseat\n",
        _help(main_group, "oneseat"),
    ]
    for path, command in _walk(main_group, "oneseat"):
        lines += [f"## {path}\n", _help(command, path)]
    return "\n".join(lines)


def _walk(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from _walk(command, f"{path} {name}")


def _help(command: click.Command, path: str) -> str:
    # As the top command has it and hands down, unless a command has its own.
    names = command.context_settings.get("help_option_names", ["-h", "--help"])
    context = click.Context(
        command, info_name=path, max_content_width=100, terminal_width=100, help_option_names=names
    )
    return f"```text\n{command.get_help(context).rstrip()}\n```\n"


# ------------------------------------------------------------------------------------ exam settings


def exam_page() -> str:
    """Generate the page of an exam file's settings."""
    from oneseat.pipeline.exam.model import Exam

    lines = [
        "# Exam files\n",
        "One TOML file an exam. Unknown settings are refused; every fault is told at once, with its key",
        "and line. Times need an offset (`2035-01-04T10:00:00+08:00`). `oneseat exam new` writes a",
        "commented file.\n",
    ]
    for title, model in _models(Exam, "Top level"):
        lines += [f"## {title}\n", "| setting | type | default | meaning |", "| --- | --- | --- | --- |"]
        lines += [_setting(name, field) for name, field in model.model_fields.items()]
        lines.append("")
    return "\n".join(lines)


def _models(model: type[BaseModel], title: str) -> Iterator[tuple[str, type[BaseModel]]]:
    yield title, model
    for name, field in model.model_fields.items():
        for inner in _inner_models(field.annotation):
            prefix = "" if title == "Top level" else title.strip("`[]") + "."
            opening, closing = ("[[", "]]") if "list" in str(field.annotation) else ("[", "]")
            yield from _models(inner, f"`{opening}{prefix}{name}{closing}`")


def _inner_models(annotation: object) -> Iterator[type[BaseModel]]:
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel) and part.__name__ not in _TYPE_NAMES:
            yield part


def _setting(name: str, field: FieldInfo) -> str:
    default = "required" if field.is_required() else _default(field)
    return f"| `{name}` | {_type_name(field.annotation)} | {default} | {field.description or ''} |"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    return "-" if value is None or isinstance(value, BaseModel) else f"`{value}`"


def _type_name(annotation: object) -> str:
    named = getattr(annotation, "__name__", str(annotation))
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _TYPE_NAMES.get(named, "table")
    if not parts:
        return _TYPE_NAMES.get(str(named), str(named))
    if named == "Annotated":
        return _type_name(parts[0])
    if named == "Literal":
        return " or ".join(f"`{part}`" for part in parts)
    inner = ", ".join(_type_name(part) for part in parts)
    return f"list of {inner}" if named == "list" else inner


# --------------------------------------------------------------------------------------------- API


def openapi_document() -> str:
    """Generate the portal's OpenAPI document."""
    from oneseat.portal.app import api_routes
    from oneseat.portal.openapi import describe

    return json.dumps(describe(api_routes()), ensure_ascii=False, indent=2)


# ---------------------------------------------------------------------------------- candidates' states


def states_page() -> str:
    """Generate the table of a candidate's states, from the one that the state function is tested against."""
    from oneseat.portal.rules.candidate_stages import TABLE, Stage

    lines = [
        "# A candidate's states\n",
        "What a candidate has done, times what day it is: each combination has one state, one page, one next",
        "action and at most one deadline, to which the page counts down. The download gate and the ticket",
        "rules decide; the table says what a page may show. The state function is tested against it, over",
        "many calendars and at the moments around every boundary.\n",
        "| state | when | next action | deadline |",
        "| --- | --- | --- | --- |",
    ]
    for stage in Stage:
        row = TABLE[stage]
        deadlines = [f"`{kind}`" for kind in row.deadlines] or ["-"]
        if row.may_lack_deadline:
            deadlines.append("or none")
        actions = ", ".join(f"`{action}`" for action in row.actions)
        lines.append(f"| `{stage}` | {row.when} | {actions} | {', '.join(deadlines)} |")
    return "\n".join(lines)


PAGES: dict[str, Callable[[], str]] = {
    "errors.md": errors_page,
    "commands.md": commands_page,
    "exam-file.md": exam_page,
    "candidate-states.md": states_page,
    "openapi.json": openapi_document,
}


def page(name: str) -> str:
    """Generate a reference page with its note."""
    note = f"{_NOTE}\n" if name.endswith(".md") else ""
    return f"{note}{PAGES[name]().rstrip()}\n"


def main() -> None:
    """Write all pages and module lists."""
    REFERENCE.mkdir(exist_ok=True)
    for name in PAGES:
        (REFERENCE / name).write_text(page(name), encoding="utf-8")
        sys.stderr.write(f"docs/reference/{name}\n")
    for package in module_lists.packages():
        module_lists.write(package)


if __name__ == "__main__":
    main()
