"""Checks of the clock and of the bandwidth to the portal."""

from __future__ import annotations

from dataclasses import dataclass

from oneseat.client.health import settings_paths
from oneseat.client.health.check import Check, Finding
from oneseat.client.health.probes import NetworkProbe, SystemProbe
from signing.charter import Requirements
from signing.text import Text

CLOCK_TOLERANCE_S = 60.0
"""Entry is decided by the portal's clock; a candidate who relies on a wrong one may come late."""


@dataclass(frozen=True)
class ClockCheck(Check):
    """The computer's clock agrees with the portal's signed time."""

    key = "clock"
    name = Text("Clock", "系统时间")

    network: NetworkProbe
    system: SystemProbe

    def run(self) -> Finding:
        """Compare the clocks; the uncertainty is half the round trip."""
        reading = self.network.clock()
        off = abs(reading.ahead_s)
        direction = Text("ahead", "快") if reading.ahead_s > 0 else Text("behind", "慢")
        seen = Text(
            f"{_span(off).en} {direction.en} of the portal's (± {reading.within_s:.1f} s)"
            if reading.ahead_s > 0
            else f"{_span(off).en} {direction.en} the portal's (± {reading.within_s:.1f} s)",
            f"比考生平台{direction.zh} {_span(off).zh}（误差 ± {reading.within_s:.1f} 秒）",
        )
        if off - reading.within_s > CLOCK_TOLERANCE_S:
            return self.warned(seen, settings_paths.time(self.system))
        return self.passed(seen)


def _span(seconds: float) -> Text:
    if seconds < 120:
        return Text(f"{seconds:.1f} s", f"{seconds:.1f} 秒")
    if seconds < 2 * 3600:
        return Text(f"{seconds / 60:.0f} min", f"{seconds / 60:.0f} 分钟")
    if seconds < 48 * 3600:
        return Text(f"{seconds / 3600:.1f} h", f"{seconds / 3600:.1f} 小时")
    return Text(f"{seconds / 86400:.0f} days", f"{seconds / 86400:.0f} 天")


@dataclass(frozen=True)
class BandwidthCheck(Check):
    """Download and upload speed to the portal."""

    key = "bandwidth"
    name = Text("Bandwidth", "网络带宽")
    limit_s = 25.0
    alone = True

    network: NetworkProbe
    requirements: Requirements

    def run(self) -> Finding:
        """Measure both directions, and compare the slower one with the requirement."""
        speeds, need = self.network.speeds(), self.requirements.bandwidth_mbps
        seen = Text(
            f"down {speeds.download_mbps:.1f} Mbit/s, up {speeds.upload_mbps:.1f} Mbit/s",
            f"下行 {speeds.download_mbps:.1f} Mbit/s，上行 {speeds.upload_mbps:.1f} Mbit/s",
        )
        if min(speeds.download_mbps, speeds.upload_mbps) >= need:
            return self.passed(seen)
        return self.warned(
            seen,
            Text(
                f"{need:g} Mbit/s are needed in both directions: stop other downloads, "
                "use a cable or come closer to the router, then check again.",
                f"上下行均须达到 {need:g} Mbit/s：请停止其他下载，改用网线或靠近路由器后重新检测。",
            ),
        )
