"""The clauses under which an invigilator marks a suspicion: a fixed list, in the notices' words.

A mark judges nobody. What it amounts to is decided after the session, by people who look at the evidence.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from signing.text import Text

OTHER = "other"
CLAUSES = {
    "substitute": Text("Somebody else may take part in the candidate's place", "疑似由他人代替参加面试"),
    "other-person": Text("Another person is in the room", "考试环境内有其他人员"),
    "talking": Text("Talks with others, or hears from them", "与他人交谈或接收他人信息"),
    "phone": Text("Touches the phone without permission", "未经许可操作手机"),
    "device": Text("Headphones or other electronic devices", "使用耳机或其他电子设备"),
    "materials": Text("Reads books, notes or other materials", "查阅书籍、笔记等资料"),
    "left-picture": Text("Leaves the picture without permission", "未经许可离开画面"),
    "covered": Text("Covers, moves or switches off a camera", "遮挡、移动或关闭摄像设备"),
    "window": Text("Switches windows or takes pictures of the screen", "切换窗口或截屏"),
    "programs": Text("Chat, remote-control or screen-sharing programs", "使用聊天、远程控制或投屏软件"),
    "copying": Text("Copies, photographs or passes on questions", "抄录、拍摄或传播试题"),
    "refuses": Text("Does not follow reminders", "经提醒仍不改正"),
    OTHER: Text("Other (see the note)", "其他（请写备注）"),
}
"""By their codes."""
LONGEST = timedelta(hours=4)


def is_within(begins: datetime, ends: datetime, came_at: datetime, now: datetime) -> bool:
    """Whether a mark's time lies in what was recorded: from the candidate's coming up to now."""
    return came_at <= begins <= ends <= now and ends - begins <= LONGEST
