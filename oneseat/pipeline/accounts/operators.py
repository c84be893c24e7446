"""Manages accounts of the operators' desk: add, list, disable, change password."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.accounts.errors import (
    OperatorNameInvalid,
    OperatorTaken,
    OperatorUnknown,
    PasswordRefused,
)
from oneseat.pipeline.project import Project
from oneseat.state.accounts import audit, credentials, operators
from oneseat.state.accounts.operators import NewOperator, Operator, Role
from oneseat.state.database import Database
from signing.authority.keys import PORTAL, KeyRing
from signing.os_faults import system_reason
from signing.text import Text

_ACTOR = "command line"


@dataclass(frozen=True)
class Account:
    """An account without secrets. ``totp_address`` is set once, when a TOTP secret is generated."""

    name: str
    role: str
    state: str
    totp: bool
    last_login: str | None
    totp_address: str | None = None


@dataclass(frozen=True)
class Accounts:
    """The operators of one project's exam.

    They are stored in the exam's state database. A TOTP secret is sealed under the portal ring's
    pepper, so only ``totp`` needs the passphrase.
    """

    project: Project

    def add(self, name: str, role: Role, password: str, *, totp: bool) -> Account:
        """Add an account.

        Raises:
            OperatorNameInvalid: an operator cannot have that name.
            OperatorTaken: there is an operator of that name.
            PasswordRefused: the password is missing or too easy to guess.
        """
        if not operators.NAME.fullmatch(name):
            raise OperatorNameInvalid(name=name[:40])
        hashed = _hash(name, password)
        secret = credentials.new_totp_secret() if totp else None
        exam, now = self.project.exam.id, self.project.clock.now()
        new = NewOperator(exam, name, role, hashed, self._seal(name, secret))
        database = self._database()
        with database.writing() as connection:
            if not operators.add(connection, new, now):
                raise OperatorTaken(name=name)
            facts: dict[str, audit.Fact] = {"operator": name, "role": str(role), "totp": totp}
            audit.append(connection, now, _ACTOR, "operator.added", exam, facts)
        return self._summary(database, name, secret)

    def list_all(self) -> list[Account]:
        """List all accounts, by name."""
        with self._database().reading() as connection:
            return [_account(operator) for operator in operators.list_all(connection, self.project.exam.id)]

    def set_role(self, name: str, role: Role) -> Account:
        """Give an account another role, and end all its logins.

        Raises:
            OperatorUnknown: there is no operator of that name.
        """
        exam, now = self.project.exam.id, self.project.clock.now()
        database = self._database()
        with database.writing() as connection:
            before = self._require(operators.find(connection, exam, name), name).role
            operators.set_role(connection, exam, name, role)
            facts: dict[str, audit.Fact] = {"operator": name, "role": str(role), "before": str(before)}
            audit.append(connection, now, _ACTOR, "operator.role", exam, facts)
        return self._summary(database, name, None)

    def disable(self, name: str, *, undo: bool = False) -> Account:
        """Disable an account at once, or enable it again.

        Raises:
            OperatorUnknown: there is no operator of that name.
        """
        exam, now = self.project.exam.id, self.project.clock.now()
        database = self._database()
        with database.writing() as connection:
            self._require(operators.find(connection, exam, name), name)
            operators.set_disabled(connection, exam, name, None if undo else now)
            act = "operator.enabled" if undo else "operator.disabled"
            audit.append(connection, now, _ACTOR, act, exam, {"operator": name})
        return self._summary(database, name, None)

    def change(self, name: str, password: str, *, totp: bool | None) -> Account:
        """Change an operator's password and end all their logins.

        ``totp``: True generates a new secret, False removes it, None keeps it.

        Raises:
            OperatorUnknown: there is no operator of that name.
            PasswordRefused: the password is missing or too easy to guess.
        """
        exam, now = self.project.exam.id, self.project.clock.now()
        database = self._database()
        with database.reading() as connection:
            self._require(operators.find(connection, exam, name), name)
        hashed = _hash(name, password)
        secret = credentials.new_totp_secret() if totp else None
        sealed = self._seal(name, secret)
        with database.writing() as connection:
            before = self._require(operators.find(connection, exam, name), name)
            operators.set_password(connection, exam, name, hashed)
            audit.append(connection, now, _ACTOR, "operator.password", exam, {"operator": name})
            if totp is not None:
                operators.set_totp(connection, exam, name, sealed)
            act = _second_factor_act(before, sealed) if totp is not None else None
            if act is not None:
                audit.append(connection, now, _ACTOR, act, exam, {"operator": name})
        return self._summary(database, name, secret)

    def _database(self) -> Database:
        """Open the state database; create it if needed, since accounts may precede the first licence."""
        project = self.project
        rehearsal = bool(KeyRing.read_index(project.workspace.portal_keys).get("rehearsal"))
        return Database.create(project.state_url, rehearsal=rehearsal)

    def _seal(self, name: str, secret: bytes | None) -> bytes | None:
        if secret is None:
            return None
        ring = KeyRing.open(self.project.workspace.portal_keys, self.project.passphrase, PORTAL)
        return credentials.seal_totp(ring.secret("pepper"), self.project.exam.id, name, secret)

    def _summary(self, database: Database, name: str, secret: bytes | None) -> Account:
        exam = self.project.exam.id
        with database.reading() as connection:
            operator = self._require(operators.find(connection, exam, name), name)
        return _account(operator, credentials.totp_address(secret, exam, name) if secret else None)

    @staticmethod
    def _require(operator: Operator | None, name: str) -> Operator:
        if operator is None:
            raise OperatorUnknown(name=name[:40])
        return operator


def _second_factor_act(before: Operator, sealed: bytes | None) -> str | None:
    """The audit log's word for a changed second factor; None where there was none before or after."""
    if sealed is not None:
        return "operator.totp-set"
    return "operator.totp-removed" if before.sealed_totp is not None else None


def read_password(path: Path) -> str:
    """Read a password from the first line of a file.

    Raises:
        PasswordRefused: the file cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        reason = system_reason(error) if isinstance(error, OSError) else Text("not UTF-8", "不是 UTF-8 编码")
        raise PasswordRefused(reason=reason.about(path.name)) from None


def _hash(name: str, password: str) -> str:
    reason = credentials.password_weakness(name, unicodedata.normalize("NFC", password))
    if reason is not None:
        raise PasswordRefused(reason=reason)
    return credentials.hash_password(password)


def _account(operator: Operator, totp_address: str | None = None) -> Account:
    return Account(
        name=operator.name,
        role=str(operator.role),
        state="active" if operator.disabled_at is None else "disabled",
        totp=operator.sealed_totp is not None,
        last_login=operator.last_login_at.isoformat(timespec="seconds") if operator.last_login_at else None,
        totp_address=totp_address,
    )
