"""Refusals of worker processes and of a Dask cluster."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text


class ClusterUnreachable(OneSeatError):
    """No Dask scheduler answers, or the one that did went away."""

    number = 165
    exit_status = ExitStatus.UNREACHABLE
    cause = Text("The Dask cluster cannot be reached: {reason.en}.", "无法连接 Dask 集群（{reason.zh}）。")
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
