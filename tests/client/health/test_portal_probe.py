"""The portal probe over real HTTP: clock against signed time, and speeds."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Iterable, Iterator, List, Tuple, cast

import pytest

from oneseat.client.errors import PortalAnswerUnusable, PortalInsecure, PortalRefused, PortalUnreachable
from oneseat.client.health import portal_probe
from oneseat.client.health.check import UNKNOWN
from oneseat.client.health.examination import examine
from oneseat.client.health.network import BandwidthCheck, ClockCheck
from oneseat.client.health.portal_probe import PortalProbe
from oneseat.client.online.portal import Portal
from signing.clock import FixedClock
from tests.client import simulated
from tests.client.health.recorded import Recorded
from tests.client.simulated import NOW, Authority


def probe_for(authority: Authority, at: Any = NOW) -> PortalProbe:
    return PortalProbe(lambda: Portal(authority.charter(), 2), FixedClock(at))


@pytest.mark.parametrize("off_s", [0, 90, -3600])
def test_the_clock_is_compared_with_the_signed_time(
    authority: Authority, portal: simulated.Portal, off_s: int
) -> None:
    reading = probe_for(authority, NOW + timedelta(seconds=off_s)).clock()
    assert abs(reading.ahead_s - off_s) <= reading.within_s < 3


def test_half_the_round_trip_is_uncertainty(authority: Authority, portal: simulated.Portal) -> None:
    ticks = iter([100.0, 104.0])
    reading = PortalProbe(
        lambda: Portal(authority.charter(), 2), FixedClock(NOW), lambda: next(ticks)
    ).clock()
    assert (reading.ahead_s, reading.within_s) == (1.5, 2.5)


def test_a_time_that_another_key_signed_is_not_believed(
    authority: Authority, portal: simulated.Portal
) -> None:
    stranger = Authority(activation_key=authority.licence_key)
    stranger.portal_url = authority.portal_url
    foreign = PortalProbe(lambda: Portal(stranger.charter(), 2), FixedClock(NOW))
    with pytest.raises(PortalAnswerUnusable):
        foreign.clock()


def test_both_directions_are_measured(authority: Authority, portal: simulated.Portal) -> None:
    speeds = probe_for(authority).speeds()
    assert speeds.download_mbps > 1 and speeds.upload_mbps > 1
    assert portal.asked[0].endswith(f"/speed?bytes={portal_probe.DOWNLOAD_BYTES}")
    assert portal.received == [portal_probe.FIRST_UPLOAD_BYTES, portal_probe.UPLOAD_BYTES]


@dataclass
class SlowPortal:
    """A portal behind a slow connection: each chunk, either way, takes ``chunk_s`` on its clock."""

    chunk_s: float
    now_s: float = 0.0
    asked: List[str] = field(default_factory=list)
    sent: int = 0

    @contextlib.contextmanager
    def stream(self, name: str, body: Iterable[bytes] = (), length: int = 0) -> Iterator[SlowPortal]:
        """Read the body and respond, as :meth:`Portal.stream` does."""
        self.asked.append(name)
        for chunk in body:
            self.sent += len(chunk)
            self.now_s += self.chunk_s
        yield self

    def read(self, amount: int) -> bytes:
        """The next bytes of an endless response."""
        self.now_s += self.chunk_s
        return bytes(amount)

    @property
    def probe(self) -> PortalProbe:
        """A probe of this portal, with its clock."""
        return PortalProbe(lambda: cast("Portal", self), FixedClock(NOW), lambda: self.now_s)


def test_a_slow_connection_is_measured_by_what_arrived_in_time() -> None:
    portal = SlowPortal(chunk_s=3.0)
    speeds = portal.probe.speeds()
    # The third chunk of 32 KiB ends after 9 s, beyond the 8 s that one direction may take.
    assert speeds.download_mbps == speeds.upload_mbps == pytest.approx(3 * 32 * 1024 * 8 / 1e6 / 9)
    assert (
        portal.sent == 3 * 32 * 1024 < portal_probe.FIRST_UPLOAD_BYTES
    )  # it was aborted before all was sent
    assert portal.asked == [
        f"speed?bytes={portal_probe.DOWNLOAD_BYTES}",
        "speed",
    ]  # and nothing more was sent


def test_a_connection_too_slow_for_the_first_upload_gets_no_second() -> None:
    portal = SlowPortal(chunk_s=0.5)
    speeds = portal.probe.speeds()
    assert portal.asked[1:] == ["speed"]
    assert portal.sent == portal_probe.FIRST_UPLOAD_BYTES
    # Eight chunks, and the first byte of the response after them.
    assert speeds.upload_mbps == pytest.approx(portal_probe.FIRST_UPLOAD_BYTES * 8 / 1e6 / 4.5)


def test_figures_are_megabits_a_second() -> None:
    assert portal_probe._to_mbps(1_000_000, 2) == 4


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        ((503, "text/plain", b""), PortalUnreachable),
        ((404, "text/html", b"<html>"), PortalAnswerUnusable),
        (simulated.problem(503, 229, "busy", "繁忙"), PortalRefused),
    ],
)
def test_a_portal_that_refuses_is_said_to(
    authority: Authority, portal: simulated.Portal, answer: Tuple[int, str, bytes], refusal: Any
) -> None:
    portal.broken = lambda _: answer
    with pytest.raises(refusal):
        probe_for(authority).speeds()
    with pytest.raises(refusal):
        probe_for(authority).clock()


def test_a_portal_that_sends_nothing_is_unknown(authority: Authority, portal: simulated.Portal) -> None:
    portal.broken = lambda _: (200, "application/octet-stream", b"")
    finding = examine(BandwidthCheck(probe_for(authority), authority.charter().requirements))
    assert (finding.status, finding.evidence.zh) == (UNKNOWN, "无法检测：考生平台未发送数据。")


def test_without_a_portal_both_rows_are_unknown_and_say_why(authority: Authority) -> None:
    requirements = authority.charter().requirements
    clock = ClockCheck(probe_for(authority), Recorded().probes().system)
    for check in (clock, BandwidthCheck(probe_for(authority), requirements)):
        finding = examine(check)
        assert finding.status == UNKNOWN
        assert finding.evidence.zh == "无法连接考生平台：连接被拒绝或被阻断。"
        assert "防火墙" in finding.remedy.zh


def test_an_address_that_is_not_secure_is_not_asked(authority: Authority) -> None:
    insecure = replace(authority.charter(), portal_url="http://portal.example")
    with pytest.raises(PortalInsecure):
        PortalProbe(lambda: Portal(insecure), FixedClock(NOW)).clock()


def test_what_is_sent_has_its_length_and_is_noise() -> None:
    first, second = (b"".join(portal_probe._TimedUpload(70_000, lambda: 0.0)) for _ in range(2))
    assert len(first) == len(second) == 70_000
    assert first != second
