"""The small exam's own portal: a real server, whose charter names it, and whose seats the tests hold.

with portal_of(small_exam, folder, people) as portal:
portal.introduce(computer)
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from oneseat.portal.settings import ExamSettings
from oneseat.state.publishing import charters as charter_state
from signing.authority.signer import sign_token
from signing.charter import TYP, Charter, CharterKey
from signing.clock import FixedClock
from signing.jws import b64url_encode
from tests.e2e.exam import EXAM_SECRET, Candidate, SmallExam
from tests.e2e.wine import TestedComputer
from tests.portal.published_exam import EXAM, Keys, PublishedExam, running
from tests.signing.signed_files import Base
from tests.simulator import Person


def person(candidate: Candidate) -> Person:
    """A candidate as in the portal's roster: with a name."""
    return Person("测试考生", candidate.id_number, candidate.admission_number)


class SmallPublishedExam(PublishedExam):
    """Imports base, root and licence keys, and secret of the small exam."""

    def __init__(self, folder: Path, keys: Keys, small_exam: SmallExam, people: Sequence[Candidate]) -> None:
        self.small_exam = small_exam
        self.candidates = {one.admission_number: one for one in people}
        super().__init__(folder, keys, Base(small_exam.base.path, small_exam.base.manifest))
        self.manifest = small_exam.base.manifest
        self.exam_secret = EXAM_SECRET
        self.people = [person(one) for one in people]

    def _charter(self) -> Charter:
        rules = self.small_exam.rules
        own = (
            CharterKey("activation", self.keys.portal.signer("activation").public_key),
            CharterKey("ticket", self.keys.portal.signer("ticket").public_key),
        )
        return replace(rules, version=rules.version + 1, keys=(*rules.keys, *own))

    @property
    def charter_token(self) -> str:
        """Sign the charter with the small exam's root key."""
        return sign_token(self.small_exam.root, TYP, self.charter.claims())

    def publish_charter(self, **changes: Any) -> None:
        self.charter = replace(self.charter, **changes)
        with self.database.writing() as connection:
            now = datetime.now(UTC)
            charter_state.publish(connection, EXAM, self.charter.version, self.charter_token, now)

    def licence(self, person: Person, generation: int = 1, **changes: Any) -> str:
        return self.small_exam.licence(self.candidates[person.admission_number], **changes)

    def exam_settings(self, **changes: Any) -> ExamSettings:
        root = b64url_encode(self.small_exam.root.public_key)
        return super().exam_settings(**{"root_public_key": root, **changes})


@dataclass(frozen=True)
class SmallPortal:
    """The running portal."""

    exam: SmallPublishedExam

    def introduce(self, computer: TestedComputer) -> None:
        """Leave the charter that names the portal on a computer, as an enrolment there would have.

        The base carries an earlier one, made before anybody knew on which port the portal would listen.
        """
        folder = computer.drive / "ProgramData" / "OneSeat" / EXAM
        folder.mkdir(parents=True)
        (folder / "charter.jws").write_text(self.exam.charter_token, "ascii")

    def charter_of_a_past_exam(self) -> str:
        """A newer charter, as the portal delivers it, by which the client is needed no longer."""
        over = datetime.now(UTC) - timedelta(minutes=1)
        self.exam.publish_charter(version=self.exam.charter.version + 1, keep_until=over)
        return self.exam.charter_token

    def revoke(self, candidate: Candidate) -> None:
        """Revoke a seat."""
        self.exam.revoke(person(candidate))

    def move(self, candidate: Candidate) -> None:
        """Release a seat from its computer, as support does."""
        self.exam.move(person(candidate), datetime.now(UTC))


@contextlib.contextmanager
def portal_of(small_exam: SmallExam, folder: Path, people: Sequence[Candidate]) -> Iterator[SmallPortal]:
    """Publish the small exam for some people, and serve it on a free loopback port."""
    exam = SmallPublishedExam(folder, Keys.make(folder / "keys"), small_exam, people)
    exam.publish_everything()
    with running(exam.settings(), FixedClock(datetime.now(UTC))) as portal:
        exam.publish_charter(version=exam.charter.version + 1, portal_url=portal.url)
        yield SmallPortal(exam)
