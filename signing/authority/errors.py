"""Refusals of the authority's side of the kernel: keys, bases, and signed batch manifests."""

from __future__ import annotations

from signing.errors import OneSeatError
from signing.text import Text


class BaseChanged(OneSeatError):
    """The base on disk is not the one that its manifest describes."""

    number = 27
    cause = Text(
        "The base installer differs from its manifest ({what.en}).", "基础安装包与清单不一致（{what.zh}）。"
    )
    remedy = Text(
        "Restore the file, or build it again with `oneseat base build --rebuild`.",
        "请恢复该文件，或用 `oneseat base build --rebuild` 重新构建。",
    )


class KeyMissing(OneSeatError):
    """A key that is needed is not in the ring."""

    number = 29
    cause = Text("The key ring in {folder} has no key '{name}'.", "密钥目录 {folder} 中没有密钥“{name}”。")
    remedy = Text("Make the keys with `oneseat keys init`.", "请先运行 `oneseat keys init` 生成密钥。")


class PassphraseWrong(OneSeatError):
    """The passphrase does not open the key."""

    number = 30
    cause = Text("The passphrase does not open the key ring in {folder}.", "口令无法打开密钥目录 {folder}。")
    remedy = Text(
        "Give the passphrase by prompt, --passphrase-file or ONESEAT_PASSPHRASE.",
        "请通过提示输入、--passphrase-file 或环境变量 ONESEAT_PASSPHRASE 提供正确口令。",
    )


class KeyRingBroken(OneSeatError):
    """The key ring's folder exists and cannot be used."""

    number = 31
    cause = Text(
        "The key ring in {folder} cannot be used: {reason.en}.", "密钥目录 {folder} 无法使用（{reason.zh}）。"
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


class ProofInvalid(OneSeatError):
    """A Merkle proof does not verify."""

    number = 235
    cause = Text("The proof does not hold: {reason.en}.", "该证明不成立（{reason.zh}）。")
    remedy = Text(
        "Ask for a fresh proof and the signed head that it belongs to. If it fails again, somebody has "
        "changed the batch: stop, and compare the manifest with the kept heads.",
        "请重新获取证明及对应的签名摘要；如仍不成立，说明批次已被改动，请立即停止并与留存的签名摘要比对。",
    )


class BatchHeadInvalid(OneSeatError):
    """The data is not a signed tree head, a proof or a manifest line."""

    number = 236
    cause = Text("{what.en} cannot be used: {reason.en}.", "{what.zh} 无法使用（{reason.zh}）。")
    remedy = Text(
        "Take the file that `publish` or `prove` wrote for this exam.",
        "请使用 `publish` 或 `prove` 为本场考试生成的文件。",
    )


class CustodianUnavailable(OneSeatError):
    """A key that is kept outside the ring cannot be used."""

    number = 250
    cause = Text(
        "The key at {where} cannot be used: {reason.en}.", "位于 {where} 的密钥无法使用（{reason.zh}）。"
    )
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
        "Sign on the offline computer with `oneseat keys ceremony`, and bring the charters here with "
        "`oneseat charter import`.",
        "请在离线电脑上用 `oneseat keys ceremony` 签署，再用 `oneseat charter import` 导入规程。",
    )
