"""Texts about attempts in the exam's own room, Chinese and English."""

from __future__ import annotations

from signing.text import Text

NO_SHUTDOWN = Text(
    "The recordings of an interview are being uploaded. Please do not shut the computer down.",
    "面试录像正在上传，请勿关机或重启。",
)
WAITING = Text("Waiting for the exam room…", "正在等待考场，请稍候…")
ROOM_NOT_OPENED = Text("The exam room did not open.", "考场没有打开。")
ROOM_SILENT = Text("The exam room cannot be reached ({code}).", "暂时连不上考场（{code}）。")
TIMES = Text("Interview: {hours.en}.", "作答时间：{hours.zh}。")
TIMES_PAUSED = Text("Interview: {hours.en} at the latest.", "作答时间：{hours.zh}（最晚）。")
PAUSED = Text("The exam is paused, until {ends.en} at the latest.", "考试暂停，最晚 {ends.zh} 恢复。")
PAUSED_INSIDE = Text(
    "The exam is paused, until {ends.en} at the latest. Recording goes on: stay in the picture.",
    "考试暂停，最晚 {ends.zh} 恢复；录像继续，请留在画面内。",
)
AWAY = Text("The exam room's window was closed, or does not respond.", "考场窗口已关闭，或没有反应。")
AWAY_ADVICE = Text(
    "Press “Open the exam room again” above. What was recorded is kept.",
    "请点上面的“重新进入考场”继续。已录制的内容不会丢失。",
)
RECEIVED = Text("Your answers were received.", "作答已收到。")
LEFT = Text(
    "{mb} MB are left, about {minutes} min. You may close the web page. Do not quit the client or shut the "
    "computer down.",
    "还剩 {mb} MB，约 {minutes} 分钟；可以关闭网页，请勿退出考生端、请勿关机。",
)
LEFT_UNTIMED = Text(
    "{mb} MB are left. You may close the web page. Do not quit the client or shut the computer down.",
    "还剩 {mb} MB；可以关闭网页，请勿退出考生端、请勿关机。",
)
RETRYING = Text(
    "The exam room cannot be reached ({code}); it is tried again by itself. Check the network.",
    "暂时连不上考场（{code}），考生端会自动重试。请检查网络。",
)
COMPLETE = Text("The hand-in is complete.", "交卷完成。")
COMPLETE_MORE = Text("All recordings were received.", "面试录像已全部上传，可以关闭网页和考生端。")
LOST = Text("The time for uploading is over.", "上传时间已过，部分面试录像没有上传完成。")
LOST_ADVICE = Text(
    "Call the hotline, and do not uninstall the client.", "请拨打技术服务热线，并请勿卸载考生端。"
)
UPLOADING_BEFORE_LOGIN = Text(
    "Recordings of an interview are still being uploaded. Do not quit the client, and do not shut the "
    "computer down.",
    "面试录像还没有传完，正在自动上传。请勿退出考生端、请勿关机。",
)
