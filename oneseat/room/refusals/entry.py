"""Refusals of entry: tickets, grants, proofs, and windows without an entry."""

from __future__ import annotations

from oneseat.room.errors import CALL_HOTLINE, ENTER_AGAIN, RoomError
from signing.errors import ExitStatus
from signing.text import Text


class EntryIncomplete(RoomError):
    """A field of the client's form or call is missing or has the wrong form."""

    number = 2002
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("The entry is incomplete.", "进入考场的信息不完整。")
    remedy = ENTER_AGAIN


class TicketOfOtherExam(RoomError):
    """The ticket is another exam's."""

    number = 2003
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("The ticket is another exam's.", "入场凭证属于另一场考试。")
    remedy = ENTER_AGAIN


class TicketEnded(RoomError):
    """The session of the ticket is over."""

    number = 2004
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("The time of this ticket is over.", "入场凭证已过期。")
    remedy = ENTER_AGAIN


class ProofStale(RoomError):
    """The device's signature is too old, or its time lies ahead."""

    number = 2005
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("This entry was opened too long ago.", "打开考场的时间过长，本次进入已失效。")
    remedy = ENTER_AGAIN


class ProofSpent(RoomError):
    """The device's signature has let somebody in before."""

    number = 2006
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("This entry was used before.", "本次进入已使用过，不能重复使用。")
    remedy = ENTER_AGAIN


class AttemptHandedIn(RoomError):
    """The attempt of the ticket is handed in and complete."""

    number = 2007
    exit_status = ExitStatus.CONFLICT
    http_status = 403
    cause = Text("This interview is handed in and complete.", "本场面试已交卷，作答和录像已全部收到。")
    remedy = Text("Nothing more is to be done.", "无需再次进入，可以关闭本页。")


class SessionUnknown(RoomError):
    """The ticket names a session that the exam does not have."""

    number = 2008
    exit_status = ExitStatus.CONFLICT
    http_status = 403
    cause = Text("The exam has no such session.", "本场考试没有这个场次。")
    remedy = CALL_HOTLINE


class GrantUnknown(RoomError):
    """The upload grant is no attempt's."""

    number = 2009
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("This right to upload is unknown.", "没有找到对应的上传凭证。")
    remedy = ENTER_AGAIN


class TicketInvalid(RoomError):
    """The ticket was not signed by the exam's portal, or is damaged."""

    number = 2022
    exit_status = ExitStatus.INTEGRITY
    http_status = 403
    cause = Text("The ticket cannot be verified.", "入场凭证无法识别。")
    remedy = ENTER_AGAIN


class TicketOfOldDevice(RoomError):
    """The seat has come from another computer with a ticket that was issued later."""

    number = 2250
    exit_status = ExitStatus.CONFLICT
    http_status = 403
    cause = Text(
        "Another computer entered this interview with a newer ticket.",
        "另一台电脑已用更新的入场凭证进入本场面试。",
    )
    remedy = Text(
        "Go on at that computer. To use this one, activate its client again.",
        "请在那台电脑上继续。要改用这台电脑，请在这台电脑的考生端重新激活。",
    )


class EntryProofInvalid(RoomError):
    """The signature is not that of the device that the ticket or the attempt names."""

    number = 2023
    exit_status = ExitStatus.INTEGRITY
    http_status = 403
    cause = Text(
        "This computer is not the one that the entry was given to.", "入场凭证不是发给这台电脑的，不能进入。"
    )
    remedy = ENTER_AGAIN


class SessionOfOthers(RoomError):
    """A ticket is for a formal session that is not its seat's, by the newest roster."""

    number = 2027
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("This is not your formal interview.", "这不是您的正式面试场次。")
    remedy = Text(
        "Go back to the client: it shows when your interview is. If that is now, wait a minute and enter "
        "again.",
        "请回到考生端查看您的面试时间。如果正是现在，请等待一分钟后重新进入。",
    )


class WindowUnknown(RoomError):
    """The page's cookie is missing, or a newer entry has replaced it."""

    number = 2011
    exit_status = ExitStatus.FORBIDDEN
    http_status = 401
    cause = Text("This page's entry has ended.", "本页面的登录已失效。")
    remedy = ENTER_AGAIN


class OriginRefused(RoomError):
    """A call of the page's API came from another site's page."""

    number = 2012
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("The call did not come from the room's own page.", "该请求不是考场页面发出的。")
    remedy = ENTER_AGAIN


class UploadOver(RoomError):
    """The time in which an attempt's recordings may be uploaded is over."""

    number = 2021
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("The time to upload recordings is over.", "录像上传时间已截止。")
    remedy = CALL_HOTLINE


class OnlyUpload(RoomError):
    """A window that was opened to finish the upload tries to take part."""

    number = 2025
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("This window only finishes the upload.", "本窗口仅用于继续上传。")
    remedy = ENTER_AGAIN


class AdmissionOff(RoomError):
    """A client asks to be admitted without a ticket, and nobody has switched that on."""

    number = 2170
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text(
        "The room admits nobody without the portal's ticket now.", "考场目前只接受考生平台发放的入场凭证。"
    )
    remedy = Text(
        "Check the network and try again; if the portal stays away, call the hotline.",
        "请检查网络后重试；考生平台一直连不上的，请拨打技术服务热线。",
    )


class ActivationRefused(RoomError):
    """An activation does not verify, or its seat has been moved to another computer since."""

    number = 2171
    exit_status = ExitStatus.INTEGRITY
    http_status = 403
    cause = Text(
        "This computer is not the one that the seat is activated on.",
        "这台电脑不是该考生激活的电脑，不能进入。",
    )
    remedy = CALL_HOTLINE


class MockNotTaken(RoomError):
    """A device without a ticket asks for the formal interview, and the room has no mock of its seat."""

    number = 2174
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text(
        "This room has no mock interview of yours, and the formal interview is not open without.",
        "考场没有您参加模拟面试的记录，不能参加正式面试。",
    )
    remedy = CALL_HOTLINE


class TwoPersonsNeeded(RoomError):
    """An act of two persons names only one."""

    number = 2172
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("This takes two different persons.", "该操作须由两名不同的人员共同进行。")
    remedy = Text("Name both: --by NAME --by NAME.", "请分别写明两人：--by 姓名 --by 姓名。")


class EntriesBusy(RoomError):
    """An address has tried to enter too often with nothing that verifies. Valid tickets are not concerned."""

    number = 2173
    exit_status = ExitStatus.UNREACHABLE
    http_status = 429
    cause = Text(
        "Too many invalid entries came from this network; the next is looked at in {wait_s} seconds.",
        "本网络的无效入场请求过多，请在 {wait_s} 秒后重试。",
    )
    remedy = ENTER_AGAIN
