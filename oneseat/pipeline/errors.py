"""Every refusal of the pipeline.

60-73 tools and bases, 74-79 the installer, 80-99 exams and rosters, 150-154 operators, 165-169 workers,
245-246 stores.
"""

from __future__ import annotations

from signing.errors import OneSeatError, Text

# ------------------------------------------------------------------------------ tools and bases: 60-73

_SEE_LINES = Text(
    "The tool's last lines say why; `build.py doctor` shows which tools are in order.",
    "原因见工具的最后几行输出；可用 `build.py doctor` 检查各工具是否正常。",
)


class CheckoutRequired(OneSeatError):
    """A job builds from sources, and only the wheel is installed."""

    number = 600
    cause = Text(
        "This command builds from the project's sources, which an installed package does not carry.",
        "该命令需要项目源代码，已安装的软件包中不包含源代码。",
    )
    remedy = Text(
        "Clone the repository, run `make setup` there, and use its `build.py`.",
        "请克隆代码仓库，在其中运行 `make setup`，然后使用其中的 `build.py`。",
    )


class ToolMissing(OneSeatError):
    """A program that the job needs is not on this computer."""

    number = 60
    cause = Text("{tool} was not found.", "未找到 {tool}。")
    remedy = Text("{mend.en}", "{mend.zh}")


class ToolTooOld(OneSeatError):
    """A program is there, in a version that lacks what the job needs."""

    number = 61
    cause = Text(
        "{tool} is version {found}; {wanted} or later is needed.",
        "{tool} 版本为 {found}，需要 {wanted} 或更高版本。",
    )
    remedy = Text("{mend.en}", "{mend.zh}")


class ToolFailed(OneSeatError):
    """A program ended with an error."""

    number = 62
    cause = Text(
        "{tool} failed ({job}, exit status {status}). Its last lines:\n{last_lines}",
        "{tool} 执行失败（{job}，退出码 {status}），最后几行输出：\n{last_lines}",
    )
    remedy = _SEE_LINES


class ToolTimedOut(OneSeatError):
    """A program did not end in the time that the job can take."""

    number = 63
    cause = Text(
        "{tool} did not finish in {seconds} s ({job}) and was ended. Its last lines:\n{last_lines}",
        "{tool} 在 {seconds} 秒内未完成（{job}），已终止，最后几行输出：\n{last_lines}",
    )
    remedy = Text(
        "Run it again when the computer is less busy; if it happens again, see its last lines.",
        "请在电脑空闲时重试；如仍超时，请查看工具的最后几行输出。",
    )


class ToolUnusable(OneSeatError):
    """A program is there and starts, and does not do what it is for."""

    number = 64
    cause = Text("{tool} does not work: {reason}.", "{tool} 无法正常工作（{reason}）。")
    remedy = Text("{mend.en}", "{mend.zh}")


class CodeSigningIdentityUnusable(OneSeatError):
    """The code-signing certificate or its key cannot sign code."""

    number = 65
    cause = Text(
        "The code-signing identity in {folder} cannot be used: {reason}.",
        "代码签名证书（{folder}）无法使用：{reason}。",
    )
    remedy = Text(
        "Give a certificate with the code-signing purpose and its key, or make a development one with "
        "`build.py keys init`.",
        "请提供带有“代码签名”用途的证书及其私钥，或用 `build.py keys init` 生成开发证书。",
    )


class SignatureUnverified(OneSeatError):
    """A file that was just signed, or is about to be shipped, does not verify."""

    number = 66
    cause = Text(
        "The code signature of {file} does not verify: {reason}.", "{file} 的代码签名验证失败（{reason}）。"
    )
    remedy = Text(
        "Sign it again; if it fails again, look at the certificate.", "请重新签名；如仍失败，请检查证书。"
    )


class TimestampUnavailable(OneSeatError):
    """The timestamp server did not answer, or not with a timestamp."""

    number = 67
    cause = Text("No timestamp could be had from {host}.", "无法从时间戳服务器 {host} 获取时间戳。")
    remedy = Text(
        "Check the address in the timestamp setting and the connection, then run it again.",
        "请检查时间戳服务器地址和网络连接后重试。",
    )


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


class AlreadyRunning(OneSeatError):
    """Another run of the same job holds the folder."""

    number = 69
    cause = Text("Another run is at work in {folder}.", "另一个任务正在使用 {folder}。")
    remedy = Text("Wait until it has ended, then run it again.", "请等待其结束后再运行。")


class ClientIncomplete(OneSeatError):
    """The client's sources cannot be turned into a program."""

    number = 70
    cause = Text("The client cannot be built: {reason}.", "无法构建考生端（{reason}）。")
    remedy = Text(
        "Restore oneseat/client/ and signing/ from version control.",
        "请从版本库恢复 oneseat/client/ 和 signing/。",
    )


class TemplateBroken(OneSeatError):
    """A template cannot be rendered."""

    number = 71
    cause = Text(
        "The template {template} cannot be rendered: {reason}.", "模板 {template} 无法渲染（{reason}）。"
    )
    remedy = Text("Restore templates/ from version control.", "请从版本库恢复 templates/。")


class OutputUnwritable(OneSeatError):
    """The disk is full, read-only or forbidden."""

    number = 72
    cause = Text("{path} cannot be written: {reason}.", "无法写入 {path}（{reason}）。")
    remedy = Text(
        "Make room or permit writing there, then run it again; nothing half-made was left.",
        "请腾出空间或检查写入权限后重试；未留下不完整的文件。",
    )


class BaseMissing(OneSeatError):
    """There is no finished base where one is needed."""

    number = 73
    cause = Text("There is no base in {folder}.", "{folder} 中没有基础安装包。")
    remedy = Text("Build it with `build.py base build`.", "请先运行 `build.py base build` 构建。")


# --------------------- the installer itself, on the candidate's computer: 74-79, 155-159, 230-231
# Never raised here: templates/installer.nsi.j2 takes their numbers and texts, so that an installer's
# error level, its page and the reference are one and the same.


class InstallerFilesUnwritable(OneSeatError):
    """The installer could not lay down its files; it removed what it had written."""

    number = 74
    cause = Text("The client's files could not be written to this computer.", "无法将考生端文件写入本机。")
    remedy = Text(
        "Make at least 1 GB of room on drive C:, close antivirus software, and install again.",
        "请确认 C 盘至少有 1 GB 可用空间，关闭杀毒软件后重新安装。",
    )


class InstallerWindowsUnsupported(OneSeatError):
    """Windows is older than 7 or not 64-bit."""

    number = 75
    cause = Text("This computer's Windows is not supported.", "本机的 Windows 版本不受支持。")
    remedy = Text(
        "Use a computer with 64-bit Windows 7 or later.", "请使用 64 位 Windows 7 或更高版本的电脑。"
    )


class InstallerRuntimeMissing(OneSeatError):
    """Windows lacks the Universal C Runtime, without which no program of ours can start."""

    number = 76
    cause = Text(
        "A Windows update is missing (Universal C Runtime).", "本机缺少 Windows 更新（通用 C 运行库）。"
    )
    remedy = Text(
        "Install the Windows updates KB2999226 and KB4474419, restart, and install again.",
        "请安装 Windows 更新 KB2999226 和 KB4474419，重启电脑后重新安装。",
    )


class InstallerAlreadyRunning(OneSeatError):
    """Another installer of OneSeat is open."""

    number = 77
    cause = Text("Another installation is in progress.", "另一个安装程序正在运行。")
    remedy = Text("Finish or close it, then install again.", "请先完成或关闭它，再重新安装。")


class InstallerClientUnstartable(OneSeatError):
    """The client's program did not start, or ended without saying why."""

    number = 78
    cause = Text("The client could not be started on this computer.", "考生端程序无法在本机启动。")
    remedy = Text(
        "Uninstall antivirus software as the notice says, restart and install again; or call the hotline.",
        "请按考前须知卸载杀毒软件并重启电脑后重新安装；如仍失败，请拨打技术服务热线。",
    )


class InstallerClientOpen(OneSeatError):
    """The client that is installed is open and cannot be replaced."""

    number = 79
    cause = Text("The client is open on this computer.", "本机正在运行考生端。")
    remedy = Text("Close it, then install again.", "请关闭考生端后重新安装。")


class InstallerOfSystem(OneSeatError):
    """The installer was started by Windows itself (SYSTEM), for no person."""

    number = 155
    cause = Text(
        "The installer was started by the system account (SYSTEM).", "安装程序由系统账户（SYSTEM）启动。"
    )
    remedy = Text(
        "Log in to Windows as the person who takes the exam, and start the installer there.",
        "请用考生本人使用的 Windows 账户登录后运行安装包。",
    )


class InstallerWindowsNotListed(OneSeatError):
    """Windows would run the client, and the exam does not allow it."""

    number = 156
    cause = Text("The exam does not allow this version of Windows.", "本场考试不支持本机的 Windows 版本。")
    remedy = Text(
        "Use a computer with one of the Windows versions that the notice names.",
        "请更换为考前须知所列 Windows 版本的电脑。",
    )


class InstallerMemoryShort(OneSeatError):
    """The computer has less memory than the exam asks for."""

    number = 157
    cause = Text("This computer has too little memory.", "本机内存不足。")
    remedy = Text("Use a computer with more memory.", "请更换内存符合要求的电脑。")


class InstallerDiskShort(OneSeatError):
    """Drive C: has less room than the exam asks for."""

    number = 158
    cause = Text("Drive C: has too little free space.", "C 盘可用空间不足。")
    remedy = Text(
        "Remove what you do not need from drive C:, empty the recycle bin, and check again.",
        "请清理 C 盘并清空回收站，然后重新检测。",
    )


class InstallerAntivirusPresent(OneSeatError):
    """Antivirus software that the notice names is installed or running."""

    number = 159
    cause = Text(
        "Software that must be uninstalled before this exam is on this computer.",
        "本机有须在考前卸载的杀毒软件。",
    )
    remedy = Text(
        "Uninstall it, restart the computer, and check again. Do not install it before the exam is over.",
        "请卸载该软件并重启电脑，然后重新检测；考试结束前请勿再次安装。",
    )


class InstallerOtherExamOpen(OneSeatError):
    """The client of another exam is running."""

    number = 230
    cause = Text("The client of another exam is running.", "本机正在运行另一场考试的考生端。")
    remedy = Text("Close it, then check again.", "请将其关闭，然后重新检测。")


class InstallerEntryUnwritable(OneSeatError):
    """Shortcuts or the entry in the list of programs could not be made; everything was taken back."""

    number = 231
    cause = Text(
        "The shortcuts or the entry in the list of programs could not be made.",
        "无法创建快捷方式或登记到程序列表。",
    )
    remedy = Text(
        "Log in as an administrator, close antivirus software, and install again.",
        "请使用管理员账户登录，退出安全软件后重新安装。",
    )


# ---------------------------------------------------------------------------- exams and rosters: 80-99


class ExamInvalid(OneSeatError):
    """An exam file breaks rules; the message lists every fault with its key and line."""

    number = 80
    cause = Text("{file} has {count} fault(s):\n{faults.en}", "{file} 有 {count} 处错误：\n{faults.zh}")
    remedy = Text(
        "Mend each of them and run `build.py exam check` again.",
        "请逐一改正后再次运行 `build.py exam check`。",
    )


class ExamUnreadable(OneSeatError):
    """An exam file is absent, unreadable, or not TOML in UTF-8."""

    number = 81
    cause = Text(
        "The exam file {file} cannot be read: {reason.en}.", "考试文件 {file} 无法读取：{reason.zh}。"
    )
    remedy = Text(
        "Check the path; `build.py exam new` writes a commented example.",
        "请检查路径；可用 `build.py exam new` 生成带注释的示例。",
    )


class ExamExists(OneSeatError):
    """A new exam file would overwrite one that is there."""

    number = 82
    cause = Text("{file} exists already.", "{file} 已存在。")
    remedy = Text("Choose another name, or edit that file.", "请换一个名称，或直接编辑该文件。")


class CharterUnsigned(OneSeatError):
    """The exam has no signed charter of the version that is needed."""

    number = 83
    cause = Text(
        "Exam {exam} has no signed charter (version {version}).",
        "考试 {exam} 没有已签署的规程（版本：{version}）。",
    )
    remedy = Text("Sign one with `build.py charter sign`.", "请先运行 `build.py charter sign` 签署。")


class CharterVersionUsed(OneSeatError):
    """A charter would be signed under a version number that is not above all before it."""

    number = 84
    cause = Text(
        "Charter version {version} cannot be signed: version {newest} exists.",
        "不能签署规程第 {version} 版：第 {newest} 版已存在。",
    )
    remedy = Text(
        "Versions only go up. Leave --version out, or give one above {newest}.",
        "版本号只能递增，请省略 --version，或指定高于 {newest} 的版本号。",
    )


class BuildNotAccepted(OneSeatError):
    """No published charter lists the build whose installers would be published."""

    number = 85
    cause = Text(
        "The charter in force (version {version}) does not accept build {build}.",
        "当前生效的规程（第 {version} 版）不接受考生端版本 {build}。",
    )
    remedy = Text(
        "Sign and publish a charter that lists it: `build.py charter sign`, then `build.py charter publish`.",
        "请签署并发布包含该版本的规程：先 `build.py charter sign`，再 `build.py charter publish`。",
    )


class RosterUnreadable(OneSeatError):
    """A roster is absent, unreadable, or neither CSV nor XLSX."""

    number = 86
    cause = Text("The roster {file} cannot be read: {reason.en}.", "考生名单 {file} 无法读取：{reason.zh}。")
    remedy = Text(
        "Save it as .xlsx, or as .csv in UTF-8 or GB18030, and close it in other programs.",
        "请另存为 .xlsx，或 UTF-8、GB18030 编码的 .csv，并在其他程序中关闭该文件。",
    )


class RosterColumnsMissing(OneSeatError):
    """The roster's first row does not name the columns that are needed."""

    number = 87
    cause = Text(
        "The roster {file} has no column for {missing.en}.", "考生名单 {file} 缺少以下列：{missing.zh}。"
    )
    remedy = Text(
        "Name the columns in the first row: 姓名, 身份证号, 准考证号 (or name, id_number, admission_number).",
        "请在首行注明列名：姓名、身份证号、准考证号（或 name、id_number、admission_number）。",
    )


class RosterFaulty(OneSeatError):
    """Under ``--strict``, a single faulty row stops the whole roster."""

    number = 88
    cause = Text(
        "{faulty} of {rows} rows of the roster {file} are faulty.",
        "考生名单 {file} 共 {rows} 行，其中 {faulty} 行有误。",
    )
    remedy = Text(
        "Correct the rows that `build.py roster check` lists, or leave --strict out to go on without them.",
        "请按 `build.py roster check` 列出的问题更正，或去掉 --strict 先处理其余考生。",
    )


class RosterChanged(OneSeatError):
    """The roster's file changed while it was being read."""

    number = 89
    cause = Text("The roster {file} changed while it was read.", "读取期间考生名单 {file} 发生了变化。")
    remedy = Text(
        "Close it in other programs and run the command again.", "请在其他程序中关闭该文件后重新运行。"
    )


class NothingIssued(OneSeatError):
    """There are no licences of this base to publish or stamp."""

    number = 90
    cause = Text("Exam {exam} has no licences for this base.", "考试 {exam} 尚未针对当前基础安装包签发许可。")
    remedy = Text("Issue them with `build.py issue`.", "请先运行 `build.py issue` 签发。")


class IssueUnfinished(OneSeatError):
    """A run of issue was interrupted and not taken up again."""

    number = 91
    cause = Text("The last issue of exam {exam} was interrupted.", "考试 {exam} 上一次签发被中断，尚未完成。")
    remedy = Text(
        "Run `build.py issue` with the same roster again; it goes on where it stopped.",
        "请用同一份名单再次运行 `build.py issue`，程序会从中断处继续。",
    )


class SeatsLeftOut(OneSeatError):
    """Publishing now would hide seats that have no licence for this base."""

    number = 92
    cause = Text(
        "{count} seat(s) have no licence for this base and would disappear from the portal.",
        "有 {count} 个席位没有当前基础安装包的许可，发布后这些考生将无法登录。",
    )
    remedy = Text(
        "Issue with the complete roster first, or publish with --leave-out if they are meant to go.",
        "请先用完整名单签发；如确需移除这些席位，请在发布时加上 --leave-out。",
    )


class SeatUnknown(OneSeatError):
    """No licence was issued for the admission number."""

    number = 93
    cause = Text(
        "Exam {exam} has no seat with this admission number.", "考试 {exam} 中没有该准考证号对应的席位。"
    )
    remedy = Text(
        "Check the number, and whether the roster with it was issued.",
        "请核对准考证号，并确认包含该考生的名单已完成签发。",
    )


class LicenceReplaced(OneSeatError):
    """The installer's licence was revoked, or a newer one took its place."""

    number = 94
    cause = Text("The licence {jti} is no longer in force: {reason.en}.", "许可 {jti} 已失效：{reason.zh}。")
    remedy = Text(
        "Download the installer again from the portal.",
        "请从下载平台重新下载安装包。",
    )


class OfOtherExam(OneSeatError):
    """A base or a charter of one exam is used with another."""

    number = 95
    cause = Text(
        "{what.en} belongs to exam {found}, not to {wanted}.", "{what.zh}属于考试 {found}，而不是 {wanted}。"
    )
    remedy = Text(
        "Give the exam file, charter and base of one exam; --exam names the exam file.",
        "请使用同一场考试的考试文件、规程和基础安装包（--exam 指定考试文件）。",
    )


class SampleTooLarge(OneSeatError):
    """More fictitious candidates are wanted than numbers can tell apart."""

    number = 96
    cause = Text(
        "A sample of this exam can have at most {most} candidates.", "本场考试的示例名单最多 {most} 人。"
    )
    remedy = Text(
        "Ask for fewer, or give admission numbers more characters in the exam file.",
        "请减少人数，或在考试文件中增加准考证号的位数。",
    )


# ----------------------------------------------------------------------------- the command line: 97-99


class PassphraseMissing(OneSeatError):
    """Nobody is there to ask, and no file or variable gives the passphrase."""

    number = 97
    cause = Text("The passphrase of the keys was not given ({reason}).", "未提供密钥口令（{reason}）。")
    remedy = Text(
        "Give it by --passphrase-file, in ONESEAT_PASSPHRASE, or at a terminal.",
        "请用 --passphrase-file、环境变量 ONESEAT_PASSPHRASE 提供口令，或在终端中输入。",
    )


class SettingsFileInvalid(OneSeatError):
    """The settings file cannot be read, or has a setting that no command knows."""

    number = 98
    cause = Text(
        "The settings file {file} cannot be used: {reason}.", "配置文件 {file} 无法使用（{reason}）。"
    )
    remedy = Text(
        "Correct it; docs/reference/commands.md lists what each command takes.",
        "请修正该文件；各命令可用的设置见 docs/reference/commands.md。",
    )


class MachineRefused(OneSeatError):
    """The system refused an operation that no part of OneSeat expects to fail."""

    number = 99
    cause = Text("The system refused: {reason}.", "系统拒绝了操作（{reason}）。")
    remedy = Text(
        "Mend what it names (room on the disk, permissions, a folder in use), then run it again; "
        "what was done before is kept.",
        "请排除所述问题（磁盘空间、权限、目录占用）后重试；此前已完成的部分会保留。",
    )


class OperatorTaken(OneSeatError):
    """An operator of that name is there already."""

    number = 150
    cause = Text("There is already an operator '{name}' for this exam.", "本场考试已有操作员“{name}”。")
    remedy = Text(
        "Choose another name; `operator passwd` gives a new password, and "
        "`operator disable --undo` lets somebody back in.",
        "请换用其他名称；更换密码请用 `operator passwd`，重新启用请用 `operator disable --undo`。",
    )


class OperatorUnknown(OneSeatError):
    """There is no operator of that name."""

    number = 151
    cause = Text("There is no operator '{name}' for this exam.", "本场考试没有操作员“{name}”。")
    remedy = Text("`operator list` shows those who are there.", "请用 `operator list` 查看已有的操作员。")


class OperatorNameInvalid(OneSeatError):
    """A name that an operator cannot have."""

    number = 152
    cause = Text("An operator's name cannot be '{name}'.", "操作员名称不能为“{name}”。")
    remedy = Text(
        "Use 2 to 32 characters: lower-case letters, digits, dots, hyphens, beginning with a letter.",
        "请使用 2 至 32 个字符：小写字母、数字、点、连字符，并以字母开头。",
    )


class PasswordRefused(OneSeatError):
    """An operator's new password was not given, or is too easy to guess."""

    number = 153
    cause = Text("The operator's password cannot be used: {reason}.", "该操作员密码无法使用（{reason}）。")
    remedy = Text(
        "Give a sentence of at least 12 characters at a terminal, or in a file with --password-file.",
        "请在终端中输入至少 12 个字符的密码，或用 --password-file 指定密码文件。",
    )


class AuditHeadUnusable(OneSeatError):
    """The file given as an older head of the audit log is not one of this exam's."""

    number = 154
    cause = Text(
        "{file} is not a signed head of this exam's audit log: {reason}.",
        "{file} 不是本场考试审计日志的签名摘要（{reason}）。",
    )
    remedy = Text(
        "Give a file that was exported from the operators' desk of this exam.",
        "请使用从本场考试管理台导出的签名摘要文件。",
    )


# ---------------------------------------------------------------------------------------- workers: 165-169


class ClusterUnreachable(OneSeatError):
    """No Dask scheduler answers, or the one that did went away."""

    number = 165
    cause = Text("The Dask cluster cannot be reached: {reason}.", "无法连接 Dask 集群（{reason}）。")
    remedy = Text(
        "Check the address given to --scheduler and that scheduler and workers run; then run it again, "
        "with or without --scheduler: it goes on where it stopped.",
        "请检查 --scheduler 指定的地址以及调度器、工作进程是否在运行，然后重新运行（可不带 --scheduler），"
        "程序会从中断处继续。",
    )


class WorkersUnusable(OneSeatError):
    """Workers die whatever they are given, or cannot open the keys."""

    number = 166
    cause = Text("The workers cannot do their work: {reason.en}.", "工作进程无法工作：{reason.zh}。")
    remedy = Text(
        "See what they wrote above. `--workers 0` works without them; a cluster's workers need the key "
        "folder at the same path and ONESEAT_PASSPHRASE_FILE.",
        "请查看上方的输出。可用 `--workers 0` 不启用工作进程；集群的工作进程需要在相同路径下有密钥目录，"
        "并设置 ONESEAT_PASSPHRASE_FILE。",
    )


class PlanStale(OneSeatError):
    """What was planned is no longer what would be done."""

    number = 167
    cause = Text(
        "The state has changed since `issue --plan`: from row {row} on, other things would be done.",
        "自 `issue --plan` 之后状态已发生变化：从第 {row} 行起，结果将与计划不同。",
    )
    remedy = Text(
        "Run `build.py issue --plan` again, look at what it says now, and then issue.",
        "请再次运行 `build.py issue --plan`，核对新的计划后再签发。",
    )


class BatchTakenOver(OneSeatError):
    """The run was cut off from the database, and another one has gone on with its batch."""

    number = 168
    cause = Text(
        "Another run has taken over batch {batch}; this one wrote nothing since.",
        "批次 {batch} 已由另一个进程接管，本进程此后未再写入任何内容。",
    )
    remedy = Text("Let the other run end.", "请等待另一个进程完成。")


class NothingFailed(OneSeatError):
    """There is no batch whose faulty rows could be taken up."""

    number = 169
    cause = Text("The last batch of exam {exam} left no row out.", "考试 {exam} 的上一批次没有未处理的行。")
    remedy = Text(
        "Run `build.py issue` without --retry-failed.", "请去掉 --retry-failed 运行 `build.py issue`。"
    )


# ------------------------------------------------------------------------------ stores: 245-246


class DownloadsOpen(OneSeatError):
    """Candidates may still download what is to be withdrawn."""

    number = 245
    cause = Text(
        "Candidates may download until {until}, and those who have begun may finish.",
        "下载通道开放至 {until}（含已开始下载者的宽限期）。",
    )
    remedy = Text(
        "Withdraw the installers after that, or give --early if the downloads are meant to end now.",
        "请在此之后再下架；如确需立即停止下载，请加 --early。",
    )


class ObjectsMissing(OneSeatError):
    """Some seats' objects could not be put into the store; nothing was published."""

    number = 246
    cause = Text(
        "{count} objects could not be stored (the first: {first}); candidates see what they saw before.",
        "有 {count} 个对象未能写入存储（首个：{first}），考生看到的内容未改变。",
    )
    remedy = Text(
        "Move away what lies under these names in the store, and publish again: it goes on where it was.",
        "请移走存储中的同名对象后重新发布，程序会从中断处继续。",
    )


# ---------------------------------------------------------------------------------------- batches: 237-242


class BatchMissing(OneSeatError):
    """A charter would ask for batches while candidates see a release that has none."""

    number = 237
    cause = Text(
        "Candidates of {exam} see a release without a batch manifest, and this charter lets nobody activate "
        "without one.",
        "考试 {exam} 当前的发布没有批次清单，而该规程生效后，没有清单将无法激活。",
    )
    remedy = Text(
        "Run `build.py publish` once more: it writes the manifest. Then put the charter in force.",
        "请先再运行一次 `build.py publish` 生成批次清单，然后再使该规程生效。",
    )


class BatchKeyUnlisted(OneSeatError):
    """The batch key was rotated, and the charter in force does not list the new one."""

    number = 238
    cause = Text(
        "Charter {version}, which is in force, does not list the present batch key, so portals would refuse "
        "what it signs.",
        "现行规程（版本 {version}）未列出当前的批次密钥，平台将不接受它的签名。",
    )
    remedy = Text(
        "Sign and publish a new charter first: `build.py charter sign`, `build.py charter publish`.",
        "请先签署并发布新规程：`build.py charter sign`、`build.py charter publish`。",
    )


class NotInBatch(OneSeatError):
    """There is no batch, or none that lists what was asked for."""

    number = 239
    cause = Text("No published batch lists {what}.", "没有任何已发布的批次包含 {what}。")
    remedy = Text(
        "Check that it was issued and published for this exam. An installer that a candidate has and no "
        "batch lists was made by somebody else: stop, and find out who holds the licence key.",
        "请确认它已为本场考试签发并发布；如考生手中的安装包不在任何批次中，说明有人擅自制作，请立即停止并追查许可密钥。",
    )


class ProofOfOther(OneSeatError):
    """The proof holds, and is not of this file."""

    number = 240
    cause = Text("The proof holds, but it is not of {file}.", "该证明成立，但与 {file} 不符。")
    remedy = Text(
        "Ask for the proof of this very file: `build.py prove FILE`.",
        "请用 `build.py prove FILE` 为该文件单独生成证明。",
    )


class BatchFaulty(OneSeatError):
    """Some of a batch's files or licences are not what the manifest says."""

    number = 241
    cause = Text("{faulty} of {checked} entries are faulty.", "共检查 {checked} 项，其中 {faulty} 项有问题。")
    remedy = Text(
        "The table above names the first of them. Files can be made again by `build.py stamp --all`; where a "
        "licence differs, restore the state from a backup and find out who changed it.",
        "上表列出了最先发现的问题。文件可用 `build.py stamp --all` 重新生成；"
        "如许可有异，请从备份恢复状态数据库并查明改动来源。",
    )


class NoBatch(OneSeatError):
    """There is no batch to report on."""

    number = 242
    cause = Text("Exam {exam} has no such batch.", "考试 {exam} 没有该批次。")
    remedy = Text(
        "Issue one first: `build.py issue FILE`; without --batch the last one is reported on.",
        "请先运行 `build.py issue FILE` 签发；不指定 --batch 时报告最近的一个批次。",
    )


class CeremonyRefused(OneSeatError):
    """The root key's ceremony cannot go on as it was begun."""

    number = 252
    cause = Text("The key ceremony stops: {reason.en}.", "密钥仪式中止：{reason.zh}。")
    remedy = Text(
        "Mend what it names and begin again; nothing is carried out before everything was confirmed.",
        "请排除所述问题后重新开始；全部确认之前不会导出任何内容。",
    )
