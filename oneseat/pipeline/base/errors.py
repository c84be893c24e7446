"""Refusals of building a base, and refusals that the installer shows on a candidate's computer."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text


class BaseNotReproducible(OneSeatError):
    """Building the same inputs again gave other bytes."""

    number = 68
    cause = Text(
        "These stages of the base differ when built again: {stages}.",
        "重新构建后，以下阶段的结果不一致：{stages}。",
    )
    remedy = Text(
        "Compare the tools' versions with those in the manifest, and look for what was changed by hand.",
        "请对照清单中的工具版本，并检查是否有人手工改动过文件。",
    )


class InputsDiffer(OneSeatError):
    """A base is to be reproduced from other inputs than it was built from, which cannot succeed."""

    number = 612
    exit_status = ExitStatus.CONFLICT
    cause = Text(
        "The base was built from other inputs than those here. They differ in: {inputs}.",
        "该基础安装包所用的构建内容与当前不同，差异在于：{inputs}。",
    )
    remedy = Text(
        "Verify it with the sources and tools that its inputs.json lists, or build a new base.",
        "请使用其 inputs.json 所列的源码和工具进行验证，或重新构建。",
    )


class AlreadyRunning(OneSeatError):
    """Another run holds the lock of the folder."""

    number = 69
    cause = Text("Another run is at work in {folder}.", "另一个任务正在使用 {folder}。")
    remedy = Text("Wait until it has ended, then run it again.", "请等待其结束后再运行。")


class ClientIncomplete(OneSeatError):
    """The client's sources cannot be turned into a program."""

    number = 70
    cause = Text("The client cannot be built: {reason.en}.", "无法构建考生端（{reason.zh}）。")
    remedy = Text(
        "Restore oneseat/client/ and signing/ from version control.",
        "请从版本库恢复 oneseat/client/ 和 signing/。",
    )


class BaseMissing(OneSeatError):
    """A base is needed, and none is finished."""

    number = 73
    cause = Text("There is no base in {folder}.", "{folder} 中没有基础安装包。")
    remedy = Text("Build it with `oneseat base build`.", "请先运行 `oneseat base build` 构建。")


class InstallerRefusal(OneSeatError):
    """A refusal of the installer; its error level is :attr:`error_level`, the code's number.

    Never raised in Python: templates/installer.nsi.j2 renders code and texts, so that the installer's page,
    its error level and the reference agree.
    """


class InstallerFilesUnwritable(InstallerRefusal):
    """The installer could not write its files; it removed what it had written."""

    number = 74
    cause = Text("The client's files could not be written to this computer.", "无法将考生端文件写入本机。")
    remedy = Text(
        "Make at least 1 GB of room on drive C:, close antivirus software, and install again.",
        "请确认 C 盘至少有 1 GB 可用空间，关闭杀毒软件后重新安装。",
    )


class InstallerWindowsUnsupported(InstallerRefusal):
    """Windows is older than 7 or not 64-bit."""

    number = 75
    cause = Text("This computer's Windows is not supported.", "本机的 Windows 版本不受支持。")
    remedy = Text(
        "Use a computer with 64-bit Windows 7 or later.", "请使用 64 位 Windows 7 或更高版本的电脑。"
    )


class InstallerRuntimeMissing(InstallerRefusal):
    """Windows lacks the Universal C Runtime, which the client needs to start."""

    number = 76
    cause = Text(
        "A Windows update is missing (Universal C Runtime).", "本机缺少 Windows 更新（通用 C 运行库）。"
    )
    remedy = Text(
        "Install the Windows updates KB2999226 and KB4474419, restart, and install again.",
        "请安装 Windows 更新 KB2999226 和 KB4474419，重启电脑后重新安装。",
    )


class InstallerAlreadyRunning(InstallerRefusal):
    """Another installer of OneSeat is open."""

    number = 77
    cause = Text("Another installation is in progress.", "另一个安装程序正在运行。")
    remedy = Text("Finish or close it, then install again.", "请先完成或关闭它，再重新安装。")


class InstallerClientUnstartable(InstallerRefusal):
    """The client's program did not start, or ended without a report."""

    number = 78
    cause = Text("The client could not be started on this computer.", "考生端程序无法在本机启动。")
    remedy = Text(
        "Uninstall antivirus software as the notice says, restart and install again; or call the hotline.",
        "请按考前须知卸载杀毒软件并重启电脑后重新安装；如仍失败，请拨打技术服务热线。",
    )


class InstallerClientOpen(InstallerRefusal):
    """The client that is installed is open and cannot be replaced."""

    number = 79
    cause = Text("The client is open on this computer.", "本机正在运行考生端。")
    remedy = Text("Close it, then install again.", "请关闭考生端后重新安装。")


class InstallerOfSystem(InstallerRefusal):
    """The installer was started by Windows itself (SYSTEM), for no person."""

    number = 155
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "The installer was started by the system account (SYSTEM).", "安装程序由系统账户（SYSTEM）启动。"
    )
    remedy = Text(
        "Log in to Windows as the person who takes the exam, and start the installer there.",
        "请用考生本人使用的 Windows 账户登录后运行安装包。",
    )


class InstallerWindowsNotListed(InstallerRefusal):
    """Windows would run the client, and the exam does not allow it."""

    number = 156
    exit_status = ExitStatus.MACHINE
    cause = Text("The exam does not allow this version of Windows.", "本场考试不支持本机的 Windows 版本。")
    remedy = Text(
        "Use a computer with one of the Windows versions that the notice names.",
        "请更换为考前须知所列 Windows 版本的电脑。",
    )


class InstallerMemoryShort(InstallerRefusal):
    """The computer has less memory than the exam requires."""

    number = 157
    exit_status = ExitStatus.MACHINE
    cause = Text("This computer has too little memory.", "本机内存不足。")
    remedy = Text("Use a computer with more memory.", "请更换内存符合要求的电脑。")


class InstallerDiskShort(InstallerRefusal):
    """Drive C: has less free space than the exam requires."""

    number = 158
    exit_status = ExitStatus.MACHINE
    cause = Text("Drive C: has too little free space.", "C 盘可用空间不足。")
    remedy = Text(
        "Remove what you do not need from drive C:, empty the recycle bin, and check again.",
        "请清理 C 盘并清空回收站，然后重新检测。",
    )


class InstallerAntivirusPresent(InstallerRefusal):
    """Antivirus software that the notice names is installed or running."""

    number = 159
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "Software that must be uninstalled before this exam is on this computer.",
        "本机有须在考前卸载的杀毒软件。",
    )
    remedy = Text(
        "Uninstall it, restart the computer, and check again. Do not install it before the exam is over.",
        "请卸载该软件并重启电脑，然后重新检测；考试结束前请勿再次安装。",
    )


class InstallerOtherExamOpen(InstallerRefusal):
    """The client of another exam is running."""

    number = 230
    cause = Text("The client of another exam is running.", "本机正在运行另一场考试的考生端。")
    remedy = Text("Close it, then check again.", "请将其关闭，然后重新检测。")


class InstallerEntryUnwritable(InstallerRefusal):
    """Shortcuts or the entry in the list of programs could not be made; the client is installed all the same.

    A warning in the log and on the last page, with this code; the exit status stays 0.
    """

    number = 231
    cause = Text(
        "The shortcuts or the entry in the list of programs could not be made.",
        "无法创建快捷方式或登记到程序列表。",
    )
    remedy = Text(
        "The client is installed, and works: start OneSeatStart.exe below C:\\Program Files\\OneSeat.",
        "考生端已安装，可正常使用：请从 C:\\Program Files\\OneSeat 文件夹中打开 OneSeatStart.exe。",
    )
