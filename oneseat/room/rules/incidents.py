"""Decides which reports are symptoms of a cause, when it is an incident, and what candidates read of it."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from datetime import timedelta

from oneseat.room.errors import RoomError
from oneseat.room.rules.phones import PhoneFault
from oneseat.state.room.events import Fact
from signing.text import Text

ALIKE = 20
WITHIN = timedelta(minutes=2)
"""So many seats that report the same cause within this time make an incident, as at the service desk."""
QUIET = timedelta(minutes=15)
"""After a close the same cause is not proposed again for so long."""
LAPSES = timedelta(minutes=30)
"""A proposal that nobody decides on ends so long after the last report."""
BUILD_SHARE = 0.9
"""A build is named where at least this share of the seats has it."""
MAX_ZH, MAX_EN = 200, 290
SILENT = "beats-lost"
"""The cause of pages that are not heard any more in the answer time."""
_PLAIN = frozenset({"upload-fault", "track-ended", "storage-failed", "guard-silent", SILENT})
_HELP = frozenset({"login", "face", "device", "answering", "upload", "computer", "other"})
_OWN_ENDS = frozenset({"stopped", "rescued", "surface-wrong", "quota-stop"})
_REFUSAL = re.compile(r"OS-[0-9]{4}")

CAUSES = {
    "upload-fault": Text("Uploads fail", "录像上传失败"),
    "track-ended": Text("Camera or microphone interrupted", "摄像头或麦克风中断"),
    "take-ended": Text("Recording interrupted", "录制中断"),
    "storage-failed": Text("Recordings cannot be stored", "无法保存录像"),
    "guard-silent": Text("Monitoring not heard", "考试监测中断"),
    "phone-fault": Text("Fault of the phone", "手机端异常"),
    "help-asked": Text("Requests for help", "求助"),
    "refused": Text("Calls refused", "请求被拒"),
    SILENT: Text("Pages not heard", "考试页面失去联系"),
}
TEXTS = {
    "network": Text(
        "Many candidates are affected by a network fault. Stay where you are, do not close the page; "
        "your recording and answers are kept on your computer and sent later.",
        "部分考生的网络出现故障，考务人员正在处理。请留在座位上，不要关闭页面；录像和答案保存在本机，恢复后自动上传。",
    ),
    "upload": Text(
        "Uploading is slow or fails for many candidates. Go on answering, do not close the page; "
        "what is kept on your computer is sent later by itself.",
        "部分考生录像上传缓慢或失败，考务人员正在处理。请继续作答，不要关闭页面，录像会自动补传。",
    ),
    "device": Text(
        "Recording is interrupted for many candidates. Stay in the picture and follow what the page says.",
        "部分考生的录制出现中断，考务人员正在处理。请保持在画面中，按页面提示操作。",
    ),
    "phone": Text(
        "The phone's page is disturbed for many candidates. Leave the phone where it is and go on answering.",
        "部分考生的手机端出现异常，考务人员正在处理。请不要移动手机，继续作答。",
    ),
    "other": Text(
        "Many candidates are affected by a fault, which is being dealt with. You need not ask for help.",
        "部分考生遇到同样的故障，考务人员正在统一处理，无需逐一求助。",
    ),
}
"""Texts to choose from; whoever opens an incident may change them."""
_TEXT_OF = {
    SILENT: "network",
    "upload-fault": "upload",
    "help-asked:upload": "upload",
    "track-ended": "device",
    "take-ended": "device",
    "storage-failed": "device",
    "help-asked:device": "device",
    "phone-fault": "phone",
}
_REASON_OF = {
    "upload-fault": "upload",
    "track-ended": "device",
    "take-ended": "device",
    "storage-failed": "device",
}
ENDS = {
    "solved": Text("It is solved", "故障已排除"),
    "mistaken": Text("It is not one fault", "并非同一故障"),
    "otherwise": Text("It was dealt with otherwise", "已用其他方式处理"),
}
"""Why a person closes an incident."""
LAPSED = "lapsed"


def cause_of(code: str, facts: Mapping[str, Fact]) -> str | None:
    """The cause that an event is a symptom of, or None. There are few: a page cannot make up another one."""
    if code in _PLAIN - {SILENT}:
        return code
    if code == "take-ended" and facts.get("cause") not in {None, *_OWN_ENDS}:
        return code
    details = {
        "phone-fault": ("cause", frozenset(map(str, PhoneFault))),
        "help-asked": ("reason", _HELP),
        "refused": ("refusal", refusal_codes()),
    }
    if code not in details:
        return None
    name, known = details[code]
    detail = str(facts.get(name))
    return f"{code}:{detail}" if detail in known else None


@functools.cache
def refusal_codes() -> frozenset[str]:
    """The codes of the room's refusals, which a page may report."""
    found: set[str] = set()
    waiting: list[type[RoomError]] = [RoomError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found.add(f"OS-{getattr(kind, 'number', 0)}")
    return frozenset(code for code in found if _REFUSAL.fullmatch(code))


def words_of(cause: str) -> Text:
    """What a cause is called."""
    code, _, detail = cause.partition(":")
    words = CAUSES[code]
    return Text(f"{words.en} ({detail})", f"{words.zh}（{detail}）") if detail else words


def text_of(cause: str) -> str:
    """The text that fits a cause, by its name in :data:`TEXTS`."""
    return _TEXT_OF.get(cause) or _TEXT_OF.get(cause.partition(":")[0], "other")


def help_reason_of(cause: str) -> str:
    """The reason of the help requests that a cause explains."""
    code, _, detail = cause.partition(":")
    return detail if code == "help-asked" else _REASON_OF.get(code, "other")
