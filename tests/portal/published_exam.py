"""A small exam, published for real: rings, charter, signed base, seats, store and state."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import SecretBytes
from sqlalchemy import delete

from oneseat.pipeline.publishing.stamped_file import write_stamped
from oneseat.portal.app import create_app
from oneseat.portal.settings import ExamSettings, PortalSettings
from oneseat.state.accounts import service_tokens
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.artefacts import PHONE
from oneseat.state.candidates import attendance, login_budget, seat_support, seat_terms, seats, term_rows
from oneseat.state.candidates.attendance import AttendanceRecord
from oneseat.state.database import Database
from oneseat.state.issuing import licences
from oneseat.state.publishing import charters as charter_state
from oneseat.state.publishing import releases
from oneseat.state.tables.publishing import PublishedCharter
from oneseat.store import base_name, open_store
from oneseat.web.serving import listen
from signing import binding
from signing.authority.keys import AUTHORITY, PORTAL, KeyRing
from signing.authority.manifest import Manifest
from signing.authority.sealed_terms import TermsSealer
from signing.authority.sealing import seal
from signing.authority.signer import sign_token
from signing.charter import TYP, Charter, CharterKey, ExamRoom, PhoneTerms, RoomTerms, Window
from signing.charter import verify as verify_charter
from signing.clock import FixedClock
from signing.jws import b64url_encode
from signing.tokens import VERSION, Licence, PhoneLicence
from tests import charters
from tests.serving import in_thread
from tests.signing.signed_files import Base
from tests.simulator import Candidate, Person

EXAM = "test"
BUILD = "build-1"
PHONE_BUILD = "phone-1"
PASSPHRASE = b"only for tests"
OWN_ROOM = ExamRoom("https://room.example/enter", "", "oneseat", "https://room.example")
ROOM_TERMS = RoomTerms((bytes(32),), 180, 600, 60, 600, 259200)
OPENS, CLOSES = charters.at(4, 10), charters.at(5, 23)
GRACE = timedelta(minutes=30)
SECOND = timedelta(seconds=1)
INSIDE = charters.at(4, 12)


@dataclass(frozen=True)
class Keys:
    """Two rings, made once for the whole test run: opening one costs a tenth of a second a secret."""

    folder: Path
    authority: KeyRing
    portal: KeyRing

    @classmethod
    def make(cls, folder: Path, *, rehearsal: bool = False) -> Keys:
        made = charters.at(1, 0)
        authority = KeyRing.create(folder / "authority", PASSPHRASE, AUTHORITY, made, rehearsal=rehearsal)
        shared = {name: authority.secret(name) for name in ("delivery", "pepper")}
        portal = KeyRing.create(
            folder / "portal", PASSPHRASE, PORTAL, made, rehearsal=rehearsal, shared=shared
        )
        return cls(folder, authority, portal)

    @property
    def root_public_key(self) -> str:
        return b64url_encode(self.authority.signer("root").public_key)


class PublishedExam:
    """The exam in a folder. Everything the authority does is done by hand here, in a few lines."""

    def __init__(
        self,
        folder: Path,
        keys: Keys,
        base: Base,
        *,
        rehearsal: bool = False,
        state: str | None = None,
        fast_path: bool = True,
    ) -> None:
        self.folder = folder
        self.fast_path = fast_path
        self.state = state or str(folder / "state.db")
        self.keys = keys
        self.base = base.path
        self.manifest: Manifest = replace(base.manifest, exam=EXAM, build=BUILD)
        self.exam_secret = keys.authority.secret("exam")
        self.pepper = keys.authority.secret("pepper")
        self.delivery = keys.authority.secret("delivery")
        self.licence_signer = keys.authority.signer("licence")
        self.database = Database.create(self.state, rehearsal=rehearsal)
        self.people = [Person.number(serial) for serial in range(1, 9)]
        self.charter = self._charter()

    def _charter(self) -> Charter:
        public = (
            CharterKey("licence", self.keys.authority.signer("licence").public_key),
            CharterKey("activation", self.keys.portal.signer("activation").public_key),
            CharterKey("ticket", self.keys.portal.signer("ticket").public_key),
        )
        return replace(
            charters.charter(*public, exam=EXAM, builds=(BUILD,)),
            download=Window(OPENS, CLOSES),
            download_grace_s=int(GRACE.total_seconds()),
        )

    def publish_charter(self, **changes: Any) -> None:
        self.charter = replace(self.charter, **changes)
        token = sign_token(self.keys.authority.signer("root"), TYP, self.charter.claims())
        with self.database.writing() as connection:
            charter_state.publish(connection, EXAM, self.charter.version, token, charters.at(2, 0))

    def licence(self, person: Person, generation: int = 1, **changes: Any) -> str:
        """A licence for a person, as the authority signs it."""
        jti = self.jti(person, generation)
        tag = binding.seat_tag(self.seat_key(person, generation), person.id_number, person.admission_number)
        issued = int(charters.at(2, 0).timestamp())
        licence = Licence(
            exam=EXAM,
            jti=jti,
            build=BUILD,
            base=self.manifest.authenticode_sha256,
            seat=b64url_encode(tag),
            iat=issued,
            nbf=issued,
            exp=int(self.charter.ends.timestamp()),
            v=VERSION,
        )
        return sign_token(self.licence_signer, Licence.TYP, replace(licence, **changes).claims())

    def jti(self, person: Person, generation: int = 1) -> str:
        return binding.derive_jti(self.exam_secret, person.admission_number, generation)

    def seat_key(self, person: Person, generation: int = 1) -> bytes:
        return binding.derive_seat_key(self.exam_secret, self.jti(person, generation))

    def issue(self, *people: Person, generation: int = 1) -> int:
        """Write the people's seats (or, for a later generation, re-issue them); the edition's id."""
        rows = [self._row(person, generation) for person in people]
        with self.database.writing() as connection:
            edition = licences.edition(
                connection, EXAM, self.manifest.authenticode_sha256, BUILD, self.charter.ends
            )
            write = licences.add_seats if generation == 1 else licences.advance_seats
            write(connection, EXAM, edition.id, rows)
        return edition.id

    def _row(self, person: Person, generation: int) -> licences.NewLicence:
        jti = self.jti(person, generation)
        return licences.NewLicence(
            person.admission_number,
            generation,
            jti,
            binding.login_tag(self.pepper, person.name, person.id_number, person.admission_number),
            seal(self.delivery, self.seat_key(person, generation), jti.encode()),
            self.licence(person, generation),
        )

    def give_terms(
        self,
        person: Person,
        *,
        session: int | None = None,
        paper: str | None = None,
        extra_minutes: int = 0,
        adjustments: tuple[str, ...] = (),
    ) -> None:
        """Give a seat what a roster would."""
        sealer, number = TermsSealer(self.delivery, EXAM), person.admission_number
        sealed = term_rows.SealedTerms(
            session,
            paper,
            sealer.seal_extra(number, extra_minutes),
            sealer.seal_adjustments(number, adjustments),
        )
        with self.database.writing() as connection:
            given = [term_rows.NewTerms(number, sealed)]
            seat_terms.replace(connection, EXAM, sealed._fields, given, charters.at(3, 0))

    def publish(self, edition: int) -> None:
        name = base_name(self.manifest.base_sha256)
        open_store(self.folder / "store").put(name, self.base, self.manifest.base_sha256)
        file = releases.BaseFile(self.manifest.base_sha256, name, self.manifest.to_json().decode())
        with self.database.writing() as connection:
            releases.publish(connection, EXAM, edition, file, charters.at(2, 12))

    def publish_phone(self, apk: Base, terms: PhoneTerms) -> Manifest:
        """Publish the same release with a phone app, and a charter that asks for phones in our room."""
        manifest = replace(apk.manifest, exam=EXAM, build=PHONE_BUILD)
        name = base_name(manifest.base_sha256, manifest.artefact)
        open_store(self.folder / "store").put(name, apk.path, manifest.base_sha256)
        file = releases.BaseFile(manifest.base_sha256, name, manifest.to_json().decode())
        with self.database.writing() as connection:
            current = releases.current(connection, EXAM)
            assert current is not None
            edition = licences.edition(
                connection, EXAM, manifest.authenticode_sha256, PHONE_BUILD, self.charter.ends, PHONE
            )
            tokens = [(person, self.phone_licence(person, manifest)) for person in self.people]
            rows = [
                licences.NewLicence(person.admission_number, 0, self.jti(person), b"", b"", token)
                for person, token in tokens
            ]
            licences.add_licences(connection, EXAM, edition.id, rows)
            base = releases.BaseFile(current.base_sha256, current.object_name, current.manifest)
            shown = releases.ShownFile(edition.id, file)
            releases.publish(connection, EXAM, current.edition_id, base, charters.at(3, 0), shown)
        self.publish_charter(
            version=self.charter.version + 1, phone=terms, exam_room=OWN_ROOM, room=ROOM_TERMS
        )
        return manifest

    def phone_licence(self, person: Person, manifest: Manifest) -> str:
        """A phone licence for a person, as the authority signs it."""
        keys = {self.licence_signer.kid: self.licence_signer.public_key}
        licence = Licence.verify(self.licence(person), keys)
        phone = {**licence.claims(), "build": PHONE_BUILD, "base": manifest.authenticode_sha256}
        return sign_token(self.licence_signer, PhoneLicence.TYP, phone)

    def publish_again_as_new_release(self) -> None:
        """Flip to a new release of the same base, as a portal that just started would see it."""
        with self.database.writing() as connection:
            current = releases.current(connection, EXAM)
            assert current is not None
            file = releases.BaseFile(current.base_sha256, current.object_name, current.manifest)
            releases.publish(connection, EXAM, current.edition_id, file, charters.at(3, 0))

    def withdraw(self) -> None:
        """Take the installers away, as `unpublish` does."""
        with self.database.writing() as connection:
            current = releases.current(connection, EXAM)
            assert current is not None
            releases.withdraw(connection, current, charters.at(6, 0))

    def revoke(self, person: Person) -> None:
        """Withdraw a seat."""
        with self.database.writing() as connection:
            seats.revoke(connection, EXAM, self.jti(person), INSIDE, "test")

    def service_token(self, *scopes: Scope, exam: str = EXAM, life: timedelta = timedelta(days=30)) -> str:
        """A token for a program, as the command line makes it."""
        with self.database.writing() as connection:
            made = service_tokens.make(connection, exam, "test", scopes, INSIDE, INSIDE + life)
        return made.token

    def places(self, person: Person) -> tuple[AttendanceRecord, ...]:
        """The sessions that the person has a place in."""
        with self.database.reading() as connection:
            return attendance.find_by_seat(connection, EXAM, person.admission_number)

    def move(self, person: Person, at: datetime, generation: int = 1) -> None:
        """Take the person's seat from its computer, as support does."""
        with self.database.writing() as connection:
            seat_support.retire_device(connection, EXAM, self.jti(person, generation), at)

    def unpublish_charter(self) -> None:
        """Take every charter away, as in a state that was never published to."""
        with self.database.writing() as connection:
            connection.execute(delete(PublishedCharter))

    def reset_budget(self, person: Person) -> None:
        """What support does after it has spoken with somebody."""
        with self.database.writing() as connection:
            jti = self.jti(person)
            login_budget.reset_seat(connection, self.pepper, EXAM, person.admission_number, jti)

    def verified(self, token: str) -> Charter:
        """A charter token, when the root key signed it."""
        return verify_charter(token, self.keys.authority.signer("root").public_key)

    def window(self, closes: datetime) -> Window:
        """The download window with another end."""
        return Window(OPENS, closes)

    def publish_everything(self) -> PublishedExam:
        self.publish_charter()
        self.publish(self.issue(*self.people))
        return self

    def exam_settings(self, **changes: Any) -> ExamSettings:
        plain: dict[str, Any] = {
            "exam": EXAM,
            "keys": self.keys.folder / "portal",
            "passphrase": SecretBytes(PASSPHRASE),
            "root_public_key": self.keys.root_public_key,
            "state": self.state,
            "store": str(self.folder / "store"),
        }
        return ExamSettings(**{**plain, **changes})

    def settings(self, **changes: Any) -> PortalSettings:
        plain: dict[str, Any] = {
            "exams": (self.exam_settings(),),
            "refusal_floor_s": 0,
            "public_url": "http://127.0.0.1:1",
            "fast_path": self.fast_path,
        }
        return PortalSettings(**{**plain, **changes})

    def stamped(self, person: Person) -> bytes:
        """The installer that the person must get, byte for byte, made by the stamper itself."""
        target = self.folder / "expected.exe"
        write_stamped(Base(self.base, self.manifest).stamper, self.licence(person).encode(), target)
        return target.read_bytes()


@dataclass
class Running:
    """A portal that listens, whose clock a test may move."""

    url: str
    clock: FixedClock
    app: FastAPI

    def at(self, moment: datetime) -> None:
        """Move the portal's clock."""
        self.clock.at = moment

    def candidate(self, person: Person) -> Candidate:
        return Candidate(self.url, EXAM, person)


@contextlib.contextmanager
def running(settings: PortalSettings, clock: FixedClock) -> Iterator[Running]:
    """A real uvicorn on a free loopback port."""
    with listen("127.0.0.1", 0) as listener:
        url = "http://127.0.0.1:{1}".format(*listener.getsockname())
        app = create_app(settings.model_copy(update={"public_url": url}), clock)
        with in_thread(app, listener, app.state.streams.close):
            yield Running(url, clock, app)
