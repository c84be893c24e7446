"""Texts of the health check's page, Chinese and English; the checks have their own."""

from __future__ import annotations

from signing.text import Text

TITLE = Text("Check the computer", "设备检测")
HINT = Text(
    "Pictures, sound and the list of programs stay on this computer.",
    "画面、声音和程序列表只在本机使用，不会上传。",
)
CHECK_ALL = Text("Check all again", "全部重新检测")
CHECK_ONE = Text("Check again", "重新检测")
GO_ON = Text("Schedule", "查看日程")
RUNNING = Text("{done} of {all} checked…", "正在检测：{done}/{all}")
SUMMARY = Text(
    "{pass} passed, {warn} to note, {block} to fix, {unknown} unknown",
    "通过 {pass} 项，提醒 {warn} 项，须处理 {block} 项，未能检测 {unknown} 项",
)
WAITING = Text("Checking…", "检测中…")
STATUSES = {
    "pass": Text("✓ Passed", "✓ 通过"),
    "warn": Text("! Note", "! 提醒"),
    "block": Text("✕ Must fix", "✕ 须处理"),
    "unknown": Text("? Unknown", "? 未能检测"),
    "running": Text("… Checking", "… 检测中"),
}
