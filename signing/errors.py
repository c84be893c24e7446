"""Every refusal of the kernel, and the class that all refusals of OneSeat share.

A refusal has a number that is its code (``OS-021``), its exit status (21) and its
page in ``docs/reference/errors.md``; a cause, and a remedy, in English and Chinese.
Rooms number theirs apart: signing 10-39, client 40-59 and 130-149, pipeline 60-99, state
100-109, store 110-119, demo 120-122, portal 170-219.
"""

from __future__ import annotations

import re
from typing import ClassVar, Dict, FrozenSet, NamedTuple, Tuple, Type

_PLACEHOLDER = re.compile(r"\{(\w+)[.}]")


class Text(NamedTuple):
    """One sentence in the two languages that people here read."""

    en: str
    zh: str

    def placeholders(self) -> FrozenSet[str]:
        """The names in braces, which must be the same in both languages."""
        return frozenset(_PLACEHOLDER.findall(self.en)) | frozenset(_PLACEHOLDER.findall(self.zh))

    def filled(self, facts: Dict[str, object]) -> Text:
        """The same sentence with its placeholders replaced."""
        return Text(self.en.format(**facts), self.zh.format(**facts))


class OneSeatError(Exception):
    """A refusal that a person can act on.

    ``facts`` fill the placeholders of :attr:`cause` and :attr:`remedy`. They must
    never hold a secret or an ID number: they are shown, logged and sent.

    Raises:
        TypeError: the facts given are not exactly the placeholders of the texts.
    """

    number: ClassVar[int]
    cause: ClassVar[Text]
    remedy: ClassVar[Text]

    def __init__(self, **facts: object) -> None:
        wanted = self.cause.placeholders() | self.remedy.placeholders()
        if set(facts) != wanted:
            raise TypeError(f"{type(self).__name__} takes {sorted(wanted)}, not {sorted(facts)}")
        self.facts = facts
        super().__init__(self.cause.filled(facts).en)

    def __reduce__(self) -> Tuple[object, ...]:
        return _raised_elsewhere, (type(self), self.facts)

    @property
    def code(self) -> str:
        """The code as people read it over the telephone, such as ``OS-021``."""
        return f"OS-{self.number:03d}"

    @property
    def exit_status(self) -> int:
        """The exit status of a command that ends with this refusal."""
        return self.number

    @property
    def cause_text(self) -> Text:
        """What happened, with its facts filled in."""
        return self.cause.filled(self.facts)

    @property
    def remedy_text(self) -> Text:
        """What to do next, with its facts filled in."""
        return self.remedy.filled(self.facts)

    def diagnostics(self, lang: str = "en") -> str:
        """Code, cause and remedy in one language (``en`` or ``zh``), on two lines."""
        cause, remedy = getattr(self.cause_text, lang), getattr(self.remedy_text, lang)
        return f"{self.code}: {cause}\n{remedy}"


def _raised_elsewhere(error: Type[OneSeatError], facts: Dict[str, object]) -> OneSeatError:
    """A refusal that another process raised: an exception's own way takes no facts by name."""
    return error(**facts)


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
    cause = Text("A signed token is malformed: {reason}.", "签名数据格式不正确（{reason}）。")
    remedy = _BROKEN_FILE


class TokenTypeWrong(OneSeatError):
    """A token of one kind stands where another kind belongs."""

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
    """The computer's clock is before the licence's issue time."""

    number = 19
    cause = Text(
        "The licence is not valid yet: this computer's clock says {now}.", "许可尚未生效：本机时间为 {now}。"
    )
    remedy = Text("Set the computer's date and time, then try again.", "请校准电脑的日期和时间后重试。")


class LicenceExpired(OneSeatError):
    """The exam's outermost date has passed."""

    number = 20
    cause = Text("The licence ended on {ended}.", "许可已于 {ended} 到期。")
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
        "The file's signature block is not as OneSeat writes it: {reason}.",
        "文件的签名区结构不正确（{reason}）。",
    )
    remedy = _BROKEN_FILE


class PeMalformed(OneSeatError):
    """The file is not a PE image with one well-formed attribute certificate table."""

    number = 25
    cause = Text(
        "The file is not a well-formed signed Windows program: {reason}.",
        "文件不是完整的已签名 Windows 程序（{reason}）。",
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


class BaseChanged(OneSeatError):
    """The base on disk is not the one that its manifest describes."""

    number = 27
    cause = Text(
        "The base installer differs from its manifest ({what}).", "基础安装包与清单不一致（{what}）。"
    )
    remedy = Text(
        "Restore the file, or build it again with `build.py base build --rebuild`.",
        "请恢复该文件，或用 `build.py base build --rebuild` 重新构建。",
    )


class CharterRejected(OneSeatError):
    """The charter is signed, and says something impossible."""

    number = 28
    cause = Text("The exam's charter is not usable: {reason}.", "考试规程无法使用（{reason}）。")
    remedy = _BROKEN_FILE


class KeyMissing(OneSeatError):
    """A key that the job needs is not in the ring."""

    number = 29
    cause = Text("The key ring in {folder} has no key '{name}'.", "密钥目录 {folder} 中没有密钥“{name}”。")
    remedy = Text("Make the keys with `build.py keys init`.", "请先运行 `build.py keys init` 生成密钥。")


class PassphraseWrong(OneSeatError):
    """The passphrase does not open the key."""

    number = 30
    cause = Text("The passphrase does not open the key ring in {folder}.", "口令无法打开密钥目录 {folder}。")
    remedy = Text(
        "Give the passphrase by prompt, --passphrase-file or ONESEAT_PASSPHRASE.",
        "请通过提示输入、--passphrase-file 或环境变量 ONESEAT_PASSPHRASE 提供正确口令。",
    )


class KeyRingBroken(OneSeatError):
    """The key ring's folder is there, and cannot be used as it is."""

    number = 31
    cause = Text(
        "The key ring in {folder} cannot be used: {reason}.", "密钥目录 {folder} 无法使用（{reason}）。"
    )
    remedy = Text("Restore the folder from its backup.", "请从备份恢复该目录。")


class SealBroken(OneSeatError):
    """Sealed bytes were changed, or belong to another key or context."""

    number = 32
    cause = Text("A sealed secret does not open.", "密封数据无法解开。")
    remedy = Text(
        "The delivery key and the state database do not belong together; restore both from one backup.",
        "投递密钥与状态数据库不匹配，请用同一份备份恢复二者。",
    )


class ActivationForOtherDevice(OneSeatError):
    """The activation names another device key or another seat."""

    number = 33
    cause = Text("The activation belongs to another computer.", "激活信息属于另一台电脑。")
    remedy = Text(
        "Use the computer on which the client was installed, or ask support to move the seat.",
        "请在原先安装的电脑上使用；如需更换电脑，请联系技术服务热线。",
    )


class ProofInvalid(OneSeatError):
    """A Merkle proof does not show what it is for."""

    number = 235
    cause = Text("The proof does not hold: {reason}.", "该证明不成立（{reason}）。")
    remedy = Text(
        "Ask for a fresh proof and the signed head that it belongs to. If it fails again, somebody has "
        "changed the batch: stop, and compare the manifest with the kept heads.",
        "请重新获取证明及对应的签名摘要；如仍不成立，说明批次已被改动，请立即停止并与留存的签名摘要比对。",
    )


class BatchHeadInvalid(OneSeatError):
    """A file or record that should be a signed batch head, a proof or a manifest line is none."""

    number = 236
    cause = Text("{what} cannot be used: {reason}.", "{what} 无法使用（{reason}）。")
    remedy = Text(
        "Take the file that `publish` or `prove` wrote for this exam.",
        "请使用 `publish` 或 `prove` 为本场考试生成的文件。",
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


class CustodianUnavailable(OneSeatError):
    """A key that is kept outside the ring cannot be used."""

    number = 250
    cause = Text("The key at {where} cannot be used: {reason}.", "位于 {where} 的密钥无法使用（{reason}）。")
    remedy = Text(
        "Check that the token or key service is there, reachable and open to this account, then try "
        "again. Do not guess PINs: tokens lock themselves.",
        "请确认密码设备或密钥服务已连接、可访问且本账户有权使用后重试。请勿反复猜测 PIN 码，以免设备锁定。",
    )


class KeyOffline(OneSeatError):
    """The private key is on the offline computer only."""

    number = 251
    cause = Text(
        "The key '{name}' is kept offline, so this computer cannot sign with it.",
        "密钥“{name}”离线保管，本机无法用它签名。",
    )
    remedy = Text(
        "Sign on the offline computer with `build.py keys ceremony`, and bring the charters here with "
        "`build.py charter import`.",
        "请在离线电脑上用 `build.py keys ceremony` 签署，再用 `build.py charter import` 导入规程。",
    )
