"""Check of the screens: exactly one is active."""

from __future__ import annotations

from dataclasses import dataclass

from oneseat.client.health.check import Check, Finding
from oneseat.client.health.probes import DisplayProbe
from signing.charter import Requirements
from signing.text import Text, legible


@dataclass(frozen=True)
class ScreensCheck(Check):
    """One active screen; a clone counts as a second one, and an external screen alone is allowed."""

    key = "screens"
    name = Text("Screens", "显示器")
    forbids = True

    displays: DisplayProbe
    requirements: Requirements

    def run(self) -> Finding:
        """Count the active screens."""
        screens = self.displays.screens()
        names = [legible(name) for name in screens.names if name]
        count = Text(
            "1 screen is on" if screens.count == 1 else f"{screens.count} screens are on",
            f"正在使用 {screens.count} 个显示器",
        )
        seen = count
        if names:
            seen = Text(f"{count.en}: {', '.join(names)}", f"{count.zh}：{'、'.join(names)}")
        if self.requirements.external_screens:
            return self.passed(seen)
        if screens.count > 1:
            return self.blocked(
                seen,
                Text(
                    "Unplug or switch off all screens but one, duplicates too.",
                    "只能使用一个显示器：请拔掉或关闭其余显示器（复制屏同样不允许）。",
                ),
            )
        if not screens.sees_clones:
            return self.unknown(
                Text(
                    f"{seen.en}; whether a second one shows the same cannot be seen here",
                    f"{seen.zh}；是否另有复制屏无法检测",
                ),
                Text(
                    "Make sure that no second screen or projector is plugged in.",
                    "请确认没有连接第二个显示器或投影仪。",
                ),
            )
        return self.passed(seen)
