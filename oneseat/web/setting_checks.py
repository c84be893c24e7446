"""Checks of settings that web servers share, and the reasons that their refusals give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Protocol, TypeVar

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from signing import urls
from signing.errors import OneSeatError
from signing.text import Text, untranslated

_Settings = TypeVar("_Settings", bound=BaseModel)
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HostName = Annotated[str, Field(max_length=253, pattern=rf"^{_LABEL}(\.{_LABEL})*$")]
"""A host name as browsers send it: lower-case, without a port (RFC 1123)."""


class SettingRefusal(Protocol):
    """A refusal that names a setting and says why its value is not usable."""

    def __call__(self, *, setting: str, reason: Text) -> OneSeatError:
        """Make the refusal."""
        ...


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


def validated(model: type[_Settings], values: Mapping[str, object], refusal: SettingRefusal) -> _Settings:
    """Validate ``values`` as settings.

    Raises:
        OneSeatError: a value is not usable. ``refusal`` names the first such, without its value.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        setting = ".".join(str(part) for part in fault["loc"] if not isinstance(part, int))
        raise refusal(setting=setting, reason=reason_of(fault)) from None


def reason_of(fault: ErrorDetails) -> Text:
    """The reason of a validation fault: the text that our validators raised, or pydantic's own message."""
    raised = fault.get("ctx", {}).get("error")
    own = raised.args[0] if isinstance(raised, ValueError) and raised.args else None
    return own if isinstance(own, Text) else untranslated(fault["msg"])
