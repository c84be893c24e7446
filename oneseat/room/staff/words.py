"""The words of operators' pages: states, reasons, steps and events, in both languages."""

from __future__ import annotations

from oneseat.room.rules import clauses, endings
from oneseat.room.rules.identity import Identity
from oneseat.room.rules.steps import Step
from oneseat.state.room.attempt_list import Shown
from signing import seat_terms
from signing.text import Text

STATES = {
    Identity.UNDECIDED: Text("undecided", "待核验"),
    Identity.PASSED: Text("passed", "通过"),
    Identity.DOUBTFUL: Text("doubtful", "存疑"),
    Identity.REJECTED: Text("rejected", "不通过"),
}
REASON_WORDS = {
    "agrees": Text("Face, card and registration agree", "人脸、证件和报名信息一致"),
    "checked-otherwise": Text("Checked in another way", "已用其他方式核验"),
    "unclear": Text("A photograph is not clear", "照片不清晰"),
    "covered": Text("Glasses, mask or hair cover the face", "眼镜、口罩或头发遮挡"),
    "expired": Text("The document has expired", "证件过期"),
    "other-document": Text("Another document than accepted", "不是规定的证件"),
    "unchecked": Text("Name and number are not confirmed", "姓名和号码未与报名信息核对一致"),
    "no-photo": Text("There is no photograph", "没有照片"),
    "other-person": Text("Face and card are two persons", "人脸与证件不是同一人"),
    "other-card": Text("The card is another person's", "证件不是报名者本人的"),
    "not-a-person": Text("A picture of a picture, not a person", "翻拍，不是真人"),
    "other": Text("Other (see the note)", "其他（请写备注）"),
}
RETAKE_WORDS = {
    "dark": Text("Too dark", "光线太暗"),
    "glare": Text("Glare on glasses or document", "眼镜或证件反光"),
    "blurred": Text("Not sharp", "照片不清晰"),
    "covered": Text("Hat, mask or hair cover the face", "帽子、口罩或头发遮挡"),
    "cut": Text("Face or document not whole", "人脸或证件没有拍全"),
    "document": Text("Not an accepted document", "不是规定的证件"),
}
ADJUSTMENTS = seat_terms.ADJUSTMENTS
SHOWN = {
    Shown.ALL: Text("all", "全部"),
    Shown.UNDECIDED: Text("undecided", "待核验"),
    Shown.DOUBTFUL: Text("doubtful", "存疑"),
    Shown.REJECTED: Text("rejected", "不通过"),
    Shown.PASSED: Text("passed", "通过"),
    Shown.SILENT: Text("not heard for a minute", "1 分钟无响应"),
}
STEPS = {
    Step.CONSENT: Text("consent", "告知"),
    Step.PHONE: Text("phone", "手机端"),
    Step.DEVICES: Text("devices", "设备检查"),
    Step.IDENTITY: Text("identity", "人证核验"),
    Step.ROOM: Text("rules", "考场要求"),
    Step.BEGIN: Text("before begin", "待开始"),
    Step.WAITING: Text("waiting", "候考"),
    Step.QUESTIONS: Text("answering", "作答"),
    Step.HAND_IN: Text("handing in", "待交卷"),
    Step.UPLOADING: Text("uploading", "上传中"),
    Step.COMPLETE: Text("complete", "交卷完成"),
    Step.REFUSED: Text("ended", "已结束"),
}
PAUSED = Text("paused", "暂停中")
STREAMS = {
    "camera": Text("camera", "摄像头"),
    "screen": Text("screen", "屏幕"),
    "phone": Text("phone", "手机"),
}
SOURCES = {
    "page": Text("page", "网页"),
    "client": Text("client", "考生端"),
    "room": Text("room", "考场"),
    "phone": Text("phone", "手机端"),
}
CLAUSES = clauses.CLAUSES
ENDINGS = endings.REASONS
GAPS = {
    "seam": Text("between two takes", "两段录制衔接处"),
    "unknown": Text("cause unknown", "原因不明"),
    "stopped": Text("recording ended", "录制结束"),
    "rescued": Text("the window was closed or the computer failed", "页面关闭或电脑中断"),
}
"""Causes of gaps that are no events of their own."""
OPENERS = {
    "desk": Text("service desk", "客服"),
    "candidate": Text("candidate", "考生"),
    "system": Text("room", "考场"),
    "invigilator": Text("invigilator", "监考员"),
}
PERMISSIONS = {
    "call": Text("a call of the service desk", "接听客服来电"),
    "leave": Text("leave, before the start", "暂离画面（开考前）"),
    "phone": Text("see to the phone's fault", "处理手机故障"),
    "handle": Text("touch the phone", "操作手机"),
    "away": Text("leave the picture", "离开画面"),
}
EVENTS = {
    "entered": Text("Entered", "进入考场"),
    "joined": Text("Window opened", "打开考试页面"),
    "consented": Text("Agreed", "同意告知"),
    "consent-declined": Text("Disagreed", "不同意告知"),
    "devices-finished": Text("Devices checked", "设备检查完成"),
    "identity-finished": Text("Identity sent", "人证核验已提交"),
    "identity-asked-again": Text("New photographs asked for", "请考生重新拍照"),
    "identity-carried-over": Text("Identity passed in the mock", "模拟时已通过核验"),
    "paper-given": Text("Paper given", "已发试卷"),
    "phone-finished": Text("Phone is there", "手机端已就绪"),
    "phone-entered": Text("Phone logged in", "手机端登录"),
    "phone-moved": Text("Another phone took over", "已换用另一部手机"),
    "phone-consented": Text("Agreed on the phone", "手机端同意告知"),
    "phone-swept": Text("Room filmed by phone", "手机端环拍完成"),
    "phone-placed": Text("Phone in its place", "手机已放好"),
    "phone-fault": Text("Fault of the phone", "手机端异常"),
    "phone-well": Text("Phone well again", "手机端恢复正常"),
    "filming-again": Text("Phone films again after an end", "结束后手机恢复录像"),
    "phone-promised": Text("Phone has recorded all", "手机端录像结束"),
    "room-finished": Text("Rules acknowledged", "已阅读考场要求"),
    "unwatched": Text("Nobody watched the group", "考场分组无人监看"),
    "watched-again": Text("The group is watched again", "考场分组恢复监看"),
    "guard-silent": Text("Monitoring not heard", "考试监测中断"),
    "events-full": Text("Further events were dropped", "事件过多，其余未记录"),
    "sleep": Text("Computer slept", "电脑睡眠"),
    "quota-low": Text("Little disk space", "磁盘空间不足"),
    "quota-stop": Text("Disk full, recording stopped", "磁盘已满，录像停止"),
    "upload-fault": Text("Upload failed, tried again", "上传失败，自动重试"),
    "began": Text("Mock begun", "开始模拟"),
    "bulletin": Text("Measure or announcement shown", "显示措施或公告"),
    "bulletin-shown": Text("Shown on the page", "页面已显示公告"),
    "bulletin-read": Text("Read by the candidate", "考生点了“已读”"),
    "answer-in-pause": Text("An answer of the paused time, kept", "暂停期间的作答（已保存）"),
    "times-moved": Text("Times moved by a measure, charter or roster", "考试时间已调整"),
    "handed-in": Text("Handed in", "交卷"),
    "help-elsewhere": Text("Called about a request from elsewhere", "就其他途径的求助回电"),
    "completed": Text("Everything is stored", "录像全部收到"),
    "take-began": Text("Recording began", "开始录制"),
    "take-ended": Text("Recording ended", "录制中断或结束"),
    "black-picture": Text("Black picture", "画面全黑"),
    "frozen": Text("Frozen picture", "画面不动"),
    "picture-back": Text("Picture back", "画面恢复"),
    "silent": Text("No sound", "没有声音"),
    "sound-back": Text("Sound back", "声音恢复"),
    "hidden": Text("Page left", "离开考试页面"),
    "visible": Text("Page in front again", "回到考试页面"),
    "call": Text("Phone rang", "手机来电"),
    "screen-off": Text("Screen went off", "手机息屏"),
    "background": Text("Another app in front", "切换到其他应用"),
    "foreground": Text("App in front again", "回到手机端"),
    "low-battery": Text("Battery low", "手机电量低"),
    "track-muted": Text("Camera or microphone taken away", "摄像头或麦克风被占用"),
    "track-unmuted": Text("Camera or microphone back", "摄像头或麦克风恢复"),
    "track-ended": Text("Camera or microphone interrupted", "摄像头或麦克风中断"),
    "storage-failed": Text("Recordings cannot be stored", "无法保存录像"),
    "window-blur": Text("Other window in front", "切换到其他窗口"),
    "print-screen": Text("Print screen key", "按了截屏键"),
    "end-requested": Text("Ending asked for", "申请结束本场"),
    "end-declined": Text("Ending declined", "结束本场未获确认"),
    "ended": Text("Ended by two persons", "两人确认结束本场"),
    "reopened": Text("Opened again", "重新开放"),
    "repeated": Text("Another session instead", "改为另场重考"),
    "repeats": Text("Repeats an earlier session", "另场重考"),
    "note-written": Text("Note written", "已写监考记录"),
    "marked": Text("Suspicion marked", "标记疑似违纪"),
    "mark-withdrawn": Text("Mark withdrawn", "撤回疑似违纪标记"),
    "reminder-sent": Text("Reminder sent", "已发送提醒"),
    "reminder-shown": Text("Reminder shown", "考生页面已显示提醒"),
    "reminder-read": Text("Reminder read", "考生已读提醒"),
    "permission-opened": Text("Permission opened", "许可开始"),
    "permission-ended": Text("Permission ended", "许可结束"),
    "virtual-camera": Text("Virtual camera", "虚拟摄像头"),
    "refused": Text("Call refused", "请求被拒"),
    "surface-wrong": Text("Not the entire screen", "共享的不是整个屏幕"),
}
"""Events by their codes. One that is not listed is shown by its code."""


def event_words(code: str) -> Text:
    """What an event is called."""
    return EVENTS.get(code, Text(code, code))
