"""Refusals of the key ring's passphrase prompt and of the root key's ceremony."""

from __future__ import annotations

from signing.errors import OneSeatError
from signing.text import Text


class PassphraseMissing(OneSeatError):
    """No file or variable gives the passphrase, and there is no terminal to ask at."""

    number = 97
    cause = Text("The passphrase of the keys was not given ({reason.en}).", "未提供密钥口令（{reason.zh}）。")
    remedy = Text(
        "Give it by --passphrase-file, in ONESEAT_PASSPHRASE, or at a terminal.",
        "请用 --passphrase-file、环境变量 ONESEAT_PASSPHRASE 提供口令，或在终端中输入。",
    )


class CeremonyRefused(OneSeatError):
    """A step of the root key's ceremony is refused."""

    number = 252
    cause = Text("The key ceremony stops: {reason.en}.", "密钥仪式中止：{reason.zh}。")
    remedy = Text(
        "Mend what it names and begin again; nothing is carried out before everything was confirmed.",
        "请排除所述问题后重新开始；全部确认之前不会导出任何内容。",
    )
