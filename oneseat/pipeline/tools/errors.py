"""Refusals of external tools (makensis, wine, osslsigncode, signtool) and of code signing."""

from __future__ import annotations

from pathlib import Path

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text

_SEE_LINES = Text(
    "The tool's last lines say why; `oneseat doctor` shows which tools are in order.",
    "原因见工具的最后几行输出；可用 `oneseat doctor` 检查各工具是否正常。",
)


class ToolMissing(OneSeatError):
    """A program that is needed is not on this computer."""

    number = 60
    cause = Text("{tool} was not found.", "未找到 {tool}。")
    remedy = Text("{mend.en}", "{mend.zh}")


class ToolTooOld(OneSeatError):
    """A program's version lacks a feature that is needed."""

    number = 61
    cause = Text(
        "{tool} is version {found}; {wanted} or later is needed.",
        "{tool} 版本为 {found}，需要 {wanted} 或更高版本。",
    )
    remedy = Text("{mend.en}", "{mend.zh}")


class ToolEndedBadly(OneSeatError):
    """A program did not succeed; ``output`` is all that it printed, ``log`` the file that keeps it."""

    output: str = ""
    log: Path | None = None

    @property
    def remedy_text(self) -> Text:
        """The remedy, followed by where the whole output is, if it is kept."""
        remedy = super().remedy_text
        if self.log is None:
            return remedy
        return Text(f"{remedy.en} Its whole output is in {self.log}.", f"{remedy.zh}完整输出见 {self.log}。")


class ToolFailed(ToolEndedBadly):
    """A program ended with an error."""

    number = 62
    cause = Text(
        "{tool} failed ({job.en}, exit status {status}). Its last lines:\n{last_lines}",
        "{tool} 执行失败（{job.zh}，退出码 {status}），最后几行输出：\n{last_lines}",
    )
    remedy = _SEE_LINES


class ToolTimedOut(ToolEndedBadly):
    """A program did not end within its timeout."""

    number = 63
    cause = Text(
        "{tool} did not finish in {seconds} s ({job.en}) and was ended. Its last lines:\n{last_lines}",
        "{tool} 在 {seconds} 秒内未完成（{job.zh}），已终止，最后几行输出：\n{last_lines}",
    )
    remedy = Text(
        "Run it again when the computer is less busy; if it happens again, see its last lines.",
        "请在电脑空闲时重试；如仍超时，请查看工具的最后几行输出。",
    )


class ToolUnusable(OneSeatError):
    """A program starts and does not work."""

    number = 64
    cause = Text("{tool} does not work: {reason.en}.", "{tool} 无法正常工作（{reason.zh}）。")
    remedy = Text("{mend.en}", "{mend.zh}")


class CodeSigningIdentityUnusable(OneSeatError):
    """The code-signing certificate or its key cannot sign code."""

    number = 65
    cause = Text(
        "The code-signing identity in {folder} cannot be used: {reason.en}.",
        "代码签名证书（{folder}）无法使用：{reason.zh}。",
    )
    remedy = Text(
        "Give a certificate with the code-signing purpose and its key, or make a development one with "
        "`oneseat keys init`.",
        "请提供带有“代码签名”用途的证书及其私钥，或用 `oneseat keys init` 生成开发证书。",
    )


class SignatureUnverified(OneSeatError):
    """A file's code signature does not verify."""

    number = 66
    cause = Text(
        "The code signature of {file} does not verify: {reason.en}.",
        "{file} 的代码签名验证失败（{reason.zh}）。",
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


class CacheChanged(OneSeatError):
    """A file of the unpacked toolchain is not the one that was unpacked."""

    number = 610
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "In {folder}, files are not as they were unpacked: {files}.",
        "{folder} 中的文件与解包时不一致：{files}。",
    )
    remedy = Text(
        "Find out who changed them. Then delete that folder and run `make setup`, which unpacks it again.",
        "请先查明改动来源，再删除该文件夹并运行 `make setup` 重新解包。",
    )


class CacheWritableByOthers(OneSeatError):
    """Another account may write to the toolchain that the client is built with."""

    number = 611
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "Other accounts of this computer may change {path}, from which installers are built.",
        "本机其他账户可以改动 {path}，而安装包要用它构建。",
    )
    remedy = Text(
        "Make yourself its owner and take the right to write from others "
        "(`chmod -R go-w`). If someone may have changed it, delete the folder and run `make setup`.",
        "请将其所有者改为当前账户，并取消其他账户的写权限（`chmod -R go-w`）；"
        "如可能已被改动，请删除该文件夹后运行 `make setup`。",
    )
