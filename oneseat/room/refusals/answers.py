"""Refusals of an answer's content: its question is none of the paper, or its value does not fit it."""

from __future__ import annotations

from oneseat.room.errors import ENTER_AGAIN, RoomError
from signing.errors import ExitStatus
from signing.text import Text


class QuestionUnknown(RoomError):
    """An answer names a question that the attempt's paper does not have."""

    number = 2040
    exit_status = ExitStatus.INPUT
    http_status = 409
    cause = Text("The paper has no such question.", "试卷中没有这道题。")
    remedy = ENTER_AGAIN


class AnswerUnfit(RoomError):
    """An answer's value does not fit its question: the kind, the options, their number, or the length."""

    number = 2041
    exit_status = ExitStatus.INPUT
    http_status = 409
    cause = Text("The answer does not fit the question.", "作答内容与题目要求不符。")
    remedy = ENTER_AGAIN
