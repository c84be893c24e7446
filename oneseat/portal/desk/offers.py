"""Says which acts are offered for a seat now, and what each one will do and will not do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import CharterInForce
from oneseat.portal.rules.download_gate import Phase, phase_at
from oneseat.portal.rules.ticket_rules import AttendedSession, MockState, mock_state
from signing.text import Text


@dataclass(frozen=True)
class OfferFacts:
    """What decides about the acts of one seat."""

    now: datetime
    in_force: CharterInForce | None
    active: bool
    revoked: bool
    reissue_pending: bool
    attended: Sequence[AttendedSession] = ()


@dataclass(frozen=True)
class Offers:
    """By act: why it is not offered, and what has to be known before it is done."""

    refused: dict[str, Text]
    warnings: dict[str, tuple[Text, ...]]

    def offers(self, act: str) -> bool:
        """Whether the act is offered."""
        return act not in self.refused


def offers(facts: OfferFacts) -> Offers:
    """Which acts make sense for the seat at this moment."""
    refused: dict[str, Text] = {}
    if facts.in_force is not None and facts.now >= facts.in_force.charter.device_change_until:
        until = schedule.deadline(facts.in_force.charter.device_change_until, facts.in_force.zone)
        refused["move"] = Text(f"The time for this ended on {until.en}.", f"办理时间已于 {until.zh} 截止。")
    elif not facts.active:
        refused["move"] = Text("No computer is active: nothing needs moving.", "尚未激活，无需办理。")
    if facts.in_force is not None and facts.now >= facts.in_force.charter.ends:
        refused["allow"] = Text("The exam is over.", "考试已结束。")
    if facts.reissue_pending:
        refused["reissue"] = Text("Asked for already; it waits for issuing.", "已提交，等待签发人员处理。")
    if facts.revoked:
        refused["revoke"] = Text("Revoked already.", "已撤销。")
        refused["allow"] = Text("The licence is revoked; issue anew first.", "许可已撤销，须先重新签发。")
    return Offers(refused, {"allow": tuple(_about_allowing(facts))})


def _about_allowing(facts: OfferFacts) -> list[Text]:
    if facts.in_force is None:
        return []
    charter, warnings = facts.in_force.charter, []
    if phase_at(facts.now, facts.in_force.rules) is Phase.OPEN:
        warnings.append(Text("The download is open for everybody now.", "目前仍在下载时间内，一般无需办理。"))
    mocks_over = charter.mocks and facts.now >= max(mock.closes for mock in charter.mocks)
    if mocks_over and mock_state(facts.attended) is MockState.NOT_TAKEN:
        warnings.append(_WITHOUT_MOCK[charter.mock_required])
    formals_over = charter.formals and facts.now >= max(formal.login_closes for formal in charter.formals)
    if formals_over:
        warnings.append(
            Text(
                "The last login of the formal interview is past: it cannot be entered any more.",
                "正式面试的登录已全部截止，下载后也不能再参加正式面试。",
            )
        )
    return warnings


_WITHOUT_MOCK = {
    "gate": Text(
        "The mock interviews are over and this candidate took part in none: by the exam's rules the formal "
        "interview stays closed, with the download or without.",
        "模拟面试已结束，该考生未参加：按本场考试规程，即使下载也不能参加正式面试。请先告知考生，并请示考务负责人。",
    ),
    "warn": Text(
        "The mock interviews are over and this candidate took part in none: if the equipment fails on the "
        "day, the formal interview is lost.",
        "模拟面试已结束，该考生未参加：正式面试当天设备出现异常的，将无法参加。请告知考生。",
    ),
}
