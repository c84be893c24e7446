"""Refusals of orders that change sessions on the day."""

from __future__ import annotations

from oneseat.portal.errors import PortalError
from signing.errors import ExitStatus
from signing.text import Text

_SIGN_ANEW = Text(
    "Give the order again in the exam room, which signs it.", "请在考场系统中重新下达该指令，由系统签名。"
)


class OrderUnverified(PortalError):
    """An order is damaged, or no key that the charter lists for orders has signed it."""

    number = 971
    exit_status = ExitStatus.INTEGRITY
    http_status = 403
    cause = Text("The order cannot be verified.", "该考务指令无法验证。")
    remedy = Text(
        "Use a key that the charter in force lists for orders.", "请使用现行考试规程所列的考务指令密钥。"
    )


class OrderOfOtherExam(PortalError):
    """An order is another exam's."""

    number = 972
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("The order is another exam's.", "该考务指令属于另一场考试。")
    remedy = _SIGN_ANEW


class OrderOfOnePerson(PortalError):
    """An order does not name two different persons."""

    number = 973
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("The order does not name two persons.", "该考务指令没有两名不同的下达人。")
    remedy = Text("Two persons have to give an order.", "考务指令须由两人共同下达。")


class OrderDiffers(PortalError):
    """The number of an order was used for another one."""

    number = 974
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("Order {order} is known with other content.", "第 {order} 号考务指令已存在，内容不同。")
    remedy = Text("Give it the next number: {next_number}.", "请改用下一个编号：{next_number}。")


class OrderOutOfTurn(PortalError):
    """An order's number is not the next one."""

    number = 975
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text(
        "Order {order} does not follow order {newest}.", "第 {order} 号考务指令不能接在第 {newest} 号之后。"
    )
    remedy = Text("Send the orders between them first.", "请先发送两者之间的考务指令。")


class OrderBeyondBounds(PortalError):
    """An order goes further than the charter allows, or comes too late."""

    number = 976
    exit_status = ExitStatus.FORBIDDEN
    http_status = 409
    cause = Text(
        "The order goes beyond what is allowed: {reason.en}.", "该考务指令超出允许范围：{reason.zh}。"
    )
    remedy = Text(
        "Stay within the bounds of the charter, or publish another charter.",
        "请在考试规程允许的范围内调整，或发布新的考试规程。",
    )
