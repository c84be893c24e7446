"""Exports an exam file as a charter, signs it, and publishes it.

Signed charters are files of one folder, one per version (``3.jws``), and are never
overwritten. A charter for later, such as an extended window, can be signed ahead while the
root key is available, and published when it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from oneseat.files.atomic import write_atomic
from oneseat.pipeline.errors import OfOtherExam
from oneseat.pipeline.exam.errors import BatchMissing, CharterUnsigned, CharterVersionUsed
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.exam.values import seconds_of
from oneseat.pipeline.output_faults import unwritable
from oneseat.state.accounts import audit
from oneseat.state.database import Database
from oneseat.state.publishing import charters as published
from oneseat.state.publishing import published_batches
from signing import charter as charters
from signing.authority import batch_log
from signing.authority.keys import ORDER, RECEIPT, portal_public_keys
from signing.authority.signer import Signer, sign_token
from signing.charter import (
    KEY_USES,
    OWN_ROOM,
    Charter,
    CharterKey,
    Measures,
    PhoneTerms,
    RetentionTerms,
    RoomTerms,
)
from signing.clock import Clock
from signing.fields import Fields, decode, encode
from signing.refusals import CharterRejected
from signing.text import Text, verbatim

_SUFFIX = ".jws"
LISTED_USES = (*KEY_USES, batch_log.KEY_NAME, RECEIPT, ORDER)
"""The keys of the rings whose public halves a charter lists."""
_CHARTER = Text("The charter", "该规程")


@dataclass(frozen=True)
class SignedCharter:
    """A verified charter with its token and file. ``is_new`` is False if it was signed before."""

    path: Path
    token: str
    charter: Charter
    is_new: bool

    @property
    def version(self) -> int:
        """Its version number."""
        return self.charter.version


def public_keys(*rings: Path) -> tuple[CharterKey, ...]:
    """Read the keys that a charter lists, including retired ones; needs no passphrase.

    Raises:
        KeyMissing: a ring is missing.
        KeyRingBroken: a ring is damaged.
    """
    named = [portal_public_keys(folder) for folder in rings]
    return tuple(CharterKey(use, x) for use in LISTED_USES for keys in named for x in keys.get(use, []))


def export(
    exam: Exam, version: int, issued_at: datetime, keys: Sequence[CharterKey], builds: Sequence[str]
) -> Charter:
    """Convert an exam file to a charter with these keys and accepted client builds.

    Settings are copied by name. Only those with another name in the charter are listed here.
    """
    settings = exam.model_dump()
    named_otherwise = {
        "exam": exam.id,
        "version": version,
        "issued_at": issued_at,
        "portal_url": exam.portal_url.rstrip("/"),
        "download_grace_s": exam.download.grace_minutes * 60,
        "mock_required": exam.mock.required,
        "mocks": sorted(settings["mock"]["sessions"], key=itemgetter("opens")),
        "formals": sorted(settings["formal"]["sessions"], key=itemgetter("starts")),
        "support": {
            **settings["support"],
            "hours": sorted(settings["support"]["hours"], key=itemgetter("opens")),
        },
        "companion": exam.companion.text()._asdict(),
        "phone": _phone_terms(exam),
        "requirements": _requirements(settings["computer"], settings["phone"]),
        "catalogue": settings["software"],
        "keys": [key for key in keys if key.use in KEY_USES],
        "builds": builds,
        "batch_keys": [key.x for key in keys if key.use == batch_log.KEY_NAME],
        "exam_room": None if exam.exam_room is None else {**settings["exam_room"], "api": exam.exam_room.api},
        "room": _room_terms(exam, [key.x for key in keys if key.use == RECEIPT]),
        "measures": _measures(exam, [key.x for key in keys if key.use == ORDER]),
    }
    claims = encode(_to_local_times({**settings, **named_otherwise}, exam))
    return decode(Charter, Fields(claims, "charter."))


def sign(  # noqa: PLR0913 -- what a charter is made of, each a thing of its own
    exam: Exam,
    folder: Path,
    root: Signer,
    keys: Sequence[CharterKey],
    builds: Sequence[str],
    clock: Clock,
    *,
    version: int | None = None,
    in_force: int | None = None,
) -> SignedCharter:
    """Sign the exam file as the next version, or as a chosen later version.

    Without ``version``, the newest signed charter or the one ``in_force`` is returned if its content
    is the same: charters signed ahead wait until they are published. Builds that earlier charters
    accepted stay accepted, since candidates may have installed them.

    Raises:
        CharterVersionUsed: ``version`` is not above all signed versions.
        CharterRejected: the charter's members contradict each other.
        OutputUnwritable: the file cannot be written.
    """
    newest = newest_signed(folder, root.public_key, exam.id)
    if version is None:
        present = find_unchanged(exam, folder, root.public_key, keys, builds, in_force=in_force)
        if present is not None:
            return present
    last = newest.version if newest else 0
    accepted = _merge_builds(newest.charter.builds if newest else (), builds)
    draft = export(exam, version or last + 1, clock.now(), keys, accepted)
    if draft.version <= last:
        raise CharterVersionUsed(version=draft.version, newest=last)
    token = sign_token(root, charters.TYP, draft.claims())
    verified = charters.verify(token, root.public_key)
    path = folder / f"{draft.version}{_SUFFIX}"
    _write_new(path, token)
    return SignedCharter(path, token, verified, is_new=True)


def find_unchanged(
    exam: Exam,
    folder: Path,
    root_public_key: bytes,
    keys: Sequence[CharterKey],
    builds: Sequence[str],
    *,
    in_force: int | None,
) -> SignedCharter | None:
    """Return the newest signed charter or the one in force if the exam file would be signed as it is.

    Raises:
        CharterUnsigned: the charter in force is not in the folder.
        As :func:`signed`.
    """
    newest = newest_signed(folder, root_public_key, exam.id)
    if newest is None:
        return None
    published = read(folder / f"{in_force}{_SUFFIX}", root_public_key, exam.id) if in_force else newest
    found = (each for each in (newest, published) if _is_unchanged(each.charter, exam, keys, builds))
    return next(found, None)


def signed(folder: Path, root_public_key: bytes, exam_id: str) -> Iterator[SignedCharter]:
    """Read and verify all signed charters of a folder, by version.

    Raises:
        TokenMalformed, SignatureInvalid, KeyUnknown, CharterRejected: a file does not verify.
        OfOtherExam: a charter is another exam's.
    """
    paths = [path for path in folder.glob(f"*{_SUFFIX}") if path.stem.isdecimal()]
    for path in sorted(paths, key=lambda path: int(path.stem)):
        yield read(path, root_public_key, exam_id)


def read(path: Path, root_public_key: bytes, exam_id: str | None = None) -> SignedCharter:
    """Read and verify one signed charter.

    Raises:
        CharterUnsigned: the file does not exist.
        TokenMalformed, SignatureInvalid, KeyUnknown, CharterRejected: the charter does not verify.
        OfOtherExam: the charter is another exam's.
    """
    try:
        token = path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        raise CharterUnsigned(exam=exam_id or path.name, version=verbatim(path.stem)) from None
    verified = charters.verify(token, root_public_key)
    if exam_id is not None and verified.exam != exam_id:
        raise OfOtherExam(what=_CHARTER, found=verified.exam, wanted=exam_id)
    return SignedCharter(path, token, verified, is_new=False)


def newest_signed(folder: Path, root_public_key: bytes, exam_id: str) -> SignedCharter | None:
    """Return the signed charter of the highest version, or None."""
    last = None
    for last in signed(folder, root_public_key, exam_id):  # noqa: B007 -- only the last is wanted
        pass
    return last


def of_version(folder: Path, root_public_key: bytes, exam_id: str, version: int | None) -> SignedCharter:
    """Return the signed charter of one version, or the newest.

    Raises:
        CharterUnsigned: there is no such charter.
    """
    if version is not None:
        return read(folder / f"{version}{_SUFFIX}", root_public_key, exam_id)
    newest = newest_signed(folder, root_public_key, exam_id)
    if newest is None:
        raise CharterUnsigned(exam=exam_id, version=verbatim(1))
    return newest


def publish(database: Database, charter: SignedCharter, clock: Clock) -> bool:
    """Put a signed charter in force at the portal; False if it is in force already.

    Raises:
        CharterOlder: a higher version is in force.
        CharterConflict: this version is in force with other content.
        BatchMissing: the charter requires published batches, and the visible release has none yet.
    """
    now = clock.now()
    with database.writing() as connection:
        exam, version = charter.charter.exam, charter.version
        if charter.charter.batch_keys and published_batches.release_lacks_batch(connection, exam):
            raise BatchMissing(exam=exam)
        changed = published.publish(connection, exam, version, charter.token, now)
        if changed:
            audit.append(connection, now, "pipeline", "charter.publish", exam, {"version": version})
    return changed


def in_force(database: Database, root_public_key: bytes, exam_id: str) -> Charter:
    """Read and verify the charter in force.

    Raises:
        CharterUnsigned: no charter is published.
        TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid, CharterRejected: it does not verify.
    """
    with database.reading() as connection:
        newest = published.newest(connection, exam_id)
    if newest is None:
        raise CharterUnsigned(exam=exam_id, version=Text("published", "已发布的"))
    return charters.verify(newest.token, root_public_key)


def _merge_builds(before: Sequence[str], builds: Sequence[str]) -> list[str]:
    return [*dict.fromkeys([*before, *builds])]


def _is_unchanged(present: Charter, exam: Exam, keys: Sequence[CharterKey], builds: Sequence[str]) -> bool:
    accepted = _merge_builds(present.builds, builds)
    return export(exam, present.version, present.issued_at, keys, accepted).claims() == present.claims()


def _requirements(computer: dict[str, object], phone: dict[str, object]) -> dict[str, object]:
    """Merge both tables: the phone's ``free_gib`` becomes ``phone_free_gib``, ``android_min`` stays."""
    return {**phone, **{f"phone_{name}": value for name, value in phone.items()}, **computer}


def _room_terms(exam: Exam, receipt_keys: Sequence[bytes]) -> RoomTerms | None:
    """The terms of this project's room; None with any other."""
    if exam.exam_room is None or exam.exam_room.kind != OWN_ROOM:
        return None
    return RoomTerms(
        receipt_keys=tuple(receipt_keys),
        mock_wait_s=seconds_of(exam.mock.wait),
        mock_answer_s=exam.mock_answer_s,
        tail_s=seconds_of(exam.room.tail),
        gates_until_s=seconds_of(exam.room.gates_until),
        upload_until_s=seconds_of(exam.room.upload_until),
        mock_counts=exam.mock.counts,
        retention=_retention_terms(exam),
        identity_documents=exam.shown_documents,
    )


def _retention_terms(exam: Exam) -> RetentionTerms | None:
    """How long the room keeps each class of data; None where the exam file does not say it."""
    if exam.retention is None:
        return None
    kept = exam.retention
    return RetentionTerms(
        mock_recordings_s=seconds_of(kept.mock_recordings),
        formal_recordings_s=seconds_of(kept.formal_recordings),
        identity_s=seconds_of(kept.identity),
        requests_s=seconds_of(kept.requests),
        events_s=seconds_of(kept.events),
        results_at=exam.local(kept.results_at) if kept.results_at else None,
    )


def _phone_terms(exam: Exam) -> PhoneTerms | None:
    """The phone's terms; None where the exam asks for none, or is held in another room."""
    phone, room = exam.companion, exam.exam_room
    if not phone.kind or room is None or room.kind != OWN_ROOM:
        return None
    return PhoneTerms(kind=phone.kind, order=phone.order, sweep_s=seconds_of(phone.sweep))


def _measures(exam: Exam, order_keys: Sequence[bytes]) -> Measures | None:
    """The bounds of orders; None where the exam file allows none, or no ring has a key for them."""
    if exam.measures is None or not order_keys:
        return None
    return Measures(
        order_keys=tuple(order_keys),
        postpone_s=seconds_of(exam.measures.postpone),
        extend_s=seconds_of(exam.measures.extend),
        may_end=exam.measures.may_end,
        may_repeat=exam.measures.may_repeat,
    )


def _to_local_times(value: Any, exam: Exam) -> Any:  # noqa: ANN401 -- settings hold anything
    """Convert every time in the settings to the exam's zone."""
    if isinstance(value, datetime):
        return exam.local(value)
    if isinstance(value, dict):
        return {name: _to_local_times(item, exam) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_local_times(item, exam) for item in value]
    return value


def _write_new(path: Path, token: str) -> None:
    """Write a new charter atomically and durably; an existing file is not overwritten."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, [token.encode("ascii") + b"\n"], replace=False)
    except FileExistsError:
        raise CharterRejected(
            reason=Text(
                f"{path.name} was signed by another run at the same time",
                f"{path.name} 已由同时运行的另一任务签署",
            )
        ) from None
    except OSError as error:
        raise unwritable(path, error) from None
