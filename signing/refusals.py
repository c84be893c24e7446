"""The kernel's refusals that ship: documents, tokens, licences, charters and installer files."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text

_ASK_SUPPORT = Text(
    "Download the installer again from the portal with your own details; "
    "if it is refused again, call the hotline.",
    "请用本人信息登录下载平台重新下载安装包；如仍被拒绝，请拨打技术服务热线。",
)
_BROKEN_FILE = Text(
    "The file is damaged or was changed. Download it again from the portal.",
    "文件已损坏或被改动，请从下载平台重新下载。",
)


class DocumentInvalid(OneSeatError):
    """The number fits none of the document kinds that the exam accepts."""

    number = 10
    cause = Text("The document number is not valid: {reason.en}.", "证件号码不正确：{reason.zh}。")
    remedy = Text(
        "Check the number against the document and type it again.",
        "请对照本人证件核对号码后重新输入。",
    )


class InstallCodeInvalid(OneSeatError):
    """The install code has a wrong length, alphabet or check character."""

    number = 11
    cause = Text("The install code is mistyped.", "安装码输入有误。")
    remedy = Text(
        "Type the 16 characters exactly as the download page shows them; "
        "0 and O, 1, I and L count as the same.",
        "请按下载页面显示的 16 位安装码重新输入；0 与 O、1 与 I、L 视为相同。",
    )


class TokenMalformed(OneSeatError):
    """A token breaks RFC 7515 or one of the stricter rules of this project."""

    number = 12
    cause = Text("A signed token is malformed: {reason.en}.", "签名数据格式不正确（{reason.zh}）。")
    remedy = _BROKEN_FILE


class TokenTypeWrong(OneSeatError):
    """A token of one kind is where another kind belongs."""

    number = 13
    cause = Text(
        "A signed token is of kind {found}, where {wanted} is needed.",
        "签名数据类型不符：应为 {wanted}，实为 {found}。",
    )
    remedy = _BROKEN_FILE


class KeyUnknown(OneSeatError):
    """The token names a key that the exam does not list."""

    number = 14
    cause = Text(
        "A token was signed with a key that this exam does not list.", "签名所用的密钥不属于本场考试。"
    )
    remedy = _ASK_SUPPORT


class SignatureInvalid(OneSeatError):
    """The signature is not the listed key's over these bytes."""

    number = 15
    cause = Text("A signature does not verify: the data was changed.", "签名校验未通过，数据已被改动。")
    remedy = _ASK_SUPPORT


class LicenceForOtherExam(OneSeatError):
    """The licence belongs to another exam."""

    number = 16
    cause = Text("This installer was made for another exam.", "此安装包属于另一场考试。")
    remedy = Text(
        "Clients of earlier exams do not work: download the one for this exam again.",
        "以往考试的考生端不能使用，请重新下载本场考试的考生端。",
    )


class LicenceForOtherBuild(OneSeatError):
    """The licence names a client build other than the one that runs."""

    number = 17
    cause = Text("The licence was made for another build of the client.", "许可与当前考生端版本不符。")
    remedy = _ASK_SUPPORT


class LicenceForOtherBase(OneSeatError):
    """The installer's Authenticode digest is not the licence's."""

    number = 18
    cause = Text(
        "The installer is not the one that the licence was issued for.",
        "安装包被重新打包或改动过，与许可不符。",
    )
    remedy = _ASK_SUPPORT


class LicenceNotYetValid(OneSeatError):
    """The clock, of the portal where it could be asked, is before the licence's issue time."""

    number = 19
    cause = Text(
        "The licence is not valid yet: by the clock it is {now.en}.", "许可尚未生效：现在时间为{now.zh}。"
    )
    remedy = Text("Set the computer's date and time, then try again.", "请校准电脑的日期和时间后重试。")


class LicenceExpired(OneSeatError):
    """The exam's outermost date has passed."""

    number = 20
    cause = Text("The licence ended on {ended.en}.", "许可已于{ended.zh}到期。")
    remedy = Text(
        "If the exam is still to come, set the computer's clock; "
        "otherwise download the client of the new exam.",
        "如考试尚未结束，请校准电脑时间；否则请下载新一场考试的考生端。",
    )


class IdentityMismatch(OneSeatError):
    """The typed identity is not the one that the licence is bound to."""

    number = 21
    cause = Text(
        "The ID number and admission number do not belong to this installer.",
        "证件号码、准考证号与此安装包不符。",
    )
    remedy = Text(
        "Use the installer that you downloaded yourself, and type your own numbers. "
        "Installers of others do not work.",
        "请使用本人下载的安装包并输入本人的证件号码和准考证号；他人的安装包无法使用。",
    )


class LicenceMissing(OneSeatError):
    """The licence region is there, and empty: this is the base, not a candidate's copy."""

    number = 22
    cause = Text("The installer carries no licence.", "安装包中没有许可。")
    remedy = Text(
        "Log in to the portal and download your own installer.",
        "请登录下载平台，下载本人的安装包。",
    )


class RegionMissing(OneSeatError):
    """The signature block has no licence region."""

    number = 23
    cause = Text("The file has no licence region.", "文件中没有许可区。")
    remedy = _BROKEN_FILE


class RegionMalformed(OneSeatError):
    """The licence region or the signature block around it breaks the format."""

    number = 24
    cause = Text(
        "The file's signature block is not as OneSeat writes it: {reason.en}.",
        "文件的签名区结构不正确（{reason.zh}）。",
    )
    remedy = _BROKEN_FILE


class PeMalformed(OneSeatError):
    """The file is not a PE image with one well-formed attribute certificate table."""

    number = 25
    cause = Text(
        "The file is not a well-formed signed Windows program: {reason.en}.",
        "文件不是完整的已签名 Windows 程序（{reason.zh}）。",
    )
    remedy = _BROKEN_FILE


class ApkMalformed(OneSeatError):
    """The file is not an APK of the plain form with one well-formed APK Signing Block."""

    number = 340
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The file is not a well-formed signed Android app: {reason.en}.",
        "文件不是完整的已签名安卓安装包（{reason.zh}）。",
    )
    remedy = _BROKEN_FILE


class ApkUnsigned(OneSeatError):
    """The APK has no signature of scheme v2 or later."""

    number = 341
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The Android app is not signed with scheme v2 or later, only with scheme v1 or not at all.",
        "安卓安装包没有第二代（v2）或更新的数字签名，只有第一代（v1）签名或没有签名。",
    )
    remedy = _BROKEN_FILE


class ApkBlockNotPadded(OneSeatError):
    """The APK Signing Block is no multiple of 4,096 bytes with a padding pair of zeros."""

    number = 342
    exit_status = ExitStatus.INPUT
    cause = Text(
        "Android 9 and later may refuse to install the app: its signing block ({size_bytes} bytes) is not "
        "padded to whole pages.",
        "签名块（{size_bytes} 字节）没有按系统要求补齐，安卓 9 及以上的手机可能无法安装。",
    )
    remedy = _BROKEN_FILE


class ApkSignatureWrong(OneSeatError):
    """A signature in the APK is not of its content, or does not verify."""

    number = 343
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The Android app's signature does not hold: {reason.en}.",
        "安卓安装包的数字签名不成立（{reason.zh}）。",
    )
    remedy = _BROKEN_FILE


class LicenceTooLong(OneSeatError):
    """The licence does not fit the region."""

    number = 26
    cause = Text(
        "The licence has {length} bytes; the region holds {room}.",
        "许可长度 {length} 字节，超过许可区容量 {room} 字节。",
    )
    remedy = Text("Rebuild the base with a larger region.", "请以更大的许可区重新构建基础安装包。")


class CharterRejected(OneSeatError):
    """The charter is signed, and says something impossible."""

    number = 28
    cause = Text("The exam's charter is not usable: {reason.en}.", "考试规程无法使用（{reason.zh}）。")
    remedy = _BROKEN_FILE


class ActivationForOtherDevice(OneSeatError):
    """The activation names another device key or another seat."""

    number = 33
    cause = Text("The activation belongs to another computer.", "激活信息属于另一台电脑。")
    remedy = Text(
        "Use the computer on which the client was installed, or ask support to move the seat.",
        "请在原先安装的电脑上使用；如需更换电脑，请联系技术服务热线。",
    )


RESULTS_PUBLISHED = Text("results are published", "成绩公布")
"""Until when the client is kept where the exam gives no date."""


class ClientStillNeeded(OneSeatError):
    """The client was to be removed before the date until which the exam wants it kept."""

    number = 37
    cause = Text(
        "The client must stay on this computer until {until.en}.",
        "考生端须在本机保留至{until.zh}。",
    )
    remedy = Text(
        "Keep it. Without it you cannot take the interview on this computer; what was registered here is "
        "kept, and only your own installer can bring the client back.",
        "请不要卸载。卸载后将无法在本机参加面试；登记信息会保留，但只有用本人的安装包才能重新安装。",
    )
