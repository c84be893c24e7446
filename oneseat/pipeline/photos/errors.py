"""Refusals of registered photographs and of the room's key."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text


class PhotosFaulty(OneSeatError):
    """Pictures or rows have faults. The message lists the first of them, ``--faults-csv`` all."""

    number = 655
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The photographs have {count} fault(s); nothing was written.\n{faults.en}",
        "报名照片有 {count} 处问题，未生成文件。\n{faults.zh}",
    )
    remedy = Text(
        "Correct all of them and run the command again; --faults-csv FILE lists them all. Where candidates "
        "have no photograph, add --allow-missing.",
        "请全部更正后重新运行；--faults-csv 文件名 可列出全部问题。"
        "确有考生没有照片的，加上 --allow-missing。",
    )


class PhotosUnreadable(OneSeatError):
    """The folder or zip file of the pictures cannot be read."""

    number = 656
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The photographs in {path} cannot be read: {reason.en}.", "无法读取 {path} 中的照片：{reason.zh}。"
    )
    remedy = Text(
        "Give a folder of pictures, or a zip file without a password.",
        "请指定存放照片的文件夹，或没有密码的 zip 压缩文件。",
    )


class RoomKeyUnusable(OneSeatError):
    """The room's public key cannot be read."""

    number = 657
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The room's public key {file} cannot be used: {reason.en}.", "考场公钥 {file} 不能使用：{reason.zh}。"
    )
    remedy = Text(
        "On the room's host write it with `oneseat room photo-key FILE`, and bring the file here.",
        "请在考场主机上用 `oneseat room photo-key 文件名` 导出公钥，再把文件拷贝过来。",
    )
