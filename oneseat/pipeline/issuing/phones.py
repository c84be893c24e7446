"""Issues phone licences: signs one for every seat whose newest installer licence has none, in chunks.

No roster is read: the seat tag of a phone licence is that of the seat's installer licence. A chunk is
written in one transaction, and only seats that lack a phone licence are read, so a process that was
killed is resumed by running it again. One process signs them all: verifying the installer's licence is
the larger part of the work, and together they take no longer than the installers' licences did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oneseat.pipeline.errors import OfOtherExam
from oneseat.pipeline.events import OnProgress, Progress, ignore
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.issuing.errors import StoredLicenceInvalid
from oneseat.pipeline.issuing.issuer import THE_PHONE_APP, lock_name
from oneseat.pipeline.issuing.run import issue_time
from oneseat.pipeline.issuing.worker import require_validity, shared_claims
from oneseat.pipeline.signing_clock import SigningTime, signing_time
from oneseat.pipeline.workers.interrupts import stoppable
from oneseat.state.accounts import audit
from oneseat.state.artefacts import PHONE
from oneseat.state.bulk import prepare_for_bulk
from oneseat.state.database import Database
from oneseat.state.issuing import licences, phone_licences
from oneseat.state.issuing.licence_rows import EditionRow, NewLicence
from oneseat.state.issuing.phone_licences import UnlicensedSeat
from signing import jws
from signing.authority.keys import KeyRing
from signing.authority.manifest import Manifest
from signing.authority.signer import TokenSeries
from signing.clock import Clock
from signing.errors import OneSeatError
from signing.text import Text
from signing.tokens import Licence, PhoneLicence

CHUNK = 1000
"""Licences a transaction."""

_OF_OTHER_SEAT = Text("it is another seat's", "它属于另一个席位")


@dataclass(frozen=True)
class PhonesIssued:
    """The result: how many phone licences were signed now, for which APK digest and build."""

    exam: str
    base: str
    build: str
    issued: int


@dataclass(frozen=True)
class PhoneIssuer:
    """Issues an exam's phone licences for one build of the phone app, beside those of one installer."""

    exam: Exam
    installer: Manifest
    phone: Manifest
    ring: KeyRing
    database: Database
    clock: Clock
    trust_clock: bool = False
    """Whether to sign although the clock is not plausible; see :mod:`oneseat.pipeline.signing_clock`."""

    def issue(self, on_progress: OnProgress = ignore) -> PhonesIssued:
        """Sign a phone licence for every seat that has an installer's licence and none for the phone.

        Raises:
            OfOtherExam: the phone app was built for another exam.
            ExamOver, ClockBehind: the clock is not plausible, and ``trust_clock`` is not set.
            LicenceNeverValid: the licences would end before they begin.
            StoredLicenceInvalid: a stored licence was not signed by this exam's key for its seat.
            RunInProgress: another process issues or publishes this exam.
            Stopped: a signal such as Ctrl-C asked for it; the chunks before are written.
        """
        if self.phone.exam != self.exam.id:
            raise OfOtherExam(what=THE_PHONE_APP, found=self.phone.exam, wanted=self.exam.id)
        with self.database.exclusive(lock_name(self.exam.id)):
            time = signing_time(self.clock, self.exam, self.database, trust_clock=self.trust_clock)
            installers, phones = self._editions(time)
            maker = _PhoneLicenceMaker.of(self.ring, phones, time)
            issued = self._sign_all(installers, maker, on_progress) if installers else 0
            if issued:
                self._record(issued)
        return PhonesIssued(self.exam.id, phones.base, phones.build, issued)

    def _editions(self, time: SigningTime) -> tuple[EditionRow | None, EditionRow]:
        """Return the installer's edition, None before its first licence, and the phone app's."""
        exam, installer, phone = self.exam, self.installer, self.phone
        with self.database.writing() as connection:
            prepare_for_bulk(connection)
            installers = licences.find_edition(
                connection, exam.id, installer.authenticode_sha256, installer.build, exam.ends
            )
            phones = licences.edition(
                connection, exam.id, phone.authenticode_sha256, phone.build, exam.ends, PHONE
            )
            time.record(connection, exam.id, "issue")
        return installers, phones

    def _sign_all(self, installers: EditionRow, maker: _PhoneLicenceMaker, on_progress: OnProgress) -> int:
        phones, after, issued = maker.edition, "", 0
        with self.database.reading() as connection:
            total = phone_licences.count_unlicensed(connection, installers.id, phones.id)
        with stoppable() as stop:
            while seats := self._read_chunk(installers, phones, after):
                new = maker.sign(seats)
                with self.database.writing() as connection:
                    licences.add_licences(connection, self.exam.id, phones.id, new)
                after, issued = seats[-1].jti, issued + len(new)
                on_progress(Progress(issued, 0, total))
                if stop.asked:
                    raise stop.stopped(issued)
        return issued

    def _read_chunk(self, installers: EditionRow, phones: EditionRow, after: str) -> list[UnlicensedSeat]:
        with self.database.reading() as connection:
            return phone_licences.find_unlicensed(connection, installers.id, phones.id, after, CHUNK)

    def _record(self, issued: int) -> None:
        with self.database.writing() as connection:
            facts = {"issued": issued}
            audit.append(connection, self.clock.now(), "pipeline", "issue.phone", self.exam.id, facts)


@dataclass(frozen=True)
class _PhoneLicenceMaker:
    """Signs the phone licences of one edition."""

    edition: EditionRow
    licence_keys: Mapping[str, bytes] = field(repr=False)
    series: TokenSeries = field(repr=False)

    @classmethod
    def of(cls, ring: KeyRing, edition: EditionRow, time: SigningTime) -> _PhoneLicenceMaker:
        """Create the maker of an edition's licences that are issued at a time.

        Raises:
            LicenceNeverValid: the licences would end before they begin.
        """
        issued_at = issue_time(time.at)
        require_validity(edition, issued_at)
        shared = shared_claims(edition, issued_at)
        series = TokenSeries(ring.signer("licence"), PhoneLicence.TYP, shared, ("jti", "seat"))
        return cls(edition, {jws.thumbprint(key): key for key in ring.public_keys("licence")}, series)

    def sign(self, seats: Sequence[UnlicensedSeat]) -> list[NewLicence]:
        """Sign the phone licences of seats.

        Raises:
            StoredLicenceInvalid: a stored licence was not signed by this exam's key for its seat.
        """
        return [
            NewLicence(seat.admission_number, 0, seat.jti, b"", b"", self._sign_one(seat)) for seat in seats
        ]

    def _sign_one(self, seat: UnlicensedSeat) -> str:
        # Only a seat tag that this key has signed before is signed again: who can write to the database
        # must not get a licence for a person of their choice.
        try:
            licence = Licence.verify(seat.token, self.licence_keys)
        except OneSeatError as refusal:
            raise StoredLicenceInvalid(jti=seat.jti, reason=refusal.cause_text.clause()) from None
        if (licence.exam, licence.jti) != (self.edition.exam, seat.jti):
            raise StoredLicenceInvalid(jti=seat.jti, reason=_OF_OTHER_SEAT)
        return self.series.sign({"jti": seat.jti, "seat": licence.seat})
