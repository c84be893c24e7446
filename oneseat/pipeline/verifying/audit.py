"""Verifies the audit log's hash chain, alone or against an older signed audit head."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.project import Project
from oneseat.pipeline.verifying.errors import AuditHeadUnusable
from oneseat.state.accounts import audit
from oneseat.state.accounts.audit import AUDIT_HEAD_TYP, AuditHead
from signing import jws
from signing.authority.keys import portal_public_keys
from signing.errors import OneSeatError
from signing.os_faults import system_reason
from signing.text import Text

MAX_HEAD_BYTES = 4096


@dataclass(frozen=True)
class VerifiedLog:
    """A verified log: its length, its last digest in hexadecimal, and the older head's length."""

    entries: int
    digest: str
    against_entries: int | None


def verify(project: Project, against: Path | None = None) -> VerifiedLog:
    """Verify the exam's log from its first entry.

    ``against`` is an audit head that the operators' desk exported earlier. It reveals
    entries that were cut off since, and a log that was written anew.

    Raises:
        AuditBroken: an entry does not match its digest.
        AuditTruncated: the log is shorter than the older head, or differs from it.
        AuditHeadUnusable: the file is not an audit head of this exam.
        StateAbsent: there is no state database.
        StateUnavailable: the state database does not answer.
    """
    older = None if against is None else _read_head(project, against)
    with project.state.reading() as connection:
        entries, digest = audit.verify(connection, older)
    return VerifiedLog(entries, digest.hex(), None if older is None else older.entries)


def _read_head(project: Project, path: Path) -> AuditHead:
    """Read an audit head that this exam's portal signed, with its present key or a retired one."""
    try:
        token = path.read_bytes()[: MAX_HEAD_BYTES + 1].decode("ascii").strip()
    except OSError as error:
        raise AuditHeadUnusable(file=path.name, reason=system_reason(error)) from None
    except UnicodeDecodeError:
        raise AuditHeadUnusable(file=path.name, reason=Text("it is not a token", "不是签名文件")) from None
    listed = portal_public_keys(project.workspace.portal_keys).get("activation", [])
    try:
        claims = jws.verify(token, AUDIT_HEAD_TYP, {jws.thumbprint(key): key for key in listed})
        head = AuditHead(int(claims["entries"]), bytes.fromhex(claims["digest"]))
    except (KeyError, TypeError, ValueError):
        raise AuditHeadUnusable(file=path.name, reason=Text("it is not a head", "不是签名摘要")) from None
    except OneSeatError as error:
        raise AuditHeadUnusable(file=path.name, reason=error.cause_text.clause()) from None
    if claims["exam"] != project.exam.id:
        raise AuditHeadUnusable(file=path.name, reason=Text("it is another exam's", "它属于另一场考试"))
    return head
