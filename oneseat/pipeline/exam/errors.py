"""Refusals of exam files and of signing and publishing charters."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text


class ExamInvalid(OneSeatError):
    """An exam file breaks rules; the message lists every fault with its key and line."""

    number = 80
    cause = Text("{file} has {count} fault(s):\n{faults.en}", "{file} 有 {count} 处错误：\n{faults.zh}")
    remedy = Text(
        "Mend each of them and run `oneseat exam check` again.",
        "请逐一改正后再次运行 `oneseat exam check`。",
    )


class ExamRemarkable(OneSeatError):
    """An exam file without faults has remarks, and `exam check --strict` was asked for."""

    number = 694
    exit_status = ExitStatus.INPUT
    cause = Text(
        "{file} has {count} remark(s):\n{remarks.en}", "{file} 有 {count} 处需要留意：\n{remarks.zh}"
    )
    remedy = Text(
        "Compare each with the exam's notice. If it is meant so, check without --strict.",
        "请对照考试通知逐一核对；如果确实如此，检查时请去掉 --strict。",
    )


class ExamUnreadable(OneSeatError):
    """An exam file is absent, unreadable, or not TOML in UTF-8."""

    number = 81
    cause = Text(
        "The exam file {file} cannot be read: {reason.en}.", "考试文件 {file} 无法读取：{reason.zh}。"
    )
    remedy = Text(
        "Check the path, or mend the line that is named; `oneseat exam new` writes a commented example.",
        "请检查路径，或改正所指出的那一行；可用 `oneseat exam new` 生成带注释的示例。",
    )


class ExamExists(OneSeatError):
    """A new exam file would overwrite an existing one."""

    number = 82
    cause = Text("{file} exists already.", "{file} 已存在。")
    remedy = Text("Choose another name, or edit that file.", "请换一个名称，或直接编辑该文件。")


class CharterUnsigned(OneSeatError):
    """The exam has no signed charter of the version that is needed."""

    number = 83
    cause = Text(
        "Exam {exam} has no signed charter (version {version.en}).",
        "考试 {exam} 没有已签署的规程（版本：{version.zh}）。",
    )
    remedy = Text("Sign one with `oneseat charter sign`.", "请先运行 `oneseat charter sign` 签署。")


class CharterVersionUsed(OneSeatError):
    """A charter would be signed under a version number that is not above all signed ones."""

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
        "Sign and publish a charter that lists it: `oneseat charter sign`, then `oneseat charter publish`.",
        "请签署并发布包含该版本的规程：先 `oneseat charter sign`，再 `oneseat charter publish`。",
    )


class BatchMissing(OneSeatError):
    """A charter would require published batches while the visible release has none."""

    number = 237
    cause = Text(
        "Candidates of {exam} see a release without a batch manifest, and this charter lets nobody activate "
        "without one.",
        "考试 {exam} 当前的发布没有批次清单，而该规程生效后，没有清单将无法激活。",
    )
    remedy = Text(
        "Run `oneseat publish` once more: it writes the manifest. Then put the charter in force.",
        "请先再运行一次 `oneseat publish` 生成批次清单，然后再使该规程生效。",
    )
