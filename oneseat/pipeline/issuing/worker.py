"""What a worker does with rows of a roster: check them, decide what becomes of them, make licences.

It knows nothing of the database: what is stored about a row's seat comes with the row,
and what is to be written goes back. So it runs in this process, in others, and on other
computers alike. Names and ID numbers go to a worker and never come back.
"""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from oneseat.pipeline.roster.check import CheckedRow, RowChecker, Rules
from oneseat.pipeline.roster.columns import Columns
from oneseat.pipeline.roster.files import Row
from oneseat.pipeline.workers import pool
from oneseat.pipeline.workers.errors import WorkersUnusable
from oneseat.state.issuing.licence_rows import EditionRow, NewLicence
from signing import binding, jws
from signing.authority.errors import KeyRingBroken
from signing.authority.keys import AUTHORITY, KeyRing
from signing.authority.sealing import Sealer
from signing.authority.signer import TokenSeries
from signing.text import Text
from signing.tokens import VERSION, Licence

FIRST_GENERATION = 1

CHECK, PLAN, ISSUE = "check", "plan", "issue"
"""How far a worker goes with a row: its form, what becomes of it, or the licence as well."""

ADDED, REFRESHED, CHANGED, ASKED, UNCHANGED, FAULTY, PASSED = "afcqu!-"
"""What becomes of a row, a letter each: a seat added; its licence refreshed; re-issued because the person
changed, or because the desk asked; left alone; left out as faulty; and passed over, since not asked for."""

_KEY_BYTES = 8
_NO_PASSPHRASE = Text("they have no passphrase for the key folder", "没有密钥目录的口令")


class Held(NamedTuple):
    """What is stored about a row's seat, and whether the operators' desk asked for a new licence."""

    generation: int
    login_tag: bytes
    licensed: bool
    asked: bool


class Piece(NamedTuple):
    """Rows to be worked on. ``only`` names those that are asked for, None for all."""

    intent: str
    rows: list[Row]
    held: dict[str, Held]
    only: frozenset[int] | None


class Made(NamedTuple):
    """What a piece came to, by position in it.

    ``keys`` are pairs of 64-bit numbers that stand for a row's document and admission
    number, 0 where there is none. Of a plan's licences only seat, generation and jti are made.
    """

    acts: str
    keys: bytes
    licences: list[tuple[int, NewLicence]]
    faults: dict[int, tuple[tuple[str, Text], ...]]
    mended: list[int]


@dataclass(frozen=True)
class Recipe:
    """Everything besides the rows that decides what a worker makes, without any secret.

    ``kid`` is the licence key's: a worker whose ring has another one is refused.
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


class SeatMaker:
    """Makes the licences of one edition. Secrets are made ready once for all candidates."""

    def __init__(self, ring: KeyRing, edition: EditionRow, issued_at: datetime) -> None:
        self._secret = binding.ExamSecret(ring.secret("exam"))
        self._pepper = binding.KeyedHash(ring.secret("pepper"))
        self._sealer = Sealer(ring.secret("delivery"))
        at = int(issued_at.timestamp())
        shared = {
            "exam": edition.exam,
            "build": edition.build,
            "base": edition.base,
            "iat": at,
            "nbf": at,
            "exp": int(edition.expires_at.timestamp()),
            "v": VERSION,
        }
        self._licences = TokenSeries(ring.signer("licence"), Licence.TYP, shared, ("jti", "seat"))

    def login_tag(self, candidate: _Person) -> bytes:
        """What the state keeps of the person."""
        return binding.login_tag(
            self._pepper, candidate.name, candidate.id_number, candidate.admission_number
        )

    def planned(self, candidate: _Person, generation: int, login_tag: bytes) -> NewLicence:
        """Which licence :meth:`licence` would make, unsigned."""
        number = candidate.admission_number
        jti = binding.derive_jti(self._secret, number, generation)
        return NewLicence(number, generation, jti, login_tag, b"", "")

    def licence(self, candidate: _Person, generation: int, login_tag: bytes) -> NewLicence:
        """The candidate's licence, and what the portal needs to hand it out."""
        number = candidate.admission_number
        jti = binding.derive_jti(self._secret, number, generation)
        seat_key = binding.derive_seat_key(self._secret, jti)
        seat = binding.seat_tag(seat_key, candidate.id_number, number)
        token = self._licences.sign({"jti": jti, "seat": jws.b64url_encode(seat)})
        sealed = self._sealer.seal(seat_key, jti.encode("ascii"))
        return NewLicence(number, generation, jti, login_tag, sealed, token)


class Envelope:
    """Seals pieces and what they came to for the way over a network that others may watch.

    The key comes from the exam's secret, which only those have who opened the ring; and
    since it also proves who sealed it, opening an envelope may trust what is inside.
    """

    def __init__(self, exam_secret: bytes) -> None:
        keyed = binding.KeyedHash(exam_secret)
        label = b"oneseat/batch-transport/v1"
        self._sealer = Sealer(keyed.parts(label, b"1") + keyed.parts(label, b"2"))

    def close(self, value: object) -> bytes:
        """The value, sealed."""
        return self._sealer.seal(pickle.dumps(value, pickle.HIGHEST_PROTOCOL), b"")

    def open(self, sealed: bytes) -> Any:  # noqa: ANN401 -- whatever was sealed
        """What :meth:`close` sealed.

        Raises:
            SealBroken: somebody else sealed it, or it was changed.
        """
        return pickle.loads(self._sealer.open(sealed, b""))  # noqa: S301 -- sealed by whoever has the ring


class Bench:
    """A recipe with its ring opened: ready to work."""

    def __init__(self, recipe: Recipe, ring: KeyRing) -> None:
        if ring.entry("licence").kid != recipe.kid:
            raise KeyRingBroken(folder=ring.folder, reason="its licence key is not the batch's")
        self._checker = RowChecker(recipe.rules, recipe.columns)
        self._maker = SeatMaker(ring, recipe.edition, recipe.issued_at)
        secret = ring.secret("exam")
        self.envelope = Envelope(secret)
        self._keyed = binding.KeyedHash(secret).parts(b"oneseat/repeats/v1")

    def made(self, piece: Piece) -> Made:
        """What a piece comes to."""
        keys, acts, check = array("Q"), list[str](), self._checker.check
        made = Made("", b"", [], {}, [])
        for position, (number, cells) in enumerate(piece.rows):
            row = check(number, cells)
            keys.append(self._key(row.id_number))
            keys.append(self._key(row.admission_number))
            wanted = piece.only is None or number in piece.only
            if row.faults:
                made.faults[position] = tuple((fault.column, fault.reason) for fault in row.faults)
            elif row.mended and wanted:
                made.mended.append(position)
            acts.append(self._act(piece, position, row, made) if wanted else PASSED)
        return made._replace(acts="".join(acts), keys=keys.tobytes())

    def _act(self, piece: Piece, position: int, row: CheckedRow, made: Made) -> str:
        if row.faults:
            return FAULTY
        if piece.intent == CHECK:
            return PASSED
        tag = self._maker.login_tag(row)
        act, generation = _decided(piece.held.get(row.admission_number), tag)
        if act != UNCHANGED:
            make = self._maker.licence if piece.intent == ISSUE else self._maker.planned
            made.licences.append((position, make(row, generation, tag)))
        return act

    def _key(self, text: str) -> int:
        if not text:
            return 0
        digest = blake2b(text.encode(), digest_size=_KEY_BYTES, key=self._keyed).digest()
        return int.from_bytes(digest, "big") or 1


def _decided(held: Held | None, tag: bytes) -> tuple[str, int]:
    """What becomes of a sound row, and the generation of the licence that this takes."""
    if held is None:
        return ADDED, FIRST_GENERATION
    if held.login_tag != tag:
        return CHANGED, held.generation + 1
    if held.asked:
        return ASKED, held.generation + 1
    return (UNCHANGED if held.licensed else REFRESHED), held.generation


def work(recipe: Recipe, piece: Piece | bytes) -> Made | bytes:
    """What workers run: a piece and what it comes to, both sealed where they travel over a network."""
    bench = bench_for(recipe)
    if isinstance(piece, bytes):
        return bench.envelope.close(bench.made(bench.envelope.open(piece)))
    return bench.made(piece)


_rings: dict[str, KeyRing] = {}
_benches: dict[Recipe, Bench] = {}


@contextmanager
def at_hand(ring: KeyRing) -> Iterator[None]:
    """Spares this process to open a ring that it has open already, for the block."""
    _rings[str(ring.folder)] = ring
    try:
        yield
    finally:
        _rings.clear()
        _benches.clear()


def bench_for(recipe: Recipe) -> Bench:
    """The bench of a recipe, set up when a worker first needs it and kept for its next pieces.

    Raises:
        WorkersUnusable, KeyMissing, KeyRingBroken, PassphraseWrong: the key folder cannot be
            opened here.
    """
    if recipe not in _benches:
        _benches.clear()
        ring = _rings.get(recipe.ring) or _opened(Path(recipe.ring))
        _benches[recipe] = Bench(recipe, ring)
    return _benches[recipe]


def _opened(folder: Path) -> KeyRing:
    passphrase = pool.passphrase()
    if passphrase is None:
        raise WorkersUnusable(reason=_NO_PASSPHRASE)
    return KeyRing.open(folder, passphrase, AUTHORITY)
