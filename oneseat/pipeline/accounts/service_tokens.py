"""Creates, lists and revokes tokens of programs that call the portal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from oneseat.pipeline.project import Project
from oneseat.state.accounts import audit, service_tokens
from oneseat.state.accounts.service_tokens import Scope, Service
from oneseat.state.database import Database
from signing.text import legible

MAX_LABEL_CHARACTERS = 64
_ACTOR = "command line"


@dataclass(frozen=True)
class TokenSummary:
    """A token without its secret. Times are RFC 3339."""

    id: str
    label: str
    scopes: list[str]
    made_at: str
    expires_at: str
    state: str


@dataclass(frozen=True)
class NewToken(TokenSummary):
    """A new token with its secret text, which is shown only once."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class Tokens:
    """The service tokens of one project's exam, stored in its state database."""

    project: Project

    def make(self, label: str, scopes: Iterable[Scope], until: datetime | None) -> NewToken:
        """Create a token that is valid until ``until``, by default the exam's outermost date."""
        exam, now = self.project.exam, self.project.clock.now()
        name, ends = legible(label, MAX_LABEL_CHARACTERS), until or exam.ends
        with self._database().writing() as connection:
            new = service_tokens.make(connection, exam.id, name, scopes, now, ends)
            summary = _summary(new.service, now)
            facts: dict[str, audit.Fact] = {"token": summary.id, "scopes": " ".join(summary.scopes)}
            audit.append(connection, now, _ACTOR, "service-token.made", exam.id, facts)
        return NewToken(**vars(summary), token=new.token)

    def list_all(self) -> list[TokenSummary]:
        """List all tokens, oldest first."""
        now = self.project.clock.now()
        with self._database().reading() as connection:
            return [
                _summary(service, now)
                for service in service_tokens.list_all(connection, self.project.exam.id)
            ]

    def revoke(self, token_id: str) -> tuple[TokenSummary, bool]:
        """Revoke a token at once; the second value is False if it was revoked before.

        Raises:
            ServiceTokenUnknown: the exam has no such token.
        """
        exam, now = self.project.exam.id, self.project.clock.now()
        with self._database().writing() as connection:
            service, changed = service_tokens.revoke(connection, exam, token_id, now)
            if changed:
                audit.append(connection, now, _ACTOR, "service-token.revoked", exam, {"token": service.id})
        return _summary(service, now), changed

    def _database(self) -> Database:
        # Not created: a portal host has no authority ring, which has the rehearsal mark of a new one.
        return Database.open(self.project.state_url)


def _summary(service: Service, now: datetime) -> TokenSummary:
    unrevoked = "good" if service.good_at(now) else "expired"
    state = unrevoked if service.revoked_at is None else "revoked"
    made_at, expires_at = (at.isoformat(timespec="seconds") for at in (service.made_at, service.expires_at))
    return TokenSummary(service.id, service.label, sorted(service.scopes), made_at, expires_at, state)
