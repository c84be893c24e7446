"""Refusals of reviews and judgements after a session."""

from __future__ import annotations

from oneseat.room.errors import RoomError
from signing.errors import ExitStatus
from signing.text import Text


class ReviewIncomplete(RoomError):
    """A review has no finding of the list."""

    number = 2264
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("Choose what you found.", "请选择复核结果。")
    remedy = Text("Choose one of the list, then confirm.", "选好一项后再提交。")


class ReviewTooEarly(RoomError):
    """An attempt is to be reviewed or judged that is not over."""

    number = 2265
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("This attempt is not over yet.", "该考生的考试还没有结束。")
    remedy = Text("Review it once it was handed in or has ended.", "请在交卷或考试结束后再复核。")


class JudgementIncomplete(RoomError):
    """A step of a judgement lacks its clause, its evidence, its words or its outcome."""

    number = 2266
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("The step is not complete: {reason.en}.", "本步骤填写不完整：{reason.zh}。")
    remedy = Text("Fill it in, then confirm.", "请补全后再提交。")


class JudgementOutOfOrder(RoomError):
    """A step of a judgement is taken before the one that comes first, or twice."""

    number = 2267
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text(
        "This step was taken already, or another one comes before it.",
        "本步骤已经完成，或前一步骤尚未完成。",
    )
    remedy = Text(
        "Open the page again: it shows the step that is next.", "请重新打开页面，按页面显示的下一步操作。"
    )


class JudgementUnknown(RoomError):
    """The attempt has no judgement of this address."""

    number = 2268
    exit_status = ExitStatus.INPUT
    http_status = 404
    cause = Text("There is no such judgement.", "没有这项认定。")
    remedy = Text("Go back to the attempt's review.", "请返回该考生的复核页面。")


class SecondJudgeNeeded(RoomError):
    """The person who proposed a judgement tries to decide it."""

    number = 2269
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text(
        "You proposed this judgement; another person decides.",
        "该认定由您提出，须由另一位工作人员作出决定。",
    )
    remedy = Text("Ask another person to decide.", "请另一位有权限的工作人员操作。")
