"""Why the system refused a file, in both languages: it speaks English only."""

from __future__ import annotations

import errno

from signing.text import Text

_IN_CHINESE = {
    errno.ENOENT: "文件不存在",
    errno.EACCES: "没有访问权限",
    errno.EPERM: "没有访问权限",
    errno.EISDIR: "是目录而不是文件",
    errno.ENOTDIR: "路径中有一部分不是目录",
    errno.ENOSPC: "磁盘空间不足",
    errno.EROFS: "文件系统只读",
}


def why(error: OSError) -> Text:
    """The system's reason, without the path: that is said beside it."""
    said = (error.strerror or type(error).__name__).lower()
    return Text(said, _IN_CHINESE.get(error.errno or 0, said))
