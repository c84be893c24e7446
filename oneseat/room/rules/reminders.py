"""The reminders that an invigilator may send: a fixed list, in the words that the candidate reads."""

from __future__ import annotations

from signing.text import Text

REMINDERS = {
    "in-picture": Text(
        "Stay in the picture: face and shoulders must be seen.", "请留在画面内，让面部和双肩完整出现。"
    ),
    "uncovered": Text("Take off headphones, mask or hat.", "请摘下耳机、口罩或帽子。"),
    "light": Text(
        "Your picture is too dark: turn on a light or draw the curtain.", "画面太暗，请开灯或拉上窗帘。"
    ),
    "hands": Text("Keep both hands where they are seen.", "请将双手放在桌面上，保持在画面内。"),
    "screen": Text("Look at the screen.", "请面向屏幕作答，不要看其他地方。"),
    "alone": Text("Ask everybody else to leave the room.", "请让其他人员离开房间。"),
    "no-talking": Text("Do not talk with anybody.", "请不要与他人交谈。"),
    "desk": Text(
        "Clear the desk: only scratch paper and a pen are allowed.",
        "请清理桌面，只能留下草稿纸和笔。",
    ),
    "phone": Text(
        "Do not touch the phone: leave it in its place and let it film.",
        "请不要触碰手机，让手机在原位继续拍摄。",
    ),
    "window": Text(
        "Stay on the exam's page: do not switch windows, take no pictures of the screen.",
        "请停留在考试页面，不要切换窗口或截屏。",
    ),
    "one-screen": Text("Use one screen alone: unplug the other.", "只能使用一块屏幕，请断开另一块屏幕。"),
    "programs": Text(
        "Exit chat and remote-control programs on the computer.", "请退出电脑上的聊天软件和远程控制软件。"
    ),
}
"""By their codes. A code's words change only together with its code: what was sent is kept as it was read."""
MOST_UNREAD = 3
"""Reminders of one attempt that wait to be read. More would be read by nobody."""
