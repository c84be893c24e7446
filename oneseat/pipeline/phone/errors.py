"""Refusals of building and signing the phone app."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text


class PhoneSourcesChanged(OneSeatError):
    """A source of the phone app was edited while it was built, so that its build id would be wrong."""

    number = 664
    exit_status = ExitStatus.CONFLICT
    cause = Text("{file} changed while the phone app was built.", "构建手机端期间，{file} 发生了变化。")
    remedy = Text("Build it again when nobody edits it.", "请在无人修改文件时重新构建。")


class PhoneIdentityUnusable(OneSeatError):
    """The PKCS#12 file that is to sign the phone app cannot sign it."""

    number = 665
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The phone app cannot be signed with {file}: {reason.en}.",
        "无法用 {file} 为手机端签名：{reason.zh}。",
    )
    remedy = Text(
        "Give a PKCS#12 file with one RSA key of 2048 bits or more and its certificate, encrypted with the "
        "passphrase of the keys.",
        "请提供 PKCS#12 文件：内含一个 2048 位以上的 RSA 私钥及其证书，口令与密钥口令相同。",
    )


class PhoneSignatureUnverified(OneSeatError):
    """apksigner does not accept an APK that was just signed, or a file that should be one."""

    number = 666
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The signature of {file} does not verify: {reason.en}.", "{file} 的签名验证失败（{reason.zh}）。"
    )
    remedy = Text(
        "Build it again; if it fails again, look at the certificate and at `oneseat doctor`.",
        "请重新构建；如仍失败，请检查证书，并运行 `oneseat doctor`。",
    )


class PhoneHasNoRoom(OneSeatError):
    """The exam has a phone app of ours and no exam room of ours, so the app has no page to open."""

    number = 667
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The exam {exam} wants a phone app of this project and has no exam room of this project.",
        "考试 {exam} 使用本系统的手机端，但没有设置本系统的考场。",
    )
    remedy = Text(
        "Set `[exam_room]` with `kind` and `url`, or take `kind` out of `[companion]`.",
        "请在考试文件中设置 `[exam_room]` 的 `kind` 和 `url`，或去掉 `[companion]` 的 `kind`。",
    )
