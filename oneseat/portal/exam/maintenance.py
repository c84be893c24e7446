"""Words of an exam's maintenance, in which its pages and API answer 503."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from oneseat.portal.exam import schedule
from oneseat.state.candidates.seat_support import Maintenance
from signing.text import Text

_SOON = Text("it will be back shortly", "即将恢复服务")


def back_words(maintenance: Maintenance, zone: ZoneInfo) -> Text:
    """When service is expected back."""
    if maintenance.back_at is None:
        return _SOON
    when = schedule.opening(maintenance.back_at, zone)
    return Text(f"it is expected back on {when.en}", f"预计 {when.zh} 恢复服务")
