"""The words of each candidate state: heading and text of its next action, and the label of its deadline.

Placeholders: ``until`` the deadline, ``begun`` the start of the download, ``product`` and ``companion``
the two clients, ``hotline``; and those of :mod:`oneseat.portal.pages.upload_words`. A text names ``until``
only where the state always has a deadline.
"""

from __future__ import annotations

from collections.abc import Mapping

from oneseat.portal.pages import upload_words
from oneseat.portal.pages.upload_words import Words
from oneseat.portal.rules.candidate_stages import Action, DeadlineKind, Outlook, Stage
from oneseat.portal.rules.candidate_state import CandidateState
from oneseat.portal.rules.ticket_rules import MockState
from signing.text import Text

_ORDER = Text(
    "Log in to {companion.en} on the phone first, then to {product.en} on the computer.",
    "请先登录手机端“{companion.zh}”，再登录电脑端“{product.zh}”。",
)
_INSTALL = Text(
    "Run the file that you downloaded, and type your ID number and admission number.",
    "请运行已下载的安装文件，输入证件号码和准考证号，完成安装。",
)
_CALL = Text(
    "Call the hotline {hotline} now; have your admission number at hand.",
    "请立即拨打技术服务热线 {hotline}，并准备好准考证号。",
)
_LEAVE_ALONE = Text(
    "Until then, leave computer and phone as they are: no updates, no new software.",
    "在此之前请勿更新系统、安装其他软件，保持电脑和手机现状。",
)


def _and(*parts: Text) -> Text:
    return Text(" ".join(part.en for part in parts), "".join(part.zh for part in parts))


_INSTALL_BEFORE_MOCK = Words(
    Text("Install the client", "请安装考生端"),
    _and(
        _INSTALL,
        Text("The next mock interview opens on {until.en}.", "下一次模拟面试将于 {until.zh} 开始。"),
    ),
)
_WAIT_FOR_MOCK = Words(
    Text("Next: the mock interview", "接下来：参加模拟面试"),
    _and(
        Text("The next mock interview opens on {until.en}.", "下一次模拟面试将于 {until.zh} 开始。"),
        _ORDER,
        Text("Go through all of it.", "请完整体验全过程。"),
    ),
)

WORDS: Mapping[tuple[Stage, Action], Words] = {
    (Stage.NO_RELEASE, Action.WAIT): Words(
        Text("The client is being prepared", "安装包正在准备"),
        Text(
            "The download has opened, and the installers are not ready yet. This is not your fault, "
            "and your "
            "details are not lost. Please come back a little later; this page reloads by itself.",
            "下载时间已到，安装包还在准备中，与您的报名信息无关。请稍后再来，本页会自动刷新。",
        ),
    ),
    (Stage.NO_RELEASE, Action.CALL): Words(
        Text("There is nothing to download", "目前没有可下载的安装包"),
        _and(
            Text("This exam's installers are not published.", "本场考试的安装包尚未发布。"),
            Text("Call the hotline {hotline}.", "请拨打技术服务热线 {hotline}。"),
        ),
    ),
    (Stage.BEFORE, Action.PREPARE): Words(
        Text("The download is not open yet", "下载尚未开放"),
        Text(
            "The download opens on {until.en}. Come back to this page then.",
            "下载通道将于 {until.zh} 开放，届时请回到本页下载考生端。",
        ),
    ),
    (Stage.WINDOW, Action.DOWNLOAD): Words(
        Text("Download the client", "请下载考生端"),
        Text(
            "Finish before {until.en}. A download that breaks off can be resumed.",
            "请在 {until.zh} 前完成下载。下载中断后可继续，不必重新开始。",
        ),
    ),
    (Stage.LATE_PERMISSION, Action.DOWNLOAD): Words(
        Text("Download the client", "请下载考生端"),
        Text(
            "The window has closed; after a check you may still download until {until.en}.",
            "下载时间已结束；经核实，您可在 {until.zh} 前单独下载。",
        ),
    ),
    (Stage.BROKEN_OFF, Action.RESUME): Words(
        Text("The download is not complete yet", "下载尚未完成"),
        Text(
            "You began it on {begun.en}. If the browser is downloading, wait for it. If it broke off, "
            "choose Resume "
            "in the browser's list of downloads (Ctrl+J), or use the button below. Finish before "
            "{until.en}.",
            "您于 {begun.zh} 开始下载，文件还没有传完。浏览器正在下载的，请等待；已中断的，"
            "请在浏览器的下载列表"
            "（Ctrl+J）中点“继续”，或点下面的按钮。请在 {until.zh} 前完成。",
        ),
    ),
    (Stage.LOST, Action.CALL): Words(
        Text("Your download was not completed", "您的下载没有完成"),
        _and(
            Text(
                "You began it on {begun.en}. It was not completed, and it cannot go on now.",
                "您于 {begun.zh} 开始下载，但没有下载完成，现在已不能继续下载。",
            ),
            _CALL,
        ),
    ),
    (Stage.UNCONFIRMED, Action.INSTALL): Words(
        Text("Your download is on record", "系统已记录您的下载"),
        Text(
            "You began it on {begun.en}; the time to download is over. Make sure that the whole file "
            "is on your "
            "computer, and install it. If it is missing or broken, call the hotline {hotline} now.",
            "您于 {begun.zh} 开始下载，下载时间已结束。请确认电脑上已有完整的安装文件，并尽快安装；"
            "没有安装文件或提示文件损坏的，请立即拨打技术服务热线 {hotline}。",
        ),
    ),
    (Stage.MISSED, Action.CALL): Words(
        Text("You did not download the client", "您没有下载考生端"),
        _and(
            Text(
                "The download has closed, and there is no record of a download of yours. Without a "
                "download there "
                "is no interview.",
                "下载通道已关闭，系统没有您的下载记录。未在规定时间内下载考生端的，无法参加正式面试。",
            ),
            _CALL,
        ),
    ),
    (Stage.DOWNLOADED, Action.INSTALL): _INSTALL_BEFORE_MOCK,
    (Stage.DOWNLOADED, Action.WAIT): _WAIT_FOR_MOCK,
    (Stage.BETWEEN, Action.INSTALL): _INSTALL_BEFORE_MOCK,
    (Stage.BETWEEN, Action.WAIT): _WAIT_FOR_MOCK,
    (Stage.MOCK_OPEN, Action.INSTALL): Words(
        Text("Install the client, then take the mock interview", "请安装考生端，并参加模拟面试"),
        _and(
            _INSTALL,
            Text(
                "The mock interview is open until {until.en}.",
                "模拟面试正在进行，{until.zh} 结束。",
            ),
        ),
    ),
    (Stage.MOCK_OPEN, Action.TAKE_MOCK): Words(
        Text("Take the mock interview", "请参加模拟面试"),
        _and(
            _ORDER,
            Text(
                "Go through all of it, from the login to the uploads, before {until.en}. One login a day.",
                "请在 {until.zh} 前完整体验登录、作答、录制、上传和交卷全过程。每人每天只能登录一次。",
            ),
        ),
    ),
    (Stage.MOCK_COUNTED, Action.INSTALL): Words(
        Text("Install the client", "请安装考生端"),
        _and(
            Text(
                "Your mock interview is complete, and no computer is activated.",
                "您已完成模拟面试，但目前没有已激活的电脑。",
            ),
            _INSTALL,
        ),
    ),
    (Stage.MOCK_COUNTED, Action.WAIT): Words(
        Text("Your mock interview is complete", "模拟面试已完成"),
        Text(
            "Next is the formal interview. Until then, leave computer and phone as they are: no "
            "updates, no new "
            "software.",
            "接下来是正式面试。在此之前请勿更新系统、安装其他软件，保持电脑和手机现状。",
        ),
    ),
    (Stage.AFTER_MOCKS, Action.INSTALL): Words(
        Text("Install the client now", "请尽快安装考生端"),
        _and(
            _INSTALL,
            Text(
                "Login to the formal interview opens on {until.en}.",
                "正式面试将于 {until.zh} 开放登录。",
            ),
        ),
    ),
    (Stage.AFTER_MOCKS, Action.WAIT): Words(
        Text("Next: the formal interview", "接下来：参加正式面试"),
        _and(
            Text(
                "Login to the formal interview opens on {until.en}.",
                "正式面试将于 {until.zh} 开放登录。",
            ),
            _LEAVE_ALONE,
        ),
    ),
    (Stage.BARRED, Action.CALL): Words(
        Text("You cannot take the formal interview", "您无法参加正式面试"),
        _and(
            Text(
                "The mock interviews are over, and there is no record that you took part. Without a "
                "mock there is "
                "no formal interview in this exam.",
                "模拟面试已结束，系统没有您参加模拟面试的记录。按本场考试规定，"
                "未参加模拟面试的考生无法参加正式面试。",
            ),
            _CALL,
        ),
    ),
    (Stage.INTERVIEW_DAY, Action.WAIT): Words(
        Text("Your interview is today", "今天是正式面试日"),
        _and(
            Text("Login opens at {until.en}.", "{until.zh} 开放登录。"),
            _ORDER,
            Text(
                "Have your ID document, one pen and one blank sheet ready.",
                "请准备好身份证件、一支笔和一张空白纸。",
            ),
        ),
    ),
    (Stage.INTERVIEW_DAY, Action.INSTALL): Words(
        Text("Install the client now: your interview is today", "今天正式面试，请立即安装考生端"),
        _and(
            _INSTALL,
            Text("If it does not work, call the hotline {hotline}.", "安装不成功的，请拨打 {hotline}。"),
        ),
    ),
    (Stage.INTERVIEW_DAY, Action.ENTER_INTERVIEW): Words(
        Text("Log in to the formal interview now", "请立即登录，参加正式面试"),
        _and(
            _ORDER,
            Text("After {until.en} nobody is let in.", "{until.zh} 截止登录，之后不能进入。"),
        ),
    ),
    (Stage.UNASSIGNED, Action.CALL): Words(
        Text("It is not recorded when your interview is", "系统中没有您的正式面试场次"),
        _and(
            Text(
                "This exam has several formal interviews, and it is not recorded which one is yours.",
                "本场考试的正式面试分为多个场次，系统没有记录您参加哪一场。",
            ),
            _CALL,
        ),
    ),
    (Stage.TOO_LATE, Action.CALL): Words(
        Text("The last login has passed", "已过截止登录时间"),
        _and(
            Text(
                "The formal interview has begun, and you did not log in in time.",
                "正式面试已经开始，您没有在截止时间前登录，不能再进入。",
            ),
            _CALL,
        ),
    ),
    (Stage.UPLOADING, Action.UPLOAD): upload_words.UPLOADING,
    (Stage.AFTER, Action.KEEP): Words(
        Text("The interview is over: keep the software", "面试已结束，请保留软件"),
        Text(
            "Do not uninstall or delete {product.en}, {companion.en} or their installer files, as long "
            "as the schedule "
            "says. If videos are still being uploaded, let them finish.",
            "在日程所列时间前，请勿卸载或删除“{product.zh}”“{companion.zh}”及安装文件。"
            "视频还没有全部上传成功的，"
            "请继续上传。",
        ),
    ),
    (Stage.AFTER, Action.WAIT): Words(
        Text("This exam is over", "本场考试已结束"),
        Text(
            "The time to keep the software is over as well: you may uninstall it.",
            "软件保留期也已结束，可以卸载。",
        ),
    ),
    (Stage.REVOKED, Action.CALL): Words(
        Text("This admission number has been withdrawn", "该准考证号已被取消本场考试资格"),
        _CALL,
    ),
}

_BY_DEADLINE: Mapping[tuple[Stage, Action, DeadlineKind], Words] = {
    (Stage.BROKEN_OFF, Action.RESUME, DeadlineKind.GRACE_ENDS): Words(
        Text("The download is not complete yet", "下载尚未完成"),
        Text(
            "The window has closed; a download begun in time may be finished until {until.en}.",
            "下载时间已结束；您已开始的下载可在 {until.zh} 前继续完成。",
        ),
    ),
    (Stage.INTERVIEW_DAY, Action.ENTER_INTERVIEW, DeadlineKind.INTERVIEW_STARTS): Words(
        Text("You are logged in to the formal interview", "您已登录正式面试"),
        Text(
            "It starts at {until.en}. Stay at the computer, in the picture of both cameras.",
            "面试将于 {until.zh} 开始。请留在电脑前，不要离开两个摄像头的画面。",
        ),
    ),
    (Stage.INTERVIEW_DAY, Action.ENTER_INTERVIEW, DeadlineKind.INTERVIEW_ENDS): Words(
        Text("The formal interview is running", "正式面试正在进行"),
        Text(
            "It ends at {until.en}. After a power cut, log in to the client again at once; no time is added.",
            "{until.zh} 交卷。如遇断电或退出，请立即重新登录考生端；考试时间不延长。",
        ),
    ),
}

LABELS: Mapping[DeadlineKind, Text] = {
    DeadlineKind.DOWNLOAD_OPENS: Text("The download opens in", "距离下载开放还有"),
    DeadlineKind.DOWNLOAD_CLOSES: Text("The download closes in", "距离下载截止还有"),
    DeadlineKind.PERMISSION_ENDS: Text("Your permission ends in", "距离您的下载期限还有"),
    DeadlineKind.GRACE_ENDS: Text("Time to finish the download", "距离您的下载期限还有"),
    DeadlineKind.MOCK_OPENS: Text("The mock interview opens in", "距离模拟面试开始还有"),
    DeadlineKind.MOCK_CLOSES: Text("This mock interview closes in", "距离本次模拟面试结束还有"),
    DeadlineKind.LOGIN_OPENS: Text("Login to the interview opens in", "距离正式面试开放登录还有"),
    DeadlineKind.LAST_LOGIN: Text("The last login is in", "距离截止登录还有"),
    DeadlineKind.INTERVIEW_STARTS: Text("The interview starts in", "距离面试开始还有"),
    DeadlineKind.INTERVIEW_ENDS: Text("The interview ends in", "距离面试结束还有"),
    DeadlineKind.UPLOAD_ENDS: Text("Time to upload", "距离上传截止还有"),
}
"""What a countdown is to. Nothing counts down to the date to keep software until."""

OUTLOOKS: Mapping[Outlook, Text] = {
    Outlook.NO_INTERVIEW: Text(
        "The mock interviews are over. Without one there is no formal interview in this exam, so "
        "downloading now "
        "does not let you take it. If in doubt, call the hotline {hotline}.",
        "模拟面试已结束。按本场考试规定，未参加模拟面试的考生无法参加正式面试，现在下载也不能参加。"
        "如有疑问，请拨打 {hotline}。",
    ),
    Outlook.UNREHEARSED: Text(
        "The mock interviews are over and you took part in none. If the equipment fails on the day, "
        "you cannot "
        "take part in the formal interview.",
        "模拟面试已结束，您没有参加。正式面试当天设备出现异常的，将无法参加正式面试。",
    ),
    Outlook.INTERVIEW_OVER: Text(
        "The formal interview of this exam is over: downloading now does not let you take it.",
        "本场考试的正式面试已结束，现在下载也不能参加。",
    ),
}

MOCKS: Mapping[MockState, Text] = {
    MockState.NOT_TAKEN: Text("not taken", "未参加"),
    MockState.STARTED: Text("taken, not finished", "已参加，未完成"),
    MockState.FINISHED: Text("finished", "已完成"),
}

_NOT_DOWNLOADED = (Stage.WINDOW, Stage.LATE_PERMISSION, Stage.BROKEN_OFF)


def words_of(state: CandidateState) -> Words:
    """The words of a state that a candidate's own page shows, or of one without a release."""
    if state.deadline is not None:
        special = _BY_DEADLINE.get((state.stage, state.action, state.deadline.kind))
        if special is not None:
            return special
    return upload_words.afterwards(state) or WORDS[state.stage, state.action]


def warning_of(state: CandidateState) -> Text | None:
    """What the next action will not give, where the heading does not say it already."""
    if state.stage in _NOT_DOWNLOADED or state.outlook is Outlook.UNREHEARSED:
        return OUTLOOKS.get(state.outlook)
    return None
