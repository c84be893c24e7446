"""Papers with all kinds of questions and materials, at the candidate's own pace and by the clock."""

from __future__ import annotations

import io
import struct
import wave

from PIL import Image, ImageDraw


def _picture() -> bytes:
    image = Image.new("RGB", (640, 300), "white")
    pen = ImageDraw.Draw(image)
    for place, height in enumerate((120, 180, 90, 210)):
        pen.rectangle((80 + 130 * place, 260 - height, 150 + 130 * place, 260), fill="#123e6d")
    pen.line((60, 260, 600, 260), fill="black", width=3)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _sound() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(struct.pack("<4000h", *((n * 400) % 8000 for n in range(4000))))
    return file.getvalue()


FILES = {"cases.png": _picture(), "caller.wav": _sound()}
"""What lies beside the papers."""

MIXED = """\
title = { zh = "测试试卷", en = "Test paper" }

[[questions]]
id = "q1"
kind = "choice"
text = { zh = "办事大厅排队的人很多，一位老人没有带身份证。您先怎么做？", en = "What do you do first?" }

[[questions.options]]
id = "a"
text = { zh = "请他回家取身份证", en = "Send him home for the card" }

[[questions.options]]
id = "b"
text = { zh = "帮他联系家人，或查询能不能用电子身份证", en = "Call his family, or try the electronic card" }

[[questions.options]]
id = "c"
text = { zh = "请他明天再来", en = "Ask him to come tomorrow" }

[[questions]]
id = "q2"
kind = "choice"
least = 2
most = 3
text = { zh = "根据材料，哪些说法正确？", en = "Which are right?" }

[[questions.materials]]
kind = "text"
text = { zh = "某区四个季度的办件量如下图。第四季度增加了窗口。", en = "Cases by quarter." }

[[questions.materials]]
kind = "picture"
file = "cases.png"
alt = { zh = "柱形图：四个季度办件量依次为 120、180、90、210 件。", en = "Bars: 120, 180, 90, 210 cases." }

[[questions.options]]
id = "a"
text = { zh = "第四季度最多", en = "The fourth has most" }

[[questions.options]]
id = "b"
text = { zh = "第三季度最少", en = "The third has least" }

[[questions.options]]
id = "c"
text = { zh = "第二季度比第一季度多", en = "The second has more than the first" }

[[questions.options]]
id = "d"
text = { zh = "全年不到 500 件", en = "The year has less than 500" }

[[questions]]
id = "q3"
kind = "text"
longest = 60
text = { zh = "请听录音，用一两句话写出来电人的要求。", en = "Listen, and write what the caller asks for." }

[[questions.materials]]
kind = "sound"
file = "caller.wav"
transcript = { zh = "您好，我想把户口迁到云南，要带什么材料？", en = "What do I need to move to Yunnan?" }

[[questions]]
id = "q4"
kind = "spoken"
text = { zh = "请谈谈对“为群众办实事”的理解。", en = "What does serving the people mean to you?" }
prepare_s = 30
answer_s = 90
"""

_TIMES = {"q1": (0, 120), "q2": (120, 240), "q3": (240, 360), "q4": (360, 600)}


def by_the_clock() -> str:
    """The same paper, where each question has its time after the start."""
    paper = MIXED.replace("\n\n[[questions]]", '\npace = "clock"\n\n[[questions]]', 1)
    for name, (begins, ends) in _TIMES.items():
        paper = paper.replace(f'id = "{name}"', f'id = "{name}"\nfrom_s = {begins}\nto_s = {ends}')
    return paper
