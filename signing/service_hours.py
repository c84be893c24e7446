"""Support's service hours out of the charter: whether support answers now, when it answers next, in words.

An exam file may give no hours. Then support's hours are unknown, and nothing is shown.
"""

from __future__ import annotations

from datetime import datetime
from typing import Optional, Sequence, Tuple

from signing import dates
from signing.charter import Window
from signing.text import Text

_OVER = Text("no longer answered", "服务已结束")


def is_closed(hours: Sequence[Window], now: datetime) -> bool:
    """Whether support is known not to answer now."""
    return bool(hours) and not any(window.contains(now) for window in hours)


def next_opening(hours: Sequence[Window], now: datetime) -> Optional[datetime]:
    """When support answers next, where it does not answer now; None if it does, or never will again."""
    if not is_closed(hours, now):
        return None
    return min((window.opens for window in hours if window.opens > now), default=None)


def all_hours(hours: Sequence[Window]) -> Tuple[Text, ...]:
    """All hours in words, following days with the same hours in one line."""
    return tuple(words for words, _ in dates.daily((window.opens, window.closes) for window in hours))


def present_hours(hours: Sequence[Window], now: datetime) -> Optional[Text]:
    """Until when support answers, or from when on it will again; None where the hours are unknown."""
    if not hours:
        return None
    for window in hours:
        if window.contains(now):
            until = dates.deadline(window.closes, now.astimezone(window.closes.tzinfo))
            return Text(f"answered until {until.en}", f"现在可拨打，服务至 {until.zh}")
    opens = next_opening(hours, now)
    if opens is None:
        return _OVER
    begins = dates.opening(opens, now.astimezone(opens.tzinfo))
    return Text(f"answered again from {begins.en}", f"现在无人接听，{begins.zh} 起恢复服务")
