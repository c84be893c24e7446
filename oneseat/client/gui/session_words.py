"""Texts of the session pages, Chinese and English."""

from __future__ import annotations

from signing.text import Text

ENTER = Text("Enter the exam room", "进入考场")
AGAIN = Text("Open the exam room again", "重新进入考场")
ASKING = Text("Asking the portal…", "正在核验…")
OVER = Text("No session is left.", "全部场次已结束。")
NONE_LEFT = Text("No session is scheduled any more", "已无待进行的场次")

PHONE_FIRST = Text(
    "First log in to {companion} on the phone, then enter here.",
    "请先登录手机端“{companion}”，再从本页进入。",
)
MOCK_ONCE = Text(
    "One mock interview a day: go through the whole procedure, and hand in at the end.",
    "模拟面试每日限一次，请完整体验全部流程并在结束时交卷。",
)
FORMAL_ONCE = Text(
    "If power or network fails, log in again on this computer; the time goes on, and nothing is added.",
    "如遇断电断网，请在本机重新登录继续作答；考试时间不顺延。",
)
PLACE = Text(
    "A quiet, closed, well-lit room; chargers plugged in; antivirus, chat and remote tools stay away.",
    "请在安静、封闭、光线充足的房间内，电脑和手机接通电源，请勿再打开 QQ、微信等软件。",
)
NO_SHUTDOWN = Text(
    "An interview is running on this computer. Please do not shut it down or restart it.",
    "正在进行面试，请勿关机或重启。",
)
LET_IN = Text("You are let in, until {when}.", "已进入，本场至 {when} 结束。")
LET_IN_PAUSED = Text("You are let in, until {when} at the latest.", "已进入，本场最晚至 {when} 结束。")
OPENING = Text(
    "The browser is being opened…",
    "正在打开浏览器，请稍候…",
)
NOT_OPENED = Text("The browser did not open.", "浏览器没有打开。")
RETRY = Text("Open it again", "请点此重试")
COPY_ADDRESS = Text("Copy the address", "复制地址")
ADDRESS_COPIED = Text("Copied", "已复制")
BY_ADDRESS = Text(
    "Or paste this address into the browser's address bar:",
    "或将下面的地址粘贴到浏览器地址栏中打开：",
)
CONCERNS = Text(
    "The check of this computer found what must be fixed first:", "设备检测发现以下问题，请先处理："
)
CONCERNS_MOCK = Text(
    "Entering uses up the mock interview of this day.",
    "进入考场后，当天的模拟机会即被使用。",
)
TO_HEALTH = Text("Go to the check", "前往设备检测")
SEEN_WARN = Text(
    "Found: {found.en}. Please quit it. It is recorded, and decided after the exam; you can go on.",
    "检测到：{found.zh}。请退出。已记录，由考务人员考后认定，您可继续作答。",
)
SEEN_BLOCK = Text(
    "Not allowed in this exam: {found.en}. {advice.en} It is recorded, and decided after the exam.",
    "检测到考试不允许的情况：{found.zh}。{advice.zh}已记录，由考务人员考后认定。",
)
SLEPT = Text(
    "This computer was asleep: {when.en}. Recording had stopped; the time goes on.",
    "本机曾进入睡眠：{when.zh}。其间录制已中断，面试时间照常计算。",
)
AFTER_SLEEP = Text(
    "Keep the lid open and mains power connected, and go on in the exam room. If it does not respond, press "
    "“Open the exam room again” above.",
    "请勿合上笔记本屏幕，并接通电源，然后回到考场继续作答；考场没有反应的，请点上面的“重新进入考场”。",
)
STAY = Text(
    "The exam room opens beside this window. Leave this window open: it keeps computer and screen awake.",
    "考场已在新窗口打开。请勿关闭本窗口：面试期间由它保持电脑不休眠、不黑屏。",
)
TIME_FROM_PORTAL = Text("The countdown goes by the portal's time.", "倒计时以考生平台时间为准。")
TIME_FROM_COMPUTER = Text(
    "The portal has not answered yet: the countdown goes by this computer's clock.",
    "尚未与考生平台核对时间，倒计时暂以本机时间为准。",
)
CLOCK_MINUTES = 5
CLOCK_AHEAD = Text(
    "This computer's clock is {off.en} ahead of the portal's. Set it before the interview.",
    "本机时间比考生平台快{off.zh}，请在面试前校准。",
)
CLOCK_BEHIND = Text(
    "This computer's clock is {off.en} behind the portal's. Set it before the interview.",
    "本机时间比考生平台慢{off.zh}，请在面试前校准。",
)
