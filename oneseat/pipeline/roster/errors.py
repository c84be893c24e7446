"""Refusals of roster files: unreadable, without a column, faulty or changed."""

from __future__ import annotations

from signing.errors import OneSeatError
from signing.text import Text


class RosterUnreadable(OneSeatError):
    """A roster is missing, unreadable, or neither CSV nor XLSX."""

    number = 86
    cause = Text("The roster {file} cannot be read: {reason.en}.", "考生名单 {file} 无法读取：{reason.zh}。")
    remedy = Text(
        "Save it as .xlsx, or as .csv in UTF-8 or GB18030, and close it in other programs.",
        "请另存为 .xlsx，或 UTF-8、GB18030 编码的 .csv，并在其他程序中关闭该文件。",
    )


class RosterColumnsMissing(OneSeatError):
    """The roster's first row does not name the columns that are needed."""

    number = 87
    cause = Text(
        "The roster {file} has no column for {missing.en}.", "考生名单 {file} 缺少以下列：{missing.zh}。"
    )
    remedy = Text(
        "Name the columns in the first row: 姓名, 身份证号, 准考证号 (or name, id_number, admission_number).",
        "请在首行注明列名：姓名、身份证号、准考证号（或 name、id_number、admission_number）。",
    )


class RosterFaulty(OneSeatError):
    """Under ``--strict``, a single faulty row stops the whole roster."""

    number = 88
    cause = Text(
        "{faulty} of {rows} rows of the roster {file} are faulty.",
        "考生名单 {file} 共 {rows} 行，其中 {faulty} 行有误。",
    )
    remedy = Text(
        "Correct the rows that `build.py roster check` lists, or leave --strict out to go on without them.",
        "请按 `build.py roster check` 列出的问题更正，或去掉 --strict 先处理其余考生。",
    )


class RosterChanged(OneSeatError):
    """The roster's file changed while it was being read."""

    number = 89
    cause = Text("The roster {file} changed while it was read.", "读取期间考生名单 {file} 发生了变化。")
    remedy = Text(
        "Close it in other programs and run the command again.", "请在其他程序中关闭该文件后重新运行。"
    )


class SampleTooLarge(OneSeatError):
    """More fictitious candidates are requested than there are distinct numbers."""

    number = 96
    cause = Text(
        "A sample of this exam can have at most {most} candidates.", "本场考试的示例名单最多 {most} 人。"
    )
    remedy = Text(
        "Ask for fewer, or give admission numbers more characters in the exam file.",
        "请减少人数，或在考试文件中增加准考证号的位数。",
    )
