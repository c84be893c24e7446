"""Refusals raised by the client, and the one that wraps any other exception."""

from __future__ import annotations

import traceback
from pathlib import Path

from signing.errors import ExitStatus, OneSeatError, code_of
from signing.text import Text

_REINSTALL = Text(
    "Install again from the file that you downloaded yourself; if that is refused too, call the hotline.",
    "请用本人下载的安装包重新安装；如仍被拒绝，请拨打技术服务热线。",
)
_TRY_AGAIN = Text(
    "Check the network connection and try again in a few minutes; if it lasts, call the hotline.",
    "请检查网络连接，几分钟后重试；如仍不成功，请拨打技术服务热线。",
)


class InstallationBroken(OneSeatError):
    """A file that belongs beside the program is missing or unreadable."""

    number = 40
    cause = Text("The installation is incomplete: {missing}.", "考生端安装不完整（{missing}）。")
    remedy = _REINSTALL


class AnswersUnreadable(OneSeatError):
    """The answers file is missing, locked, too large, or not text."""

    number = 41
    cause = Text("The answers file cannot be read: {reason.en}.", "无法读取应答文件（{reason.zh}）。")
    remedy = Text(
        "Give a text file of at most 16 KiB in UTF-8 or UTF-16, one key=value a line.",
        "请提供不超过 16 KiB 的 UTF-8 或 UTF-16 文本文件，每行一项 key=value。",
    )


class AnswersMalformed(OneSeatError):
    """A line of the answers file is not ``key=value``, or repeats a key."""

    number = 42
    cause = Text(
        "Line {line} of the answers file is not usable: {reason.en}.",
        "应答文件第 {line} 行有误：{reason.zh}。",
    )
    remedy = Text(
        "Write one key=value a line, each of id_number, admission_number and install_code at most once.",
        "每行写一项 key=value；id_number、admission_number、install_code 各至多一次。",
    )


class IdentityIncomplete(OneSeatError):
    """The ID number or the admission number was not given."""

    number = 43
    cause = Text("The {field.en} is missing.", "未填写{field.zh}。")
    remedy = Text(
        "Give both the ID number and the admission number, as in the written test.",
        "请填写证件号码和准考证号，须与笔试时一致。",
    )


class NothingEnrolled(OneSeatError):
    """No seat was ever enrolled on this computer."""

    number = 44
    cause = Text("No candidate is registered on this computer yet.", "本机尚未登记任何考生。")
    remedy = Text(
        "Run the installer that you downloaded yourself, and type your numbers there.",
        "请在本机运行本人下载的安装包，并在安装时填写本人信息。",
    )


class IdentityNotHere(OneSeatError):
    """Seats are enrolled on this computer, but none belongs to the typed identity."""

    number = 45
    cause = Text(
        "The ID number and admission number do not belong to the client installed on this computer.",
        "证件号码、准考证号与本机安装的考生端不符。",
    )
    remedy = Text(
        "Check both numbers. A client works for its owner only: install the one you downloaded yourself.",
        "请核对两个号码。考生端仅限本人使用，请安装本人下载的安装包。",
    )


class StateDamaged(OneSeatError):
    """A state file is truncated, changed, or in another format."""

    number = 46
    cause = Text(
        "The registration stored on this computer is damaged: {reason.en}.",
        "本机保存的登记信息已损坏（{reason.zh}）。",
    )
    remedy = _REINSTALL


class StateFromOtherComputer(OneSeatError):
    """The state is intact, but was created on another computer."""

    number = 47
    cause = Text(
        "The registration was copied from another computer.",
        "登记信息来自另一台电脑，不能复制使用。",
    )
    remedy = Text(
        "Use the computer on which you installed, or install here; to change computers, call the hotline.",
        "请在原先安装的电脑上使用，或在本机重新安装；更换电脑请在规定时间内拨打技术服务热线。",
    )


class ComputerUnknown(OneSeatError):
    """Windows gives no trait from which a fingerprint of this computer can be made."""

    number = 48
    cause = Text("This computer cannot be identified: {reason.en}.", "无法识别本机（{reason.zh}）。")
    remedy = Text(
        "Restart the computer and try again; if refused again, use another computer or call the hotline.",
        "请重启电脑后重试；如仍被拒绝，请更换电脑或拨打技术服务热线。",
    )


class PortalUnreachable(OneSeatError):
    """The portal did not answer, for a reason without a class of its own.

    The classes in :mod:`oneseat.client.online.errors` have the other reasons.
    """

    number = 49
    cause = Text("The portal cannot be reached: {reason.en}.", "无法连接考生平台（{reason.zh}）。")
    remedy = _TRY_AGAIN


class PortalAnswerUnusable(OneSeatError):
    """The answer is not one that the portal gives."""

    number = 50
    cause = Text(
        "The portal's answer cannot be used: {reason.en}.", "考生平台的应答无法使用（{reason.zh}）。"
    )
    remedy = Text(
        "If this network asks for a login of its own, open a browser and log in first; then try again.",
        "如当前网络需要网页认证，请先用浏览器完成认证后重试；如仍不成功，请更换网络。",
    )


class PortalRefused(OneSeatError):
    """The portal refused with a problem document (RFC 9457).

    Code and error level are the portal's, so that candidate and support see the same one. 51 is used only
    where the portal gave no code.
    """

    number = 51
    cause = Text("The portal refused: {said.en}", "考生平台答复：{said.zh}")
    remedy = Text("{advice.en}", "{advice.zh}")

    portal_number = number
    status = 400

    @classmethod
    def of(cls, portal_number: int, status: int, said: Text, advice: Text) -> PortalRefused:
        """Create the refusal from a problem document: number, HTTP status, cause and remedy."""
        refusal = cls(said=said, advice=advice)
        refusal.portal_number = portal_number
        refusal.status = status
        return refusal

    @property
    def code(self) -> str:
        """The portal's code."""
        return code_of(self.portal_number)

    @property
    def error_level(self) -> int:
        """The portal's number."""
        return self.portal_number

    @property
    def is_final(self) -> bool:
        """Whether a retry cannot help: false for overload, timeouts and server faults."""
        return 400 <= self.status < 500 and self.status not in (408, 425, 429)


class RemovalTimeUnconfirmed(OneSeatError):
    """By this computer's clock the client may be removed, and the portal's time could not be fetched."""

    number = 1250
    exit_status = ExitStatus.UNREACHABLE
    cause = Text(
        "By this computer's clock the client is needed no longer; the portal could not confirm the time "
        "({why}).",
        "按本机时间，考生端已不再需要；但未能向考生平台核对时间（{why}）。",
    )
    remedy = Text(
        "The program is removed. What was registered here is kept, so that installing again continues it.",
        "程序可以卸载，本机的登记信息会保留，重新安装后可继续使用。",
    )


class PortalInsecure(OneSeatError):
    """The portal's address is neither https nor a loopback address."""

    number = 52
    cause = Text("The portal's address is not secure (https).", "考生平台地址不是安全连接（https）。")
    remedy = _REINSTALL


class InstallCodeNeeded(OneSeatError):
    """The portal did not activate the seat, and no install code was given.

    Cause and remedy are those of the refusal that kept the portal away.
    """

    number = 53
    cause = Text(
        "The portal could not confirm this installation ({why}). {said.en}",
        "考生平台未能确认本次安装（{why}）。{said.zh}",
    )
    remedy = Text(
        "{advice.en} Or go back and type the install code that the download page shows.",
        "{advice.zh}也可返回填写下载页面显示的安装码。",
    )

    @classmethod
    def because_of(cls, fault: OneSeatError) -> InstallCodeNeeded:
        """Create the refusal from the one that kept the portal away."""
        return cls(why=fault.code, said=fault.cause_text, advice=fault.remedy_text)


class InstallerUnreadable(OneSeatError):
    """The installer file cannot be opened or read."""

    number = 54
    cause = Text("The installer file cannot be read: {reason.en}.", "无法读取安装包文件（{reason.zh}）。")
    remedy = Text(
        "Copy the installer to this computer's own disk and run it from there.",
        "请把安装包复制到本机硬盘后再运行。",
    )


class StorageFailed(OneSeatError):
    """The state could not be written."""

    number = 55
    cause = Text("The registration cannot be stored: {reason.en}.", "无法保存登记信息（{reason.zh}）。")
    remedy = Text(
        "Free some space on drive C:, run the installer as administrator, and try again.",
        "请清理 C 盘空间，并以管理员身份运行安装包后重试。",
    )


class WindowUnavailable(OneSeatError):
    """No window can be opened: there is no desktop, or Tk is damaged."""

    number = 56
    cause = Text("The window cannot be opened: {reason.en}.", "无法打开窗口（{reason.zh}）。")
    remedy = Text(
        "Log in to Windows with a desktop and start the client there; if that fails, install again.",
        "请登录 Windows 桌面后启动考生端；如仍失败，请重新安装。",
    )


class ClientAlreadyOpen(OneSeatError):
    """The client runs already, and its window cannot be found."""

    number = 1260
    exit_status = ExitStatus.CONFLICT
    cause = Text("The client is open already.", "考生端已经打开。")
    remedy = Text(
        "Look for its window in the taskbar; if there is none, restart the computer and start it again.",
        "请在任务栏中找到已打开的窗口；找不到的，请重启电脑后再启动考生端。",
    )


class SeatWithdrawn(OneSeatError):
    """The portal withdrew this seat from this computer at an earlier contact."""

    number = 57
    cause = Text(
        "The portal withdrew this seat ({code_then}): {said.en}",
        "考生平台已停用本机的席位（{code_then}）：{said.zh}",
    )
    remedy = Text("{advice.en}", "{advice.zh}")


class UsageWrong(OneSeatError):
    """The command line has an unknown command or option."""

    number = 58
    cause = Text("The command line is not understood: {reason.en}.", "命令行参数有误（{reason.zh}）。")
    remedy = Text("Start the program with --help to see what it knows.", "请用 --help 查看可用参数。")


class Unexpected(OneSeatError):
    """An exception that no other refusal describes: a fault in this program."""

    number = 59
    cause = Text(
        "Something unexpected happened (diagnostics {fingerprint}).",
        "发生意外错误（诊断码 {fingerprint}）。",
    )
    remedy = Text(
        "Start the client again; if it happens again, tell the hotline the diagnostics code.",
        "请重新启动考生端；如再次出现，请将诊断码告知技术服务热线。",
    )


class ClockDoubtful(OneSeatError):
    """The licence is not valid by this computer's clock, and the portal's time could not be fetched."""

    number = 126
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "This computer's clock says {now.en}, when the licence is not valid; "
        "the portal could not be asked for the time ({why}).",
        "按本机时间（{now.zh}），许可不在有效期内，且无法向考生平台核对时间（{why}）。",
    )
    remedy = Text(
        "Set the computer's date and time, or connect to the internet, then try again.",
        "请校准电脑的日期和时间，或连接网络后重试。",
    )


class ExamRoomUnnamed(OneSeatError):
    """The charter names no exam room yet."""

    number = 127
    exit_status = ExitStatus.CONFLICT
    cause = Text("This exam has not named its exam room yet.", "本场考试尚未公布考场入口。")
    remedy = Text(
        "Connect to the internet and start the client again shortly before the interview; "
        "if it is refused again, call the hotline.",
        "请在面试前保持联网并重新启动考生端；如仍无法进入，请拨打技术服务热线。",
    )


class ExamRoomUnopened(OneSeatError):
    """The browser or the exam room's program could not be started."""

    number = 128
    exit_status = ExitStatus.MACHINE
    cause = Text("The exam room could not be opened: {reason.en}.", "无法打开考场（{reason.zh}）。")
    remedy = Text(
        "Your ticket is kept. Install what the notice asks for, set a default browser, and press again.",
        "入场凭证仍然有效。请确认已按通知安装所需程序并设置默认浏览器，然后重试。",
    )


class AdmissionWithoutPortal(OneSeatError):
    """The portal cannot be reached, and the exam room does not admit this computer without its ticket."""

    number = 1254
    exit_status = ExitStatus.UNREACHABLE
    cause = Text(
        "The portal cannot be reached, so there is no ticket; and the exam room asks for one.",
        "暂时连不上考生平台，无法领取入场凭证；考场目前需要凭证才能进入。",
    )
    remedy = Text(
        "Try again every minute: if the portal is down, the room will let you in without it. "
        "Do not switch the computer off. If it lasts, call the hotline.",
        "请每隔一分钟重试一次，不要关机。如果是平台故障，考场会开放无凭证进入；一直进不去的，"
        "请拨打技术服务热线。",
    )


class RoomSilent(OneSeatError):
    """The exam room cannot be reached, or answers otherwise than agreed."""

    number = 1261
    exit_status = ExitStatus.UNREACHABLE
    cause = Text("The exam room cannot be reached ({why}).", "暂时连不上考场（{why}）。")
    remedy = Text(
        "It is tried again by itself. Check the network; if it lasts, call the hotline.",
        "考生端会自动重试。请检查网络；如一直连不上，请拨打技术服务热线。",
    )


class RoomInsecure(OneSeatError):
    """The charter gives the exam room an address without encryption."""

    number = 1262
    exit_status = ExitStatus.CONFLICT
    cause = Text("The exam room's address is not secure.", "考场的网址不安全，考生端不会连接。")
    remedy = Text("Call the hotline.", "请拨打技术服务热线。")


class ProfileFolderNotOurs(OneSeatError):
    """The folder for the exam room's browser is a link, or cannot be made."""

    number = 1263
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "The folder in which the exam room keeps its recordings leads elsewhere, or cannot be made.",
        "用于保存面试录像的文件夹指向别处，或无法建立。",
    )
    remedy = Text(
        "Delete the folder “room” below the client's folder in AppData\\Local, and try again; or call the "
        "hotline.",
        "请删除本机 AppData\\Local 下考生端文件夹中的 room 文件夹后重试；如无法完成，请拨打技术服务热线。",
    )


class EntryForbidden(OneSeatError):
    """On entering a session the computer has, or runs, what the exam's notice forbids."""

    number = 129
    exit_status = ExitStatus.FORBIDDEN
    cause = Text(
        "The exam does not allow this on the computer: {found.en}", "本机存在考试不允许的情况：{found.zh}"
    )
    remedy = Text("{advice.en}", "{advice.zh}")


class ProgramFileMissing(OneSeatError):
    """A library of the program cannot be loaded: deleted, damaged, or in a virus scanner's quarantine."""

    number = 1220
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "A file of the client is missing or damaged ({file}); a virus scanner may have removed it.",
        "考生端的文件缺失或损坏（{file}），可能已被杀毒软件隔离或删除。",
    )
    remedy = Text(
        "Uninstall the virus scanner, then install again from the file that you downloaded yourself; "
        "if it happens again, call the hotline.",
        "请先卸载杀毒软件，再用本人下载的安装包重新安装；如再次出现，请拨打技术服务热线。",
    )


class LaunchFileMissing(OneSeatError):
    """A file without which Python does not start is missing or empty. The launcher shows it."""

    number = 1251
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "A file of the client is missing or empty ({file}); a virus scanner may have removed it.",
        "考生端的文件缺失或损坏（{file}），可能已被杀毒软件隔离或删除。",
    )
    remedy = Text(
        "Uninstall the virus scanner, then run the installer that you downloaded yourself again: what is "
        "registered here is kept. Or restore the file from the scanner's quarantine, and start the client "
        "again. If neither helps, call the hotline.",
        "请先卸载杀毒软件，再重新运行本人下载的安装包，本机的登记信息会保留；"
        "也可在杀毒软件的隔离区中恢复该文件，再打开考生端。如仍无法打开，请拨打技术服务热线。",
    )


class LaunchRuntimeMissing(OneSeatError):
    """Windows has lost the Universal C Runtime since the installation. The launcher shows it."""

    number = 1252
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "A file of Windows is missing that the client needs ({file}).",
        "Windows 缺少考生端所需的系统文件（{file}）。",
    )
    remedy = Text(
        "Restore the file if a virus scanner has it in quarantine; else install the Windows update "
        "KB2999226. Restart the computer, and start the client again. If that fails, call the hotline.",
        "如文件被杀毒软件隔离，请在隔离区中恢复；否则请安装 Windows 更新 KB2999226。"
        "处理后重启电脑，再打开考生端。如仍无法打开，请拨打技术服务热线。",
    )


class LaunchNotAllowed(OneSeatError):
    """Windows, or a virus scanner, refused to start the client. The launcher shows it."""

    number = 1253
    exit_status = ExitStatus.MACHINE
    cause = Text("Windows did not start the client ({file}).", "Windows 未能启动考生端（{file}）。")
    remedy = Text(
        "Uninstall the virus scanner, restart the computer, and start the client again; if it fails again, "
        "run the installer that you downloaded yourself again, or call the hotline.",
        "请卸载杀毒软件并重启电脑，再打开考生端；如仍无法打开，请重新运行本人下载的安装包，或拨打技术服务热线。",
    )


class ComputerUnfit(OneSeatError):
    """The health check found something forbidden, or something required is missing."""

    number = 149
    exit_status = ExitStatus.MACHINE
    cause = Text("The computer does not fit the exam: {names.en}.", "本机不符合考试要求：{names.zh}。")
    remedy = Text(
        "Do what the check says beside each of them, then check again.",
        "请按检测结果逐项处理后重新检测。",
    )


class HelpCallbackInvalid(OneSeatError):
    """The callback number of a help request is missing, or is no telephone number."""

    number = 1290
    exit_status = ExitStatus.INPUT
    cause = Text("The number to call you at is not a telephone number.", "回电号码填写有误。")
    remedy = Text(
        "Write a number with 7 to 15 digits, or tick that you cannot take calls.",
        "请填写能接听的手机号或座机号（座机加区号）；不便接听的，请勾选“无法接听电话”。",
    )


class HelpWordsMissing(OneSeatError):
    """A help request that cannot be called back, or whose reason is 'other', says nothing."""

    number = 1291
    exit_status = ExitStatus.INPUT
    cause = Text("The request does not say what is wrong.", "尚未写明遇到的问题。")
    remedy = Text("Describe it in a sentence or two.", "请用一两句话说明情况，再点“提交求助”。")


class HelpNotKept(OneSeatError):
    """A help request could be neither sent nor kept on this computer."""

    number = 1292
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "The portal cannot be reached, and the request could not be kept on this computer.",
        "求助未能发出：暂时连不上考生平台，也无法保存在本机。",
    )
    remedy = Text("Call the hotline.", "请直接拨打技术服务热线。")


class HelpNotOffered(OneSeatError):
    """The portal takes no help requests from the client: it is of an earlier version."""

    number = 1293
    exit_status = ExitStatus.UNREACHABLE
    cause = Text("The portal takes no requests from the client.", "本场考试暂不支持在考生端提交求助。")
    remedy = Text("Call the hotline.", "请直接拨打技术服务热线。")


class HelpReasonMissing(OneSeatError):
    """No reason was chosen for a help request."""

    number = 1294
    exit_status = ExitStatus.INPUT
    cause = Text("It was not chosen what the request is about.", "尚未选择遇到的问题。")
    remedy = Text("Choose from the list.", "请从列表中选择最接近的一项。")


class PictureUnusable(OneSeatError):
    """The file chosen for a help request cannot be added: unreadable, too large, or no picture."""

    number = 1256
    exit_status = ExitStatus.INPUT
    cause = Text("This file cannot be added: {reason.en}.", "该文件不能添加：{reason.zh}。")
    remedy = Text(
        "Choose another picture, or open it, take a screenshot, and add that.",
        "请另选一张图片；也可打开原图后截屏，添加截屏图片。",
    )


class PicturesInAnswerTime(OneSeatError):
    """A formal session's answer time is running: no picture is added."""

    number = 1257
    exit_status = ExitStatus.FORBIDDEN
    cause = Text(
        "While questions of a formal interview are answered, until {until.en}, no picture can be added.",
        "正式面试作答期间（至 {until.zh}）不能添加图片。",
    )
    remedy = Text(
        "Add it afterwards. If it is urgent, call the hotline.",
        "请在作答时间结束后再添加；情况紧急的，请直接拨打技术服务热线。",
    )


class PictureNotKept(OneSeatError):
    """A picture could not be stored on this computer until it is sent."""

    number = 1258
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "The picture could not be stored on this computer until it is sent.",
        "图片未能添加：发送前需暂存在本机，但无法保存。",
    )
    remedy = Text(
        "Free some space on drive C: and add it again. The help request itself is not affected.",
        "请清理 C 盘空间后重新添加。求助本身不受影响。",
    )


class PicturesNotOffered(OneSeatError):
    """The portal takes no pictures from the client: it is of an earlier version."""

    number = 1259
    exit_status = ExitStatus.UNREACHABLE
    cause = Text("The portal takes no pictures from the client.", "本场考试暂不支持在考生端添加图片。")
    remedy = Text("Describe what you see when we call you.", "请在接到回电时口头说明。")


class StateFolderNotOurs(OneSeatError):
    """The folder of the state was made by another account before, or is a link."""

    number = 1490
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "The folder {folder} was made by another account, or leads elsewhere.",
        "文件夹 {folder} 由其他账户建立，或指向别处。",
    )
    remedy = Text(
        "Delete or rename that folder as an administrator, then install again; or call the hotline.",
        "请用管理员账户删除该文件夹或将其改名，然后重新安装；如无法完成，请拨打技术服务热线。",
    )


def as_refusal(fault: BaseException) -> OneSeatError:
    """Return a refusal unchanged; convert any other exception.

    A module that cannot be imported becomes :class:`ProgramFileMissing`, since all of them ship; any other
    exception becomes :class:`Unexpected` with the place where it arose.
    """
    if isinstance(fault, OneSeatError):
        return fault
    if isinstance(fault, ImportError):
        return ProgramFileMissing(file=(fault.name or "?").rpartition(".")[2])
    frames = traceback.extract_tb(fault.__traceback__)
    place = f"{Path(frames[-1].filename).stem}:{frames[-1].lineno}" if frames else "?"
    return Unexpected(fingerprint=f"{type(fault).__name__}@{place}")
