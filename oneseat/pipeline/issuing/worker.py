"""The worker side of issuing: check a chunk of roster rows, decide each row's act, sign licences.

A worker has no database. What is stored about a row's seat comes with the request, and
what is to be written goes back in the result. So the same code runs in this process, in
others, and on other computers. Names and ID numbers go to a worker and never come back.
"""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from oneseat.pipeline.issuing.errors import LicenceNeverValid
from oneseat.pipeline.roster.check import CheckedRow, RowChecker, Rules
from oneseat.pipeline.roster.columns import Columns
from oneseat.pipeline.roster.repeats import KEY_BITS
from oneseat.pipeline.roster.terms import RowTerms
from oneseat.pipeline.roster.workbooks import Row
from oneseat.pipeline.workers import pool
from oneseat.pipeline.workers.errors import WorkersUnusable
from oneseat.state.candidates.term_rows import NewTerms, SealedTerms
from oneseat.state.issuing.licence_rows import EditionRow, NewLicence
from signing import binding, jws
from signing.authority.errors import KeyRingBroken
from signing.authority.keys import AUTHORITY, KeyRing
from signing.authority.sealed_terms import TermsSealer
from signing.authority.sealing import Sealer
from signing.authority.signer import TokenSeries
from signing.text import Text
from signing.tokens import VERSION, Licence

FIRST_GENERATION = 1

CHECK, PLAN, ISSUE = "check", "plan", "issue"
"""How far a worker goes with a row: check its form, decide its act as well, or sign the licence too."""

ADDED, REFRESHED, RESPELT, CHANGED, ASKED, RETURNED, AHEAD, UNCHANGED, FAULTY, PASSED = "afscqbdu!-"
"""A row's act, one letter each: add a seat; refresh its licence; bring its login tag to the current normal
form of names; re-issue because the person changed, because it was asked for, because the person is back on
the roster, or because the licence is dated ahead; leave alone; leave out as faulty; skip, because a retry is
not about it."""

REISSUED = (CHANGED, ASKED, RETURNED, AHEAD)
"""Acts that give the seat a new generation."""

_KEY_BYTES = 8
_NO_PASSPHRASE = Text("they have no passphrase for the key folder", "没有密钥目录的口令")


class StoredSeat(NamedTuple):
    """The state's row of a seat.

    ``asked``: the operators' desk asked for a new licence. ``withdrawn``: the seat was withdrawn because an
    earlier roster did not name it. ``ahead``: the licence would be refused as not valid yet, because it
    was issued while the clock was ahead.
    """

    generation: int
    login_tag: bytes
    licensed: bool
    asked: bool
    withdrawn: bool = False
    ahead: bool = False


class ChunkRequest(NamedTuple):
    """What a worker gets: a chunk of rows and the stored seats behind them.

    ``only`` names the rows that a retry is about, None for all.
    """

    intent: str
    rows: list[Row]
    stored: dict[str, StoredSeat]
    only: frozenset[int] | None


class ChunkResult(NamedTuple):
    """What a worker returns, by the row's position in the chunk.

    ``keys`` are pairs of keyed hashes, of a row's ID number and of its admission
    number, 0 where there is none: the coordinator finds repeated numbers by them. Licences
    of a plan have a seat, a generation and a jti, and no token.
    """

    acts: str
    keys: bytes
    licences: list[tuple[int, NewLicence]]
    faults: dict[int, tuple[tuple[str, Text], ...]]
    mended: list[int]
    remarked: list[int]
    terms: list[tuple[int, NewTerms]]
    """Terms of rows to be issued, where the roster has columns for them."""


@dataclass(frozen=True)
class IssueJob:
    """Everything but the rows that a worker needs, without any secret.

    ``ring`` is the path of the key folder. ``kid`` is the licence key's: a worker whose
    ring has another one is refused.
    """

    rules: Rules
    columns: Columns
    edition: EditionRow
    issued_at: datetime
    ring: str
    kid: str


class _Person(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def id_number(self) -> str: ...

    @property
    def admission_number(self) -> str: ...


def require_validity(edition: EditionRow, issued_at: datetime) -> None:
    """Check that licences that are issued now would be valid at any time at all.

    Raises:
        LicenceNeverValid: they would end before they begin.
    """
    if issued_at >= edition.expires_at:
        raise LicenceNeverValid(exam=edition.exam, now=_utc(issued_at), ends=_utc(edition.expires_at))


def shared_claims(edition: EditionRow, issued_at: datetime) -> dict[str, str | int]:
    """The claims that all licences of an edition share; times are in seconds since 1970 (RFC 7519)."""
    at = int(issued_at.timestamp())
    return {
        "exam": edition.exam,
        "build": edition.build,
        "base": edition.base,
        "iat": at,
        "nbf": at,
        "exp": int(edition.expires_at.timestamp()),
        "v": VERSION,
    }


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


class LicenceMaker:
    """Signs the licences of one edition. Secrets are derived once for all candidates."""

    def __init__(self, ring: KeyRing, edition: EditionRow, issued_at: datetime) -> None:
        require_validity(edition, issued_at)
        self._secret = binding.ExamSecret(ring.secret("exam"))
        self._pepper = binding.KeyedHash(ring.secret("pepper"))
        delivery = ring.secret("delivery")
        self._sealer = Sealer(delivery)
        self._terms_sealer = TermsSealer(delivery, edition.exam)
        shared = shared_claims(edition, issued_at)
        self._licences = TokenSeries(ring.signer("licence"), Licence.TYP, shared, ("jti", "seat"))

    def login_tag(self, candidate: _Person) -> bytes:
        """Compute the keyed hash that the state keeps of a person, instead of name and ID number."""
        return binding.login_tag(
            self._pepper, candidate.name, candidate.id_number, candidate.admission_number
        )

    def is_same_person(self, candidate: _Person, stored_tag: bytes) -> bool:
        """Whether a stored login tag is this person's under any normal form of names."""
        name, id_number, number = candidate.name, candidate.id_number, candidate.admission_number
        return stored_tag in binding.login_tags(self._pepper, name, id_number, number)

    def plan_licence(self, candidate: _Person, generation: int, login_tag: bytes) -> NewLicence:
        """Compute the licence that :meth:`sign_licence` would return, without token and sealed key."""
        number = candidate.admission_number
        jti = binding.derive_jti(self._secret, number, generation)
        return NewLicence(number, generation, jti, login_tag, b"", "")

    def sign_licence(self, candidate: _Person, generation: int, login_tag: bytes) -> NewLicence:
        """Sign the candidate's licence, and seal the seat key that the portal hands out with it."""
        number = candidate.admission_number
        jti = binding.derive_jti(self._secret, number, generation)
        seat_key = binding.derive_seat_key(self._secret, jti)
        seat = binding.seat_tag(seat_key, candidate.id_number, number)
        token = self._licences.sign({"jti": jti, "seat": jws.b64url_encode(seat)})
        sealed = self._sealer.seal(seat_key, jti.encode("ascii"))
        return NewLicence(number, generation, jti, login_tag, sealed, token)

    def seal_terms(self, admission_number: str, terms: RowTerms) -> NewTerms:
        """Encrypt what of a row's terms is sensitive."""
        sealer = self._terms_sealer
        extra = sealer.seal_extra(admission_number, terms.extra_minutes)
        adjustments = sealer.seal_adjustments(admission_number, terms.adjustments)
        return NewTerms(admission_number, SealedTerms(terms.session, terms.paper, extra, adjustments))


class Envelope:
    """Encrypts and authenticates requests and results on their way over a network.

    The key is derived from the exam's secret, which only a process with the opened ring
    has. Since the seal also authenticates its sender, unpickling the content is safe.
    """

    def __init__(self, exam_secret: bytes) -> None:
        keyed = binding.KeyedHash(exam_secret)
        label = b"oneseat/batch-transport/v1"
        self._sealer = Sealer(keyed.digest_parts(label, b"1") + keyed.digest_parts(label, b"2"))

    def close(self, value: object) -> bytes:
        """Pickle and seal a value."""
        return self._sealer.seal(pickle.dumps(value, pickle.HIGHEST_PROTOCOL), b"")

    def open(self, sealed: bytes) -> Any:  # noqa: ANN401 -- any value may be sealed
        """Open and unpickle what :meth:`close` returned.

        Raises:
            SealBroken: it was sealed with another key, or changed since.
        """
        return pickle.loads(self._sealer.open(sealed, b""))  # noqa: S301 -- authenticated by the seal


class IssueWorker:
    """Processes chunks of one job, with the key ring opened."""

    def __init__(self, job: IssueJob, ring: KeyRing) -> None:
        if ring.entry("licence").kid != job.kid:
            raise KeyRingBroken(
                folder=ring.folder,
                reason=Text("its licence key is not the batch's", "其中的许可密钥与本批次不一致"),
            )
        self._checker = RowChecker(job.rules, job.columns)
        self._has_terms = bool(job.columns.terms)
        self._maker = LicenceMaker(ring, job.edition, job.issued_at)
        secret = ring.secret("exam")
        self.envelope = Envelope(secret)
        self._keyed = binding.KeyedHash(secret).digest_parts(b"oneseat/repeats/v1")

    def process(self, request: ChunkRequest) -> ChunkResult:
        """Check the rows of a chunk, decide their acts, and sign their licences."""
        keys, acts, check = array("Q"), list[str](), self._checker.check
        result = ChunkResult("", b"", [], {}, [], [], [])
        for position, (number, cells) in enumerate(request.rows):
            row = check(number, cells)
            keys.append(self.number_key(row.id_number))
            keys.append(self.number_key(row.admission_number))
            wanted = request.only is None or number in request.only
            if row.remark and not row.faults:
                result.remarked.append(position)
            if row.faults:
                result.faults[position] = tuple((fault.column, fault.reason) for fault in row.faults)
            elif row.mended and wanted:
                result.mended.append(position)
            acts.append(self._apply(request, position, row, result) if wanted else PASSED)
        return result._replace(acts="".join(acts), keys=keys.tobytes())

    def _apply(self, request: ChunkRequest, position: int, row: CheckedRow, result: ChunkResult) -> str:
        if row.faults:
            return FAULTY
        if request.intent == CHECK:
            return PASSED
        tag = self._maker.login_tag(row)
        act, generation = self._decide(request.stored.get(row.admission_number), row, tag)
        if self._has_terms and request.intent == ISSUE:
            result.terms.append((position, self._maker.seal_terms(row.admission_number, row.terms)))
        if act != UNCHANGED:
            # A tag in the current form needs no new licence, since licences hold no names.
            signs = request.intent == ISSUE and act != RESPELT
            make = self._maker.sign_licence if signs else self._maker.plan_licence
            result.licences.append((position, make(row, generation, tag)))
        return act

    def _decide(self, stored: StoredSeat | None, row: CheckedRow, tag: bytes) -> tuple[str, int]:
        """Decide the act of a sound row, and the generation of the licence that it takes."""
        if stored is None:
            return ADDED, FIRST_GENERATION
        respelt = stored.login_tag != tag
        if respelt and not self._maker.is_same_person(row, stored.login_tag):
            return CHANGED, stored.generation + 1
        if stored.asked or stored.withdrawn:
            return (ASKED if stored.asked else RETURNED), stored.generation + 1
        if not stored.licensed:
            return REFRESHED, stored.generation
        if stored.ahead:
            # Not under the same jti: what is published under it must not change before the next publication.
            return AHEAD, stored.generation + 1
        return (RESPELT if respelt else UNCHANGED), stored.generation

    def number_key(self, text: str) -> int:
        """Compute the keyed hash by which an ID number or admission number is found again; 0 for none."""
        if not text:
            return 0  # no number: 0 is never the key of one
        digest = blake2b(text.encode(), digest_size=_KEY_BYTES, key=self._keyed).digest()
        return int.from_bytes(digest, "big") >> (8 * _KEY_BYTES - KEY_BITS) or 1


def run_chunk(job: IssueJob, request: ChunkRequest | bytes) -> ChunkResult | bytes:
    """The function that workers run. Request and result are sealed where they travel over a network."""
    worker = worker_for(job)
    if isinstance(request, bytes):
        return worker.envelope.close(worker.process(worker.envelope.open(request)))
    return worker.process(request)


_open_rings: dict[str, KeyRing] = {}
_workers: dict[IssueJob, IssueWorker] = {}


@contextmanager
def preopened(ring: KeyRing) -> Iterator[None]:
    """Cache an opened ring for the block, so that this process need not open it a second time."""
    _open_rings[str(ring.folder)] = ring
    try:
        yield
    finally:
        _open_rings.clear()
        _workers.clear()


def worker_for(job: IssueJob) -> IssueWorker:
    """Return the job's worker: opened with the first chunk, and cached for the next ones.

    Raises:
        WorkersUnusable: this worker has no passphrase for the key folder.
        KeyMissing: the key folder lacks a key.
        KeyRingBroken: the key folder is damaged, or its licence key is not the job's.
        PassphraseWrong: the passphrase does not open the key folder.
    """
    if job not in _workers:
        _workers.clear()  # a process works for one job at a time
        ring = _open_rings.get(job.ring) or _open_ring(Path(job.ring))
        _workers[job] = IssueWorker(job, ring)
    return _workers[job]


def _open_ring(folder: Path) -> KeyRing:
    passphrase = pool.passphrase()
    if passphrase is None:
        raise WorkersUnusable(reason=_NO_PASSPHRASE)
    return KeyRing.open(folder, passphrase, AUTHORITY)
