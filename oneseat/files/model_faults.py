"""Reports faults of a TOML file that a pydantic model reads, in two languages, with key and line."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from oneseat.files.toml_lines import nearest_line
from signing.text import Text, untranslated


@dataclass(frozen=True)
class Fault:
    """A fault of one key, given as a dotted path, with its line if it has one."""

    key: str
    problem: Text
    line: int | None = None

    def with_line(self, lines: Mapping[str, int]) -> Fault:
        """Return the fault with its line looked up."""
        return replace(self, line=nearest_line(lines, self.key))

    def as_text(self) -> Text:
        """Format the fault as one line in each language."""
        where_en = f"line {self.line}, " if self.line else ""
        where_zh = f"第 {self.line} 行，" if self.line else ""
        return Text(
            f"  {where_en}{self.key}: {self.problem.en}", f"  {where_zh}{self.key}：{self.problem.zh}"
        )


def join_faults(faults: Iterable[Fault]) -> Text:
    """Format all faults, one per line."""
    texts = [fault.as_text() for fault in faults]
    return Text("\n".join(text.en for text in texts), "\n".join(text.zh for text in texts))


def model_faults(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """Translate pydantic's errors into faults."""
    return [
        Fault(_path(detail["loc"]), _problem(detail, model))
        for detail in error.errors(include_url=False, include_context=True)
    ]


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


_FORMS = {
    "a-z0-9](-?": Text(
        "2 to 40 small letters and digits, with single hyphens between",
        "2 至 40 个小写字母和数字，中间可有单个连字符",
    ),
    "[a-z0-9-]{0,31}": Text(
        "1 to 32 small letters, digits and hyphens, not beginning with a hyphen",
        "1 至 32 个小写字母、数字和连字符，不能以连字符开头",
    ),
    "[A-Za-z0-9._-]{0,99}": Text(
        "a file's name without a folder, of letters, digits, points and hyphens",
        "不含文件夹的文件名，由字母、数字、点和连字符组成",
    ),
    "[0-9 -]{2,24}": Text(
        "a phone number of 3 to 25 digits, spaces and hyphens", "3 至 25 位的电话号码，可含空格和连字符"
    ),
    "https://[!-~]": Text(
        "an address that begins with https:// and has no spaces", "以 https:// 开头且不含空格的网址"
    ),
    "(https?://": Text("a web address, or empty", "网址，也可留空"),
    "[0-9a-f]{64}": Text(
        "a SHA-256 of 64 hexadecimal digits in small letters, or empty",
        "64 位小写十六进制的 SHA-256，也可留空",
    ),
    "[0-9]{1,2}(": Text("a version such as 10 or 8.1", "形如 10 或 8.1 的版本号"),
}
"""What a pattern of the model asks for, by a part of it."""


def _form(pattern: str) -> Text:
    unnamed = Text(f"of the form {pattern}", f"符合 {pattern} 的文字")
    form = next((form for part, form in _FORMS.items() if part in pattern), unnamed)
    return Text(f"does not have the right form: it must be {form.en}", f"格式不正确，应为{form.zh}")


def _fewest(count: int) -> Text:
    if count == 1:
        return Text("must not be empty", "不能为空")
    return Text(f"needs at least {count} entries", f"至少需要 {count} 项")


_Explain = Callable[[dict[str, Any]], Text]
_EXPLAINED: dict[str, _Explain] = {
    "missing": lambda _: Text("is missing", "缺少该项"),
    "timezone_aware": lambda _: Text(
        "has no offset; write it like 2035-01-04T10:00:00+08:00",
        "缺少时区偏移，应写作 2035-01-04T10:00:00+08:00",
    ),
    "datetime_type": lambda _: Text(
        "must be a time like 2035-01-04T10:00:00+08:00, without quotes",
        "应为时间，例如 2035-01-04T10:00:00+08:00，不加引号",
    ),
    "string_type": lambda _: Text("must be text in quotes", "应为带引号的文本"),
    "bool_type": lambda _: Text("must be true or false", "应为 true 或 false"),
    "int_type": lambda _: Text("must be a whole number", "应为整数"),
    "float_type": lambda _: Text("must be a number", "应为数字"),
    "list_type": lambda _: Text("must be a list", "应为列表"),
    "model_type": lambda _: Text("must be a table", "应为表（table）"),
    "too_short": lambda c: _fewest(c["min_length"]),
    "too_long": lambda c: Text(f"has more than {c['max_length']} entries", f"超过 {c['max_length']} 项"),
    "string_too_short": lambda _: Text("must not be empty", "不能为空"),
    "string_too_long": lambda c: Text(
        f"is longer than {c['max_length']} characters", f"超过 {c['max_length']} 个字符"
    ),
    "string_pattern_mismatch": lambda c: _form(str(c["pattern"])),
    "hidden_character": lambda c: Text(
        f"has a control or direction character ({c['code']})",
        f"含有控制字符或改变文字方向的字符（{c['code']}）",
    ),
    "reserved_name": lambda c: Text(
        f"'{c['name']}' is no possible name of a file or folder in Windows",
        f"“{c['name']}”不能用作 Windows 的文件名或文件夹名",
    ),
    "duration": lambda _: Text(
        "must be a duration such as 90s, 3min, 72h or 7d", "应为时长，例如 90s、3min、72h 或 7d"
    ),
    "year_unlikely": lambda c: Text(
        f"must be of a year from {c['first']} to {c['last']}", f"年份应在 {c['first']} 至 {c['last']} 之间"
    ),
    "literal_error": lambda c: Text(
        f"must be one of {c['expected']}", f"只能是 {c['expected'].replace(' or ', ' 或 ')}"
    ),
    "greater_than": lambda c: Text(f"must be above {c['gt']}", f"必须大于 {c['gt']}"),
    "greater_than_equal": lambda c: Text(f"must be at least {c['ge']}", f"不能小于 {c['ge']}"),
    "less_than_equal": lambda c: Text(f"must be at most {c['le']}", f"不能大于 {c['le']}"),
}


def _problem(detail: ErrorDetails, model: type[BaseModel]) -> Text:
    kind = detail["type"]
    if kind == "extra_forbidden":
        return _unknown(str(detail["loc"][-1]), _siblings(model, detail["loc"][:-1]))
    explain, context = _EXPLAINED.get(kind), detail.get("ctx", {})
    if explain is not None:
        return explain(context)
    own = context["error"].args[0] if isinstance(context.get("error"), ValueError) else None
    return own if isinstance(own, Text) else untranslated(detail["msg"])


def _unknown(name: str, known: list[str]) -> Text:
    similar = difflib.get_close_matches(name, known, n=1)
    if not similar:
        return Text("is not a known key", "不是已知的键")
    return Text(
        f"is not a known key; did you mean '{similar[0]}'?", f"不是已知的键，是否应为“{similar[0]}”？"
    )


def _siblings(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that are allowed in the table of an unknown key."""
    for part in location:
        if isinstance(part, int):
            continue
        inner = _inner_model(model.model_fields[part].annotation)
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _inner_model(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 -- any annotation may stand there
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (inner := _inner_model(argument)) is not None:
            return inner
    return None
