"""Texts of the window, Chinese and English."""

from __future__ import annotations

from signing.text import Text

STEPS = (
    Text("Log in", "登录"),
    Text("Check the computer", "设备检测"),
    Text("Schedule", "日程"),
    Text("Mock interview", "模拟面试"),
    Text("Formal interview", "正式面试"),
)
STEP_LOGIN, STEP_HEALTH, STEP_SCHEDULE, STEP_MOCK, STEP_FORMAL = 0, 1, 2, 3, 4

OTHER_LANGUAGE = Text("中文", "English")

LOGIN_TITLE = Text("Candidate login", "考生登录")
LOGIN_HINT = Text(
    "Use the ID number and the admission number of the written test.",
    "请输入本人证件号码和准考证号，须与笔试时一致。",
)
ID_NUMBER = Text("ID number", "证件号码")
ADMISSION_NUMBER = Text("Admission number", "准考证号")
LOG_IN = Text("Log in", "登录")
CHECKING = Text("Checking…", "正在核对…")

CONFIRMED = Text("This computer is confirmed for your seat.", "本机已确认为您的考试电脑。")
PROVISIONAL = Text(
    "Not confirmed yet: connect to the internet; no interview opens before the portal has confirmed.",
    "待平台确认：请保持联网，确认前不能进入面试。",
)
ASKING = Text("Asking the portal…", "正在与考生平台核对…")
ASKED = Text("Checked with the portal just now.", "已与考生平台核对。")
NOT_ASKED = Text(
    "The portal did not answer ({code}). You can go on; the client asks again at the next start.",
    "暂时无法连接考生平台（{code}），不影响继续使用，下次启动时将再次核对。",
)
SCHEDULE = Text("Schedule", "考试日程")
TIMES_IN = Text("All times are {zone.en}.", "以上均为{zone.zh}。")
OTHER_ZONE = Text(
    "All times are {zone.en}. This computer's zone is {own.en}: the exam goes by {zone.en}.",
    "以上均为{zone.zh}。本机时区为 {own.zh}，考试以{zone.zh}为准。",
)
STANDINGS = {
    "over": Text("Over", "已结束"),
    "running": Text("Now", "进行中"),
    "next": Text("Next", "下一项"),
    "later": Text("", ""),
}
REMINDERS = Text("Keep in mind", "请注意")
PHONE_FIRST = Text(
    "Before each interview log in to {companion} on the phone first, then here.",
    "每次面试前，请先登录手机端“{companion}”，再登录电脑端。",
)
DEVICE_CHANGE_AT_DESK = Text(
    "Changing computers: at the support desk, until {when}.",
    "如需更换电脑，请在 {when} 前到客服平台提交申请。",
)
DEVICE_CHANGE = Text(
    "Changing computers: by the hotline, until {when}.",
    "如需更换电脑，请在 {when} 前拨打技术服务热线。",
)
KEEP_UNTIL = Text(
    "Keep this client and its installer until {when}.",
    "{when} 前请勿卸载考生端或删除安装包。",
)
KEEP = Text(
    "Keep this client and its installer until the results are published.",
    "成绩公布前，请勿卸载考生端或删除安装包。",
)
CLOSE_IN_SESSION = Text(
    "The interview is running. If you close the client, the computer may go to sleep. Close it anyway?",
    "面试正在进行。关闭考生端后，电脑可能休眠或黑屏。确定要关闭吗？",
)
CLOSE_IN_UPLOAD = Text(
    "The recordings are not all uploaded yet. If you close the client, the upload may stop. Close it anyway?",
    "面试录像还没有传完。关闭考生端后，上传可能中断。确定要关闭吗？",
)
LOG_OUT = Text("Log out", "退出登录")

HELP = Text("Help", "求助")
HELP_TITLE = Text("Technical support", "技术支持")
HOTLINE = Text("Hotline", "技术服务热线")
HOURS = Text("Answered", "服务时间")
CALLS_FROM = Text("We call from these numbers only", "技术人员仅用以下号码致电")
NEVER_CALL_BACK = Text("Answer only; never call these numbers back.", "请注意接听，切勿回拨。")
SERVICE_DESK = Text("Service desk", "在线客服")
OPEN_SERVICE_DESK = Text("Open the service desk", "打开在线客服")
COPY = Text("Copy diagnostics", "复制诊断信息")
COPIED = Text("Copied", "已复制")
COPY_HINT = Text(
    "For support staff: versions, codes and checks; no personal data.",
    "仅含版本、代码和检测结果，不含个人信息。",
)
CLOSE = Text("Close", "关闭")
VERSION = Text("Version {build} · rules {charter}", "版本 {build} · 考试规则第 {charter} 版")
