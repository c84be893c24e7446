"""Refusals of managing operators' accounts."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text


class OperatorTaken(OneSeatError):
    """There is an operator of that name already."""

    number = 150
    exit_status = ExitStatus.CONFLICT
    cause = Text("There is already an operator '{name}' for this exam.", "本场考试已有操作员“{name}”。")
    remedy = Text(
        "Choose another name; `operator passwd` gives a new password, and "
        "`operator disable --undo` lets somebody back in.",
        "请换用其他名称；更换密码请用 `operator passwd`，重新启用请用 `operator disable --undo`。",
    )


class OperatorUnknown(OneSeatError):
    """There is no operator of that name."""

    number = 151
    exit_status = ExitStatus.INPUT
    cause = Text("There is no operator '{name}' for this exam.", "本场考试没有操作员“{name}”。")
    remedy = Text("`operator list` shows those who are there.", "请用 `operator list` 查看已有的操作员。")


class OperatorNameInvalid(OneSeatError):
    """A name that an operator cannot have."""

    number = 152
    exit_status = ExitStatus.INPUT
    cause = Text("An operator's name cannot be '{name}'.", "操作员名称不能为“{name}”。")
    remedy = Text(
        "Use 2 to 32 characters: lower-case letters, digits, dots, hyphens, beginning with a letter.",
        "请使用 2 至 32 个字符：小写字母、数字、点、连字符，并以字母开头。",
    )


class PasswordRefused(OneSeatError):
    """An operator's new password is missing or too easy to guess."""

    number = 153
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The operator's password cannot be used: {reason.en}.", "该操作员密码无法使用（{reason.zh}）。"
    )
    remedy = Text(
        "Give a sentence of at least 12 characters at a terminal, or in a file with --password-file.",
        "请在终端中输入至少 12 个字符的密码，或用 --password-file 指定密码文件。",
    )
