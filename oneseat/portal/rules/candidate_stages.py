"""The words of a candidate's state: stages, next actions, deadlines, and the table of which go together.

``TABLE`` is the specification that :func:`oneseat.portal.rules.candidate_state.candidate_state` is tested
against, and that the reference shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """What a candidate has done, times what day it is. Each stage has one page."""

    MAINTENANCE = "maintenance"
    NO_RELEASE = "no-release"
    BEFORE = "before"
    WINDOW = "window"
    CLOSED = "closed"
    LATE_PERMISSION = "late-permission"
    BROKEN_OFF = "broken-off"
    LOST = "lost"
    UNCONFIRMED = "unconfirmed"
    MISSED = "missed"
    DOWNLOADED = "downloaded"
    BETWEEN = "between"
    MOCK_OPEN = "mock-open"
    MOCK_COUNTED = "mock-counted"
    AFTER_MOCKS = "after-mocks"
    BARRED = "barred"
    UNASSIGNED = "unassigned"
    INTERVIEW_DAY = "interview-day"
    TOO_LATE = "too-late"
    UPLOADING = "uploading"
    AFTER = "after"
    REVOKED = "revoked"


class Action(StrEnum):
    """The one thing to do next."""

    WAIT = "wait"
    PREPARE = "prepare"
    LOG_IN = "log-in"
    DOWNLOAD = "download"
    RESUME = "resume"
    INSTALL = "install"
    TAKE_MOCK = "take-mock"
    ENTER_INTERVIEW = "enter-interview"
    UPLOAD = "upload"
    KEEP = "keep"
    CALL = "call"


class DeadlineKind(StrEnum):
    """What happens at the one deadline that a page shows."""

    DOWNLOAD_OPENS = "download-opens"
    DOWNLOAD_CLOSES = "download-closes"
    PERMISSION_ENDS = "permission-ends"
    GRACE_ENDS = "grace-ends"
    MOCK_OPENS = "mock-opens"
    MOCK_CLOSES = "mock-closes"
    LOGIN_OPENS = "login-opens"
    LAST_LOGIN = "last-login"
    INTERVIEW_STARTS = "interview-starts"
    INTERVIEW_ENDS = "interview-ends"
    UPLOAD_ENDS = "upload-ends"
    KEEP_UNTIL = "keep-until"


class Offer(StrEnum):
    """What the page's download link gives. Anything but NONE means that the gate sends bytes now."""

    NONE = "none"
    START = "start"
    RESUME = "resume"
    AGAIN = "again"


class Outlook(StrEnum):
    """What the candidate can still reach, whatever they do now."""

    OPEN = "open"
    UNREHEARSED = "unrehearsed"
    NO_INTERVIEW = "no-interview"
    INTERVIEW_OVER = "interview-over"


@dataclass(frozen=True)
class Row:
    """One row of the table: when a stage applies, and which actions and deadlines it may have."""

    when: str
    actions: tuple[Action, ...]
    deadlines: tuple[DeadlineKind, ...] = ()
    may_lack_deadline: bool = False


_A, _D = Action, DeadlineKind

TABLE: Mapping[Stage, Row] = {
    Stage.MAINTENANCE: Row("The exam is under maintenance.", (_A.WAIT,)),
    Stage.NO_RELEASE: Row(
        "Not logged in. The window has opened and no installers are published: there is no login form.",
        (_A.WAIT, _A.CALL),
    ),
    Stage.BEFORE: Row("The next download window is still to open.", (_A.PREPARE,), (_D.DOWNLOAD_OPENS,)),
    Stage.WINDOW: Row(
        "The window is open, and no download was begun (or nobody is logged in).",
        (_A.LOG_IN, _A.DOWNLOAD),
        (_D.DOWNLOAD_CLOSES, _D.PERMISSION_ENDS),
    ),
    Stage.CLOSED: Row(
        "Not logged in, and no window is open. Candidates with a download or a permission may log in.",
        (_A.LOG_IN,),
        (_D.DOWNLOAD_OPENS,),
        may_lack_deadline=True,
    ),
    Stage.LATE_PERMISSION: Row(
        "No window is open; the desk allowed this candidate to download, and no download was begun.",
        (_A.DOWNLOAD,),
        (_D.PERMISSION_ENDS,),
    ),
    Stage.BROKEN_OFF: Row(
        "A download was begun and has not reached its end, and it may go on.",
        (_A.RESUME,),
        (_D.DOWNLOAD_CLOSES, _D.PERMISSION_ENDS, _D.GRACE_ENDS),
    ),
    Stage.LOST: Row(
        "A download was begun and never reached its end, and nothing may be downloaded any more.",
        (_A.CALL,),
    ),
    Stage.UNCONFIRMED: Row(
        "As lost, but a bucket sent the file, so the portal does not know whether it arrived.",
        (_A.INSTALL,),
    ),
    Stage.MISSED: Row("Logged in, no download was begun, and nothing may be downloaded.", (_A.CALL,)),
    Stage.DOWNLOADED: Row(
        "The download is complete, the window is open, and no mock is open to the candidate now.",
        (_A.INSTALL, _A.WAIT),
        (_D.MOCK_OPENS,),
    ),
    Stage.BETWEEN: Row(
        "The download is complete, the window has closed, and the next mock is to come.",
        (_A.INSTALL, _A.WAIT),
        (_D.MOCK_OPENS,),
    ),
    Stage.MOCK_OPEN: Row(
        "A mock is open to the candidate, who has not been through a whole one.",
        (_A.INSTALL, _A.TAKE_MOCK),
        (_D.MOCK_CLOSES,),
    ),
    Stage.MOCK_COUNTED: Row(
        "The candidate has been through a whole mock, and mocks go on.",
        (_A.INSTALL, _A.WAIT),
        (_D.LOGIN_OPENS,),
        may_lack_deadline=True,
    ),
    Stage.AFTER_MOCKS: Row(
        "No mock is to come, and the interview is on a later day.",
        (_A.INSTALL, _A.WAIT),
        (_D.LOGIN_OPENS,),
    ),
    Stage.BARRED: Row(
        "No mock is to come, the exam requires one, and the candidate took part in none.", (_A.CALL,)
    ),
    Stage.UNASSIGNED: Row(
        "The day of an interview. This project's room has several, and the candidate was given none.",
        (_A.CALL,),
    ),
    Stage.INTERVIEW_DAY: Row(
        "The day of the interview: until login opens, until the last login, until the start, until the end.",
        (_A.INSTALL, _A.WAIT, _A.ENTER_INTERVIEW),
        (_D.LOGIN_OPENS, _D.LAST_LOGIN, _D.INTERVIEW_STARTS, _D.INTERVIEW_ENDS),
    ),
    Stage.TOO_LATE: Row(
        "The interview is running, its last login has passed, and the candidate is not in it.", (_A.CALL,)
    ),
    Stage.UPLOADING: Row(
        "An interview, mock or formal, is handed in, and its recordings are not all uploaded. "
        "It is not the day of another interview.",
        (_A.UPLOAD,),
        (_D.UPLOAD_ENDS,),
    ),
    Stage.AFTER: Row(
        "The candidate has handed in, or all interviews are over; no recordings can be uploaded any more.",
        (_A.KEEP, _A.WAIT),
        (_D.KEEP_UNTIL,),
        may_lack_deadline=True,
    ),
    Stage.REVOKED: Row("The seat was revoked.", (_A.CALL,)),
}
