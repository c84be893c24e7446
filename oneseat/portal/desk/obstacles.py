"""Says why a candidate is stuck now, how long that lasts, and what would end it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oneseat.portal.desk.failure_words import TITLES, meaning_of
from oneseat.state.candidates.failures import FailureKind, RecordedFailure
from signing.text import Text

RECENT = timedelta(hours=2)
"""How long a refusal counts as the present trouble, unless the candidate has got past it since."""


@dataclass(frozen=True)
class SeatFacts:
    """What is known about a seat at one moment.

    ``closes`` is the end of the download for this seat, late permission included; None where nothing is open.
    """

    now: datetime
    revoked: bool
    published: bool
    granted: bool
    downloaded_at: datetime | None
    active_since: datetime | None
    heard_at: datetime | None
    login_wait_until: datetime | None
    activation_wait_until: datetime | None
    closes: datetime | None
    failures: Sequence[RecordedFailure] = ()

    @property
    def waits_until(self) -> datetime | None:
        """The end of the longest wait that is running; None where none is."""
        waits = (self.login_wait_until, self.activation_wait_until)
        return max((until for until in waits if until is not None and until > self.now), default=None)


@dataclass(frozen=True)
class Obstacle:
    """One reason for being stuck, until when if that is known, and what frees from it."""

    cause: Text
    freed_by: Text
    until: datetime | None = None


_RESET = Text(
    "It ends by itself, or at once by resetting the failed attempts.",
    "到时自动解除；办理重置验证次数可立即解除。",
)


def obstacles(facts: SeatFacts) -> list[Obstacle]:
    """The reasons, the decisive one first; empty where nothing keeps the candidate."""
    if facts.revoked:
        return [
            Obstacle(Text("The licence is revoked.", "许可已撤销，不能登录、下载和激活。"), _ANEW),
        ]
    return [*_unpublished(facts), *_waits(facts), *_download(facts), *_refusals(facts)]


_ANEW = Text("A new licence, issued and published.", "重新签发并发布后恢复。")


def _unpublished(facts: SeatFacts) -> Iterator[Obstacle]:
    if not facts.published:
        cause = Text("No installer is published for this candidate.", "该考生的安装包尚未发布。")
        yield Obstacle(cause, Text("The next publication.", "下一次发布后即可下载。"))


def _waits(facts: SeatFacts) -> Iterator[Obstacle]:
    for until, cause in (
        (facts.login_wait_until, Text("Has to wait before the next login.", "登录多次填错，须等待。")),
        (
            facts.activation_wait_until,
            Text("Has to wait before the next activation.", "激活时多次填错，须等待。"),
        ),
    ):
        if until is not None and until > facts.now:
            yield Obstacle(cause, _RESET, until)


def _download(facts: SeatFacts) -> Iterator[Obstacle]:
    if not facts.published or facts.downloaded_at is not None:
        return
    if facts.closes is None:
        cause = (
            Text("The download was begun and never finished; it is closed now.", "下载未完成，下载时间已过。")
            if facts.granted
            else Text("Never downloaded; the download is closed.", "尚未下载，目前不在下载时间内。")
        )
        late = Text("Late permission, if the rules allow it.", "按规定可补救的，办理允许逾期下载。")
        yield Obstacle(cause, late)
    elif facts.granted:
        cause = Text("The download is not finished yet.", "下载已开始，尚未完成。")
        again = Text(
            "Log in and click again: it goes on where it broke off.", "重新登录后再次点击，可从中断处继续。"
        )
        yield Obstacle(cause, again)


def _refusals(facts: SeatFacts) -> Iterator[Obstacle]:
    """Refusals of late that the candidate has not got past since."""
    for failure in facts.failures:
        if facts.now - failure.last_at > RECENT or _is_past(failure, facts) or failure.code == "OS-171":
            continue
        cause, remedy = meaning_of(failure.kind, failure.code)
        title = TITLES[failure.kind]
        yield Obstacle(Text(f"{title.en}: {cause.en}.", f"{title.zh}：{cause.zh}。"), remedy)


def _is_past(failure: RecordedFailure, facts: SeatFacts) -> bool:
    """Whether a later success shows that the refusal no longer keeps the candidate."""
    passed = {
        FailureKind.LOGIN: facts.downloaded_at,
        FailureKind.ACTIVATION: facts.active_since,
    }.get(failure.kind)
    return passed is not None and passed > failure.last_at
