"""Describes in two languages why the operating system refused something, by the number in ``errno``."""

from __future__ import annotations

import errno
import os
from typing import Dict, Union

from signing.text import Text, quoted, untranslated

_IN_CHINESE: Dict[str, str] = {
    "ENOENT": "文件或文件夹不存在",
    "EISDIR": "这是文件夹，不是文件",
    "ENOTDIR": "路径中有一段不是文件夹",
    "EACCES": "没有访问权限",
    "EPERM": "系统不允许此操作",
    "EEXIST": "已存在同名文件",
    "ENOTEMPTY": "文件夹不为空",
    "ENOSPC": "磁盘已满",
    "EDQUOT": "磁盘配额已用完",
    "EFBIG": "文件过大，磁盘无法存放",
    "EROFS": "磁盘是只读的",
    "EBUSY": "正被占用",
    "ETXTBSY": "正被占用",
    "ENAMETOOLONG": "名称过长",
    "ELOOP": "链接循环指向自身",
    "EMFILE": "打开的文件过多",
    "ENFILE": "打开的文件过多",
    "ENOMEM": "内存不足",
    "EIO": "磁盘读写出错",
    "EBADF": "输出已关闭",
    "EINVAL": "名称无效",
    "ECONNREFUSED": "连接被拒绝",
    "ECONNRESET": "连接中断",
    "ETIMEDOUT": "连接超时",
    "EHOSTUNREACH": "找不到通往该主机的网络路径",
    "ENETUNREACH": "网络不通",
    "EADDRINUSE": "端口已被占用",
    "EADDRNOTAVAIL": "本机没有该地址",
}
"""The reasons that people can meet, by the name of the error number."""


def system_reason(fault: Union[OSError, ValueError]) -> Text:
    """Return the system's reason without the path; Chinese names the error number where it knows no words.

    A ValueError is what Python raises for a path with a null character in it.
    """
    number = getattr(fault, "errno", None) or (errno.EINVAL if isinstance(fault, ValueError) else 0)
    message = str(getattr(fault, "strerror", None) or "")
    name = errno.errorcode.get(number)
    if name is None:
        return untranslated(message or type(fault).__name__)
    # Windows answers in its own language, and names the numbers of sockets with a prefix.
    english = quoted(message) if message and message.isascii() else os.strerror(number)
    plain = name[len("WSA") :] if name.startswith("WSA") else name
    return Text(english, _IN_CHINESE.get(plain, f"系统错误 {name}"))
