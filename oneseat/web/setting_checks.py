"""Checks of settings that web servers share, and the reasons that their refusals give."""

from __future__ import annotations

from pydantic_core import ErrorDetails

from signing import urls
from signing.text import Text, untranslated

_NOT_AN_ORIGIN = Text(
    "it needs http or https and a host, and nothing after them",
    "须为 http 或 https 加主机名，其后不能有其他内容",
)
_PLAIN_HTTP = Text("plain http is for loopback only: use https", "http 仅限本机，请使用 https")


def checked_origin(value: str | None) -> str | None:
    """An origin without a final slash: https, or http on loopback; None stays None.

    Raises:
        ValueError: it is anything else; its argument is the reason.
    """
    if value is None:
        return None
    address = urls.parse(value)
    if address is None or not address.is_origin:
        raise ValueError(_NOT_AN_ORIGIN)
    if not address.is_secure:
        raise ValueError(_PLAIN_HTTP)
    return value.rstrip("/")


def reason_of(fault: ErrorDetails) -> Text:
    """The reason of a validation fault: the text that our validators raised, or pydantic's own message."""
    raised = fault.get("ctx", {}).get("error")
    own = raised.args[0] if isinstance(raised, ValueError) and raised.args else None
    return own if isinstance(own, Text) else untranslated(fault["msg"])
