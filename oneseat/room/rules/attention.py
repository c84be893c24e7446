"""How much attention events ask for when attempts are looked through: an order to look in, no judgement."""

from __future__ import annotations

from enum import StrEnum


class Attention(StrEnum):
    """How soon a person should look at an event."""

    SERIOUS = "serious"
    NOTABLE = "notable"


SERIOUS = frozenset(
    {
        "clipboard-picture",
        "guard-fork",
        "guard-gap",
        "print-screen",
        "remote-session",
        "software",
        "surface-wrong",
        "virtual-camera",
    }
)
NOTABLE = frozenset(
    {
        "answer-in-pause",
        "background",
        "black-picture",
        "browser-windows",
        "call",
        "clock-changed",
        "displays",
        "frozen",
        "guard-silent",
        "hidden",
        "phone-fault",
        "phone-moved",
        "quota-stop",
        "screen-off",
        "screens",
        "silent",
        "sleep",
        "slept",
        "storage-failed",
        "track-ended",
        "track-muted",
        "window-blur",
    }
)


def attention_of(code: str) -> Attention | None:
    """How much attention an event of this code asks for; None where it is in the ordinary way."""
    if code in SERIOUS:
        return Attention.SERIOUS
    return Attention.NOTABLE if code in NOTABLE else None
