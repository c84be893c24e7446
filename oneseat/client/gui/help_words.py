"""Texts of the help request, Chinese and English."""

from __future__ import annotations

from signing.text import Text

TITLE = Text("Ask for help", "提交求助")
HINT = Text(
    "We work through requests in order, and call you back or answer here.",
    "我们按顺序处理，回电或在此文字答复。",
)
LOG_IN_FIRST = Text("Once logged in you can also ask for help here.", "登录后，也可在此提交求助。")
REASON = Text("What it is about", "遇到的问题")
REASONS = {
    "login": Text("Logging in", "登录不了"),
    "face": Text("Face check", "人脸核验不通过"),
    "device": Text("Camera, microphone, computer or phone", "摄像头、麦克风等设备问题"),
    "answering": Text("Answering questions", "作答时出现问题"),
    "upload": Text("Upload", "上传不成功"),
    "computer": Text("Changing the computer", "更换电脑"),
    "other": Text("Something else", "其他"),
}
CHOOSE = Text("Please choose", "请选择")
WORDS = Text("What happened", "情况说明")
CALLBACK = Text("Number to call you at", "回电号码")
TEXT_ONLY = Text("I cannot take calls; answer here", "无法接听电话，请在此文字答复")
CODES = Text(
    "Codes of errors and checks are sent along.",
    "同时发送错误代码和检测结果。",
)
SUBMIT = Text("Send", "提交求助")
SENDING = Text("Sending…", "正在提交…")
OWN = Text("Your request", "我的求助")
NUMBER = Text("No. {number}", "求助单号 {number}")
PLACE = Text("Place in the queue: {place}", "当前排在第 {place} 位")
WAIT = Text("about {minutes} minutes", "大约还需 {minutes} 分钟")
WILL_CALL = Text("We will call {callback}.", "我们将拨打 {callback} 与您联系。")
CALLS_FROM = Text("The call comes from: {numbers}", "来电号码：{numbers}")
ANSWER = Text("Answer: {words}", "答复：{words}")
ANSWERED_FROM = Text("worked through from {when.en} on", "{when.zh} 起按顺序处理")
INCIDENT_SINCE = Text("Known fault ({since.en}): {words}", "故障通报（{since.zh}）：{words}")
INCIDENT = Text("Known fault: {words}", "故障通报：{words}")
WITHDRAW = Text("Withdraw", "撤回求助")
KEPT_TITLE = Text("Not sent yet", "求助待发送")
KEPT = Text(
    "The portal cannot be reached, or has not confirmed this computer yet. The request is kept on this "
    "computer and sent as soon as it can be. If it is urgent, call the hotline.",
    "暂时连不上考生平台，或本机尚待平台确认。求助已保存在本机，连上后自动发送。情况紧急的，请直接拨打热线。",
)
PICTURES = Text("Pictures", "图片")
PICTURE_ADDED = Text("Picture {number} added", "图片 {number} 已添加")
PICTURE_WAITS = Text("Picture {number} waits to be sent", "图片 {number} 待发送")
PICTURE_FAILED = Text(
    "A picture was not sent. {cause.en} {remedy.en} ({code})", "图片未能发送。{cause.zh}{remedy.zh}（{code}）"
)
ADD_PICTURE = Text("Add a picture", "添加图片")
CHOOSE_PICTURE = Text("Choose a picture", "选择图片")
REMOVE_PICTURE = Text("Remove", "移除")
DISMISS = Text("OK", "知道了")
PICTURE_HINT = Text(
    "JPEG, PNG or WebP, at most 8 MB each, {most} at most. No questions of the exam, no identity documents, "
    "no bank cards.",
    "最多 {most} 张，支持 JPEG、PNG、WebP 格式，每张不超过 8 MB。请勿拍摄试题、证件和银行卡。",
)
PICTURES_FULL = Text(
    "There are {most} pictures, as many as a request may have.", "已有 {most} 张图片，不能再添加。"
)
PICTURES_NOT_NOW = Text(
    "While questions of the formal interview are answered, no picture is taken. Pictures can be added after "
    "{until.en}.",
    "正式面试作答期间不能添加图片，{until.zh} 后可以添加。",
)
PICTURES_STAY = Text("An operator has taken the request on: pictures stay.", "工作人员已受理，图片不能移除。")
LAST = Text("Last request, no. {number}: {status.en}", "上次求助（{number}）：{status.zh}")
UNHEARD = Text(
    "The portal did not answer ({code}); asked again every few seconds.",
    "平台暂未应答（{code}），自动重试中。",
)
