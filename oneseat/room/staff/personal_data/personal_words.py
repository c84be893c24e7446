"""The words of the pages about personal data, in both languages."""

from __future__ import annotations

from oneseat.room.rules.personal_requests import ACCESS, COPY, CORRECT, ERASE, GRANTED, PARTLY, REFUSED
from oneseat.state.tables.retention import EVENTS, IDENTITY, RECORDINGS, REQUESTS
from signing.text import Text

KINDS = {
    ACCESS: Text("to know what is kept", "查询"),
    COPY: Text("a copy", "复制"),
    CORRECT: Text("correction", "更正"),
    ERASE: Text("erasure", "删除"),
}
OUTCOMES = {
    GRANTED: Text("done", "已办理"),
    PARTLY: Text("partly done", "部分办理"),
    REFUSED: Text("not done", "不予办理"),
}
CLASSES = {
    RECORDINGS: Text("recordings of camera, screen and phone", "录像（摄像头、屏幕、手机）"),
    IDENTITY: Text(
        "photographs, name and number as typed, decisions", "人脸和证件照片、所填姓名和号码、核验结论"
    ),
    REQUESTS: Text("requests for help with the number to call", "求助和回电号码"),
    EVENTS: Text("attempt, answers, events, reviews, judgements", "考试记录、作答、事件、复核和认定"),
}
