"""Texts about how far the candidate came in the mock interviews, and what it means for the formal one."""

from __future__ import annotations

from datetime import datetime

from oneseat.client.local.mock_progress import FINISHED, NOT_TAKEN, STARTED
from signing.charter import Charter
from signing.text import Text

TITLES = {
    NOT_TAKEN: Text("Mock interview: not taken yet", "模拟面试：未参加"),
    STARTED: Text("Mock interview: taken, not finished", "模拟面试：已参加，未完成"),
    FINISHED: Text("Mock interview: finished", "模拟面试：已完成"),
}
HEARD = Text(
    "By the portal's record of {when.en}. It can take some minutes until a session is in it.",
    "平台记录，查询时间：{when.zh}。刚参加的场次稍后才会显示。",
)
_BARRED = Text(
    "Without a mock interview you cannot take the formal interview.",
    "未参加模拟面试的，不能参加正式面试。",
)
_AT_RISK = Text(
    "Without a mock interview you cannot take the formal interview if your equipment fails on the day.",
    "未参加模拟面试的，正式面试当天设备出现异常时，将无法参加正式面试。",
)
_TAKE_ONE = Text(
    " Take one while it is open, from the first step to handing in.",
    "请在开放时间内参加，并完成全部流程。",
)
_ALL_OVER = Text(
    " All mock interviews are over: ask the hotline.", "模拟面试已全部结束，请拨打技术服务热线。"
)
_NO_BAR = Text("The formal interview is open to you.", "不影响参加正式面试。")
_TAKE_ANOTHER = Text(
    " Better take another one, from the first step to handing in.",
    "建议在开放时间内再参加一次，完成全部流程并交卷。",
)
_ALL_DONE = Text("You went through it and handed in.", "您已完成全部流程并交卷。")


def meaning(state: str, charter: Charter, now: datetime) -> Text:
    """What a state means for the formal interview, and what to do about it. Only one bars or warns."""
    is_any_left = any(now < mock.closes for mock in charter.mocks)
    if state == FINISHED:
        return _ALL_DONE
    if state == STARTED:
        return _joined(_NO_BAR, _TAKE_ANOTHER) if is_any_left else _NO_BAR
    consequence = _BARRED if charter.mock_required == "gate" else _AT_RISK
    return _joined(consequence, _TAKE_ONE if is_any_left else _ALL_OVER)


def _joined(first: Text, second: Text) -> Text:
    return Text(first.en + second.en, first.zh + second.zh)
