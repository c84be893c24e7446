"""Refusals of entry tickets, and of the exam room's reports on them."""

from __future__ import annotations

from oneseat.portal.errors import CALL_HOTLINE, PortalError
from signing.errors import ExitStatus
from signing.text import Text


class SessionAbsent(PortalError):
    """The exam has no session of the kind asked for."""

    number = 199
    http_status = 403
    cause = Text("This exam has no {kind.en}.", "本场考试没有安排{kind.zh}。")
    remedy = CALL_HOTLINE


class SessionNotOpen(PortalError):
    """The next session of this kind is still to open."""

    number = 200
    http_status = 403
    cause = Text("The {kind.en} opens on {opens.en}.", "{kind.zh}将于 {opens.zh} 开放登录。")
    remedy = Text("Come back then, with the same computer.", "请届时使用同一台电脑登录。")


class SessionOver(PortalError):
    """The last session of this kind has ended."""

    number = 201
    http_status = 403
    cause = Text("The {kind.en} ended on {closed.en}.", "{kind.zh}已于 {closed.zh} 结束。")
    remedy = CALL_HOTLINE


class LoginClosed(PortalError):
    """A first login to a formal interview came after the last login."""

    number = 202
    http_status = 403
    cause = Text(
        "Login to the formal interview closed on {closed.en}.", "正式面试已于 {closed.zh} 截止登录。"
    )
    remedy = CALL_HOTLINE


class SessionUnassigned(PortalError):
    """The exam has several formal sessions, and no roster gave the seat one of them."""

    number = 953
    exit_status = ExitStatus.CONFLICT
    http_status = 403
    cause = Text("It is not recorded which formal interview is yours.", "系统中没有您的正式面试场次。")
    remedy = CALL_HOTLINE


class MockTaken(PortalError):
    """The candidate has had the day's one mock interview."""

    number = 203
    http_status = 403
    cause = Text(
        "You have already used the one login to today's mock interview.", "您今天的模拟面试登录次数已用完。"
    )
    remedy = Text("Each candidate has one a day: {then.en}.", "每人每天只能参加一场：{then.zh}。")


class MockTooLate(PortalError):
    """A mock begun now could not be finished before its session closes. The day's place is not taken."""

    number = 950
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text(
        "There is no time left for a whole mock interview today.", "今天剩余的时间不够完成一次模拟面试。"
    )
    remedy = Text("Your turn was not used up: {then.en}.", "本次未占用您的模拟机会：{then.zh}。")


class MockMissing(PortalError):
    """Who took part in no mock interview is not let into the formal one."""

    number = 204
    http_status = 403
    cause = Text(
        "You took part in no mock interview, and cannot enter the formal interview without.",
        "您未参加模拟面试，不能参加正式面试。",
    )
    remedy = CALL_HOTLINE


class AlreadySubmitted(PortalError):
    """The candidate has handed in this interview."""

    number = 205
    http_status = 403
    cause = Text("You have already submitted this interview.", "您已完成本场面试并交卷。")
    remedy = Text(
        "Nothing more is to be done; keep the client installed as the notice says.",
        "无需再次登录；请按通知要求保留考生端软件。",
    )


class RoomReportRefused(PortalError):
    """A report of the exam room contradicts the ticket that it names."""

    number = 222
    http_status = 409
    cause = Text("The report does not fit its ticket: {reason.en}.", "上报内容与入场凭证不符：{reason.zh}。")
    remedy = Text(
        "Report what happened with the ticket that the candidate brought; `at` is when it happened.",
        "请使用考生出示的入场凭证上报，`at` 为事件实际发生的时间。",
    )
