"""The words about recordings that are still on the candidate's computer, by what the exam room reported.

Placeholders: ``session`` is the interview, ``left`` how much is left, ``seen`` when the room said so,
``until`` the end of the upload, ``product`` the client, ``hotline``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from oneseat.portal.exam import schedule
from oneseat.portal.rules.candidate_stages import Action, Stage
from oneseat.portal.rules.candidate_state import CandidateState
from oneseat.portal.rules.ticket_rules import Kind, UploadReport
from oneseat.portal.rules.uploads import Upload, UploadState
from signing.text import Text


class Words(NamedTuple):
    """A heading, and what to do."""

    heading: Text
    lead: Text


SESSIONS: Mapping[Kind, Text] = {
    Kind.MOCK: Text("mock interview", "模拟面试"),
    Kind.FORMAL: Text("formal interview", "正式面试"),
}
UPLOADING = Words(
    Text("Recordings are still to be uploaded", "还有录像未上传"),
    Text(
        "Your {session.en} is handed in. On {seen.en}, {left.en} of its recordings had not been "
        "uploaded. Open {product.en} on the same computer, keep it open and online, and do not switch "
        "the computer off until it says that everything is received: before {until.en}.",
        "您的{session.zh}已交卷。截至 {seen.zh}，还有{left.zh}录像没有上传。请在原电脑上打开“{product.zh}”"
        "并保持联网，不要退出、不要关机，直到显示“交卷完成”。最晚 {until.zh}。",
    ),
)
_RECEIVED = Words(
    Text("Handed in, and everything received", "交卷完成"),
    Text(
        "Your answers and recordings of the formal interview were all received. Do not uninstall or delete "
        "{product.en}, {companion.en} or their installer files, as long as the schedule says.",
        "您的正式面试作答和录像已全部收到。在日程所列时间前，请勿卸载或删除“{product.zh}”“{companion.zh}”及安装文件。",
    ),
)
_INCOMPLETE = Words(
    Text("Not all recordings were uploaded", "录像没有全部上传"),
    Text(
        "The time to upload the recordings of your formal interview is over, and some are missing. Do not "
        "uninstall or delete anything, and call the hotline {hotline}.",
        "您的正式面试录像没有全部上传，上传时间已过。请勿卸载或删除任何软件和文件，"
        "并拨打技术服务热线 {hotline}。",
    ),
)
_AFTERWARDS = {UploadState.COMPLETE: _RECEIVED, UploadState.LAPSED: _INCOMPLETE}
_NOTES: Mapping[UploadState, Text] = {
    UploadState.LEFT: Text(
        "Recordings of your {session.en} are still to be uploaded. As soon as you have time, open "
        "{product.en} on the computer that you used, and let it finish.",
        "您的{session.zh}还有录像未上传。有空时请在原电脑上打开“{product.zh}”，等待上传完成。",
    ),
    UploadState.LAPSED: Text(
        "Not all recordings of your {session.en} were uploaded, and the time for it is over.",
        "您的{session.zh}录像没有全部上传，上传时间已过。",
    ),
    UploadState.COMPLETE: Text(
        "Answers and recordings of your {session.en} were all received.",
        "交卷完成：您的{session.zh}作答和录像已全部收到。",
    ),
}
SOME = Text("some", "部分")


def afterwards(state: CandidateState) -> Words | None:
    """What a page says instead of its stage's words, after a formal interview whose upload was reported."""
    kept = (state.stage, state.action) == (Stage.AFTER, Action.KEEP)
    return _AFTERWARDS.get(state.upload.state) if kept and state.upload.kind is Kind.FORMAL else None


def note_of(state: CandidateState) -> Text | None:
    """What a page says beside its stage's words; None where those words say it."""
    if state.stage is Stage.UPLOADING or afterwards(state) is not None:
        return None
    return _NOTES.get(state.upload.state)


def values_of(upload: Upload, zone: ZoneInfo) -> dict[str, object]:
    """The values of the placeholders that an upload gives."""
    if upload.kind is None or upload.report is None:
        return {}
    seen = schedule.opening(_whole_minute(upload.report.at), zone)
    return {"session": SESSIONS[upload.kind], "seen": seen, "left": amount(upload.report)}


def amount(report: UploadReport) -> Text:
    """How much was left: rounded up to whole megabytes, never 0 where it is not known."""
    if not report.left_bytes:
        return SOME
    megabytes = -(-report.left_bytes // 1_000_000)
    return Text(f"about {megabytes} MB", f"约 {megabytes} MB ")


def _whole_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
