"""Explains in two languages where and why a text is not TOML; tomllib explains it in English."""

from __future__ import annotations

import re

from signing.text import Text, quoted

_HOUR_24 = re.compile(r"(?<![0-9:.])24:[0-9]{2}")
_AFTER_MIDNIGHT = Text(
    "the end of a day is 00:00 of the next, never 24:00", "一天的结束应写作次日 00:00，不能写 24:00"
)
_DOUBLED = Text("the key or table is there already", "键或表重复")
_EXPLAINED = (
    ("overwrite", _DOUBLED),
    ("twice", _DOUBLED),
    ("date", Text("there is no such day or time", "没有这个日期或时间")),
    ("Illegal character", Text("a control character", "含有控制字符")),
    ("Unescaped", Text("a backslash in quotes is written twice", "引号内的反斜杠须写两个")),
    ("scalar value", Text("an escape that is no character", "转义写法不是有效字符")),
    ("newline or end", Text("more follows where the line should end", "该行末尾有多余内容")),
    ("Invalid value", Text("no value; text needs straight quotes", "值无法识别，文字须用英文引号括起")),
    ("Expected '='", Text("'=' is missing after the key", "键之后缺少等号")),
    ("Expected", Text("a quote or bracket is missing", "缺少引号或括号")),
)
_OTHER = Text("the form is wrong", "写法有误")


def explain(error: ValueError | RecursionError, text: str) -> Text:
    """Explain what tomllib raised for ``text``, with the line where it names one."""
    if isinstance(error, UnicodeDecodeError):
        return Text("it is not UTF-8", "不是 UTF-8 编码")
    if isinstance(error, RecursionError):
        return Text("not TOML: it nests too deeply", "不是有效的 TOML（嵌套层数过多）")
    message, _, place = str(error).partition(" (at ")
    line = re.match(r"line (\d+)", place)
    reason = _reason(message, _line(text, int(line[1])) if line else "")
    if line is None:
        return Text(f"not TOML: {reason.en} ({quoted(message)})", f"不是有效的 TOML（{reason.zh}）")
    return Text(
        f"not TOML at line {line[1]}: {reason.en} ({quoted(message)})",
        f"第 {line[1]} 行不是有效的 TOML（{reason.zh}）",
    )


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return lines[number - 1] if number <= len(lines) else ""


def _reason(message: str, line: str) -> Text:
    if _HOUR_24.search(line):
        return _AFTER_MIDNIGHT
    return next((reason for part, reason in _EXPLAINED if part in message), _OTHER)
