"""Refusals of the service desk: help requests of candidates, and operators' acts on them."""

from __future__ import annotations

from oneseat.portal.errors import PortalError
from signing.errors import ExitStatus
from signing.text import Text


class CallbackInvalid(PortalError):
    """The callback number is missing or is no telephone number."""

    number = 960
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("The number to call you at is not a telephone number.", "回电号码填写有误。")
    remedy = Text(
        "Write a number with 7 to 15 digits, or tick that you cannot take calls.",
        "请填写可以接听的手机或座机号码（座机请加区号）；不方便接听的，请勾选“无法接听电话”。",
    )


class WordsMissing(PortalError):
    """A request that cannot be called back, or whose reason is 'other', says nothing."""

    number = 961
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("The request does not say what is wrong.", "尚未写明遇到的问题。")
    remedy = Text("Describe it in a sentence or two.", "请用一两句话说明情况后重新提交。")


class HelpRequestUnknown(PortalError):
    """There is no help request of that number, or it belongs to somebody else."""

    number = 962
    exit_status = ExitStatus.INPUT
    http_status = 404
    cause = Text("There is no such help request.", "没有找到这个求助单。")
    remedy = Text(
        "Make a new one. Requests are deleted 30 days after they were closed.",
        "请重新提交求助。求助单在办结 30 天后自动删除。",
    )


class HelpLimited(PortalError):
    """Too many requests without a login came from one number or address, or are open altogether."""

    number = 963
    exit_status = ExitStatus.UNREACHABLE
    http_status = 429
    retry_after_s = 600
    cause = Text(
        "Too many help requests without a login came from this number or network.",
        "该号码或该网络未登录提交的求助过多，暂时不能再提交。",
    )
    remedy = Text(
        "Log in to the portal and make the request there, or call the hotline shown on this page.",
        "请登录考生平台后再提交求助，或拨打页面上的技术服务热线。",
    )


class HelpActRefused(PortalError):
    """The state of the request does not allow the act."""

    number = 964
    exit_status = ExitStatus.INPUT
    http_status = 409
    cause = Text(
        "The request has changed meanwhile; this act no longer fits.", "求助单的状态已变化，不能执行该操作。"
    )
    remedy = Text("Look at its present state and go on from there.", "请查看求助单的当前状态后再操作。")


class HelpHeldByOther(PortalError):
    """Another operator has claimed the request, or nobody has."""

    number = 965
    exit_status = ExitStatus.INPUT
    http_status = 409
    cause = Text(
        "You have not claimed this request, or your claim has lapsed.",
        "您尚未受理该求助单，或受理已超时失效。",
    )
    remedy = Text(
        "Claim it first. A claim lapses after five minutes without an act.",
        "请先点“受理”。受理后五分钟内没有操作的，自动退回队列。",
    )


class CandidateCheckDelayed(PortalError):
    """An operator has checked too many identities that did not match."""

    number = 967
    exit_status = ExitStatus.UNREACHABLE
    http_status = 429
    cause = Text(
        "Too many of your checks did not match; the next is possible in {wait_s} seconds.",
        "核对不一致的次数过多，请在 {wait_s} 秒后再试。",
    )
    remedy = Text("Ask the caller to read the details out again.", "请来电人对照证件重新报一遍信息。")


class HelpTextInvalid(PortalError):
    """What an operator wrote cannot be used."""

    number = 968
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("The text is empty or too long.", "内容为空或过长。")
    remedy = Text("Write 1 to 500 characters.", "请填写 1 至 500 个字。")


class CallingNumberUnknown(PortalError):
    """The number to call from is not one of those that candidates were told."""

    number = 969
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text(
        "That is not a number that candidates expect calls from.", "该号码不是向考生公布的来电号码。"
    )
    remedy = Text("Choose one of the numbers offered.", "请从列出的来电号码中选择。")
