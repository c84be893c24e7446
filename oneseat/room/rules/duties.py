"""Decides what each role of an operator may do in the exam room.

Roles of the service desk and roles of the room are two families. Those who help candidates by telephone see
no stream. Those who watch do not judge, and who judges afterwards does not watch meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from oneseat.state.accounts.operators import Role


class Duty(StrEnum):
    """Something that an operator may do in the room, or not."""

    LIST = "list"
    """See attempts, their state and events."""
    WATCH = "watch"
    """See the wall, live pictures and streams."""
    IDENTITY = "identity"
    """See photographs of faces and cards, and decide on an identity."""
    REMIND = "remind"
    """Send reminders, and write notes and marks."""
    PERMIT = "permit"
    """Allow a candidate to touch the phone or to leave the picture for a while."""
    REQUEST_END = "request-end"
    """Ask that an attempt is ended."""
    CONFIRM_END = "confirm-end"
    """End an attempt that somebody else asked to end."""
    REOPEN = "reopen"
    """Open an attempt again that was ended."""
    GROUPS = "groups"
    """Say who watches which group."""
    MEASURE = "measure"
    """Give or confirm an order that changes a session."""
    INCIDENT = "incident"
    """Tell candidates of an incident, and that it is over."""
    ANNOUNCE = "announce"
    """Say something to all candidates."""
    REVIEW = "review"
    """Look through attempts after a session."""
    JUDGE = "judge"
    """Record a judgement on an attempt."""
    EXPORT = "export"
    """Take evidence out of the room."""
    PERSONAL_DATA = "personal-data"
    """Answer what a person asks about data on them."""


_INVIGILATOR = {Duty.LIST, Duty.WATCH, Duty.IDENTITY, Duty.REMIND, Duty.PERMIT}
_LEAD = _INVIGILATOR | {Duty.GROUPS, Duty.REQUEST_END, Duty.INCIDENT}
_CHIEF = _LEAD | {Duty.CONFIRM_END, Duty.REOPEN, Duty.MEASURE, Duty.ANNOUNCE, Duty.REVIEW, Duty.EXPORT}
_SUPPORT = {Duty.LIST, Duty.IDENTITY, Duty.PERSONAL_DATA}

_DUTIES: Mapping[Role, frozenset[Duty]] = {
    Role.VIEWER: frozenset({Duty.LIST}),
    Role.SUPPORT: frozenset(_SUPPORT),
    Role.ADMIN: frozenset(_SUPPORT | {Duty.GROUPS, Duty.INCIDENT, Duty.MEASURE, Duty.ANNOUNCE, Duty.EXPORT}),
    Role.INVIGILATOR: frozenset(_INVIGILATOR),
    Role.LEAD: frozenset(_LEAD),
    Role.CHIEF: frozenset(_CHIEF),
    Role.JUDGE: frozenset({Duty.LIST, Duty.REVIEW, Duty.JUDGE, Duty.EXPORT}),
}


def may(role: Role, duty: Duty) -> bool:
    """Whether an operator of this role may do it."""
    return duty in _DUTIES[role]


def is_of_groups(role: Role) -> bool:
    """Whether operators of this role see the attempts of their own groups alone."""
    return role is Role.INVIGILATOR
