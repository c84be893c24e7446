"""Verifying the audit log, alone or against an older signed head of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.project import Project
from oneseat.pipeline.verifying.errors import AuditHeadUnusable
from oneseat.state.accounts import audit
from oneseat.state.accounts.audit import AUDIT_HEAD_TYP, AuditHead
from oneseat.state.database import Database
from signing import jws
from signing.authority.keys import portal_public_keys
from signing.errors import OneSeatError

MAX_HEAD_BYTES = 4096


@dataclass(frozen=True)
class Verified:
    """A log that holds: its length, its last digest in hexadecimal, and the head it was held against."""

    entries: int
    digest: str
    against_entries: int | None


def verify(project: Project, against: Path | None = None) -> Verified:
    """Walk the exam's log from its first entry.

    With ``against``, a head that the desk exported earlier, entries that were cut off
    since, or a log that was written anew, show too.

    Raises:
        AuditBroken, AuditTruncated: the log does not hold.
        AuditHeadUnusable: the older head is none of this exam's.
        StateAbsent, StateUnavailable: there is no log to be read.
    """
    older = None if against is None else _opened(project, against)
    database = Database.open(project.state_url)
    with database.reading() as connection:
        entries, digest = audit.verify(connection, older)
    return Verified(entries, digest.hex(), None if older is None else older.entries)


def _opened(project: Project, path: Path) -> AuditHead:
    """The head in a file, when this exam's portal signed it (with its present key or a retired one)."""
    try:
        token = path.read_bytes()[: MAX_HEAD_BYTES + 1].decode("ascii").strip()
    except OSError as error:
        raise AuditHeadUnusable(file=path.name, reason=error.strerror) from None
    except UnicodeDecodeError:
        raise AuditHeadUnusable(file=path.name, reason="it is not a token") from None
    listed = portal_public_keys(project.workspace.portal_keys).get("activation", [])
    try:
        claims = jws.verify(token, AUDIT_HEAD_TYP, {jws.thumbprint(key): key for key in listed})
        head = AuditHead(int(claims["entries"]), bytes.fromhex(claims["digest"]))
    except (KeyError, TypeError, ValueError):
        raise AuditHeadUnusable(file=path.name, reason="it is not a head") from None
    except OneSeatError as error:
        raise AuditHeadUnusable(file=path.name, reason=error.cause_text.en.rstrip(".")) from None
    if claims["exam"] != project.exam.id:
        raise AuditHeadUnusable(file=path.name, reason="it is another exam's")
    return head
