"""Refusals of phones: their logins, licences and codes, and the gates that wait for them."""

from __future__ import annotations

from oneseat.room.errors import RoomError
from signing.errors import ExitStatus
from signing.text import Text

_LOG_IN_AGAIN = Text(
    "Log in again on this page, or scan the code that the exam room shows on the computer.",
    "请在本页面重新登录，或扫描电脑端考场页面上的二维码。",
)
_SCAN = Text(
    "Scan the code that the exam room shows on the computer, or try again in a minute.",
    "请用手机扫描电脑端考场页面上的二维码，或一分钟后重试。",
)
_OWN_APP = Text(
    "Log in to the exam's site on this phone, and download and install the app again.",
    "请用这部手机登录考生平台，重新下载并安装手机端。",
)


class PhonesNotUsed(RoomError):
    """The exam has no phones of this room's."""

    number = 2180
    exit_status = ExitStatus.FORBIDDEN
    http_status = 404
    cause = Text("This exam uses no phone here.", "本场考试不使用手机端。")
    remedy = Text("Go on at the computer.", "请在电脑端继续。")


class PhoneProofInvalid(RoomError):
    """A phone's signature does not verify, or its nonce is too old or was used."""

    number = 2181
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("This login has expired, or is not this phone's.", "本次登录已失效，或不是由这部手机发起。")
    remedy = _LOG_IN_AGAIN


class PhoneIdentityWrong(RoomError):
    """What was typed on a phone is no candidate's."""

    number = 2182
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text(
        "Name, ID number and admission number do not belong together.", "姓名、证件号码与准考证号不一致。"
    )
    remedy = Text("Compare them with the admission card and type them again.", "请对照准考证核对后重新输入。")


class PhoneLoginBusy(RoomError):
    """Too many logins at once, or too many wrong ones from one network or at one seat."""

    number = 2183
    exit_status = ExitStatus.UNREACHABLE
    http_status = 429
    cause = Text(
        "Too many logins at the moment; try again in {wait_s} seconds.",
        "当前登录人数过多或输错次数过多，请在 {wait_s} 秒后重试。",
    )
    remedy = _SCAN


class PhoneLoginAway(RoomError):
    """The portal does not answer, so what was typed cannot be compared."""

    number = 2184
    exit_status = ExitStatus.UNREACHABLE
    http_status = 503
    cause = Text("The login cannot be checked at the moment.", "暂时无法核对登录信息。")
    remedy = _SCAN


class PairCodeUnknown(RoomError):
    """A pairing code is none of this room's, was used, or is too old."""

    number = 2185
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("This code is not valid any more.", "该二维码已失效。")
    remedy = Text("Scan the new code on the computer.", "请扫描电脑端页面上的新二维码。")


class PhoneLiveElsewhere(RoomError):
    """Another phone films at this seat, and no code was given to move."""

    number = 2186
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("Another phone is logged in for you.", "您已在另一部手机上登录。")
    remedy = Text(
        "To use this phone instead, press 换手机 (Change phone) on the computer and type the 6 digits here.",
        "要改用这部手机，请在电脑端考场页面点“换手机”，并在此输入 6 位数字。",
    )


class MoveCodeWrong(RoomError):
    """The code to move is wrong, was used, is too old, or was typed wrongly too often."""

    number = 2187
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("These 6 digits are wrong or not valid any more.", "6 位数字有误或已失效。")
    remedy = Text(
        "Press 换手机 (Change phone) on the computer for new ones.",
        "请在电脑端考场页面重新点“换手机”，使用新的数字。",
    )


class PhoneAbsent(RoomError):
    """The computer goes on only once the phone has logged in, and it has not."""

    number = 2188
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("The phone is not logged in.", "手机端尚未登录。")
    remedy = Text("Log in on the phone first.", "请先登录手机端。")


class PhoneNotInPlace(RoomError):
    """The interview begins only once the phone is in its place and films."""

    number = 2189
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("The phone is not in its place, or does not film.", "手机尚未放好，或没有在拍摄。")
    remedy = Text("Follow the steps on the phone.", "请按手机端页面提示完成操作。")


class PhoneLicenceMissing(RoomError):
    """The exam's phones run the candidate's own app, and this one shows no licence."""

    number = 2190
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("This exam needs your own app, not a browser.", "本场考试须使用您专属的手机端应用。")
    remedy = _OWN_APP


class PhoneLicenceOfOther(RoomError):
    """An app's licence is another seat's, or one that a newer issue has replaced."""

    number = 2191
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text(
        "This app is another candidate's, or an older one of yours.", "该手机端属于其他考生，或是您的旧版本。"
    )
    remedy = _OWN_APP


class PhoneLicenceOfOtherExam(RoomError):
    """An app's licence is another exam's."""

    number = 2192
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("This app is another exam's.", "该手机端属于另一场考试。")
    remedy = _OWN_APP


class PhoneLicenceInvalid(RoomError):
    """An app's licence was not signed for this exam, or is damaged."""

    number = 2193
    exit_status = ExitStatus.INTEGRITY
    http_status = 403
    cause = Text("The licence of this app cannot be verified.", "该手机端的许可无法识别。")
    remedy = _OWN_APP


class PhoneLicenceStale(RoomError):
    """An app's licence has ended, or its build is not accepted any more."""

    number = 2194
    exit_status = ExitStatus.CONFLICT
    http_status = 403
    cause = Text("This app is not accepted any more.", "该手机端版本已不能使用。")
    remedy = _OWN_APP


class PhoneAppChanged(RoomError):
    """An app is not the file that its licence was issued for: changed, or signed by somebody else."""

    number = 2195
    exit_status = ExitStatus.INTEGRITY
    http_status = 403
    cause = Text("This app is not the original one.", "该手机端不是原版应用，可能被改动过。")
    remedy = _OWN_APP


class PhoneLicenceOfComputer(RoomError):
    """An app shows the licence of a computer's client."""

    number = 2196
    exit_status = ExitStatus.INTEGRITY
    http_status = 403
    cause = Text("This licence is a computer's, not an app's.", "该许可是电脑端的许可，不是手机端的。")
    remedy = _OWN_APP


class PhoneUnknown(RoomError):
    """A phone's cookie or name is none that the room knows, or a newer one has replaced it."""

    number = 2197
    exit_status = ExitStatus.FORBIDDEN
    http_status = 401
    cause = Text("This phone's login has ended.", "本手机的登录已失效。")
    remedy = _LOG_IN_AGAIN


class PhoneReplaced(RoomError):
    """A phone that another one has replaced wants to go on filming."""

    number = 2198
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("Another phone films now.", "已换用另一部手机拍摄。")
    remedy = Text("Leave this page open until all is uploaded.", "请保持本页面打开，直到上传完成。")
