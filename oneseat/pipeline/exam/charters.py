"""The exam file becomes the signed charter: export, sign, show, publish.

Signed charters lie in a folder, one file for each version (``3.jws``), and are never
overwritten. A charter for later, such as an extended window, can be signed ahead while
the root key is at hand, and published when it is needed.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oneseat.pipeline.errors import (
    BatchMissing,
    CharterUnsigned,
    CharterVersionUsed,
    OfOtherExam,
    OutputUnwritable,
)
from oneseat.pipeline.exam.model import Exam
from oneseat.state.accounts import audit
from oneseat.state.database import Database
from oneseat.state.publishing import charters as published
from oneseat.state.publishing import published_batches as state_batches
from signing import charter as charters
from signing.authority import batch_log
from signing.authority.keys import portal_public_keys
from signing.authority.signer import Signer, sign_token
from signing.charter import (
    KEY_USES,
    Charter,
    CharterKey,
    CompanionApp,
    ExamRoom,
    FormalSession,
    Manual,
    Requirements,
    Software,
    Support,
    Window,
)
from signing.clock import Clock
from signing.errors import CharterRejected, Text

_SUFFIX = ".jws"
_CHARTER = Text("The charter", "该规程")


@dataclass(frozen=True)
class SignedCharter:
    """A charter and the token that proves it. ``made`` is False when it was there already."""

    path: Path
    token: str
    charter: Charter
    made: bool

    @property
    def version(self) -> int:
        """Its version number."""
        return self.charter.version


def public_keys(authority_ring: Path, portal_ring: Path) -> tuple[CharterKey, ...]:
    """The keys that a charter lists, retired ones too, read from both rings without a passphrase.

    Raises:
        KeyMissing, KeyRingBroken: a ring is absent or damaged.
    """
    named = [portal_public_keys(folder) for folder in (authority_ring, portal_ring)]
    uses = (*KEY_USES, batch_log.KEY_NAME)
    return tuple(CharterKey(use, x) for use in uses for keys in named for x in keys.get(use, []))


def export(
    exam: Exam, version: int, issued_at: datetime, keys: Sequence[CharterKey], builds: Sequence[str]
) -> Charter:
    """The charter that an exam file makes, with the keys and the client builds that it accepts."""
    local = exam.local
    return Charter(
        exam=exam.id,
        version=version,
        issued_at=local(issued_at).replace(microsecond=0),
        title=exam.title.text(),
        product=exam.product.text(),
        companion=exam.companion.text(),
        publisher=exam.publisher.text(),
        portal_url=exam.portal_url.rstrip("/"),
        timezone=exam.timezone,
        ends=local(exam.ends),
        document_kinds=tuple(exam.document_kinds),
        download=Window(local(exam.download.opens), local(exam.download.closes)),
        download_grace_s=exam.download.grace_minutes * 60,
        mock_required=exam.mock.required,
        mocks=tuple(sorted(_mocks(exam), key=lambda mock: mock.opens)),
        formals=tuple(sorted(_formals(exam), key=lambda formal: formal.starts)),
        device_change_until=local(exam.device_change_until),
        keep_until=local(exam.keep_until) if exam.keep_until else None,
        support=_support(exam),
        manuals=tuple(Manual(manual.title.text(), manual.url) for manual in exam.manuals),
        requirements=_requirements(exam),
        catalogue=tuple(_catalogue(exam)),
        keys=tuple(key for key in keys if key.use in KEY_USES),
        builds=tuple(builds),
        companion_app=_companion_app(exam),
        batch_keys=tuple(key.x for key in keys if key.use == batch_log.KEY_NAME),
        exam_room=_exam_room(exam),
    )


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
    """Sign the exam file as the next version, or as a chosen later one.

    When no version is asked for and the newest signed charter, or the one ``in_force``,
    says the same already, that one is given back: charters signed ahead wait until they
    are published. Builds that earlier charters accepted stay accepted: candidates may have
    installed them.

    Raises:
        CharterVersionUsed: the version asked for is not above all that are signed.
        CharterRejected: the charter would contradict itself.
        OutputUnwritable: the file cannot be written.
    """
    newest = newest_signed(folder, root.public_key, exam.id)
    if newest and version is None:
        published = read(folder / f"{in_force}{_SUFFIX}", root.public_key, exam.id) if in_force else newest
        for present in (newest, published):
            if _says_the_same(present.charter, exam, keys, builds):
                return present
    last = newest.version if newest else 0
    accepted = _accepted(newest.charter.builds if newest else (), builds)
    drafted = export(exam, version or last + 1, clock.now(), keys, accepted)
    if drafted.version <= last:
        raise CharterVersionUsed(version=drafted.version, newest=last)
    token = sign_token(root, charters.TYP, drafted.claims())
    checked = charters.verify(token, root.public_key)
    path = folder / f"{drafted.version}{_SUFFIX}"
    _write_new(path, token)
    return SignedCharter(path, token, checked, made=True)


def signed(folder: Path, root_public_key: bytes, exam_id: str) -> Iterator[SignedCharter]:
    """Every signed charter of a folder that verifies, by version.

    Raises:
        TokenMalformed, SignatureInvalid, KeyUnknown, CharterRejected: a file does not verify.
        OfOtherExam: a charter is another exam's.
    """
    paths = [path for path in folder.glob(f"*{_SUFFIX}") if path.stem.isdecimal()]
    for path in sorted(paths, key=lambda path: int(path.stem)):
        yield read(path, root_public_key, exam_id)


def read(path: Path, root_public_key: bytes, exam_id: str | None = None) -> SignedCharter:
    """One signed charter, verified.

    Raises:
        CharterUnsigned: the file is not there.
        TokenMalformed, SignatureInvalid, KeyUnknown, CharterRejected: it does not verify.
        OfOtherExam: it is another exam's.
    """
    try:
        token = path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        raise CharterUnsigned(exam=exam_id or path.name, version=path.stem) from None
    checked = charters.verify(token, root_public_key)
    if exam_id is not None and checked.exam != exam_id:
        raise OfOtherExam(what=_CHARTER, found=checked.exam, wanted=exam_id)
    return SignedCharter(path, token, checked, made=False)


def newest_signed(folder: Path, root_public_key: bytes, exam_id: str) -> SignedCharter | None:
    """The signed charter of the highest version, if there is one."""
    last = None
    for last in signed(folder, root_public_key, exam_id):  # noqa: B007 -- only the last is wanted
        pass
    return last


def of_version(folder: Path, root_public_key: bytes, exam_id: str, version: int | None) -> SignedCharter:
    """The signed charter of one version, or the newest.

    Raises:
        CharterUnsigned: there is none.
    """
    if version is not None:
        return read(folder / f"{version}{_SUFFIX}", root_public_key, exam_id)
    newest = newest_signed(folder, root_public_key, exam_id)
    if newest is None:
        raise CharterUnsigned(exam=exam_id, version=1)
    return newest


def publish(database: Database, charter: SignedCharter, clock: Clock) -> bool:
    """Put a signed charter in force at the portal; False when it is in force already.

    Raises:
        CharterOlder: a higher version is in force.
        CharterConflict: this version is in force with other content.
        BatchMissing: it asks for batches, and the release that candidates see has none yet.
    """
    now = clock.now()
    with database.writing() as connection:
        exam, version = charter.charter.exam, charter.version
        if charter.charter.batch_keys and state_batches.shown_without_batch(connection, exam):
            raise BatchMissing(exam=exam)
        changed = published.publish(connection, exam, version, charter.token, now)
        if changed:
            audit.append(connection, now, "pipeline", "charter.publish", exam, {"version": version})
    return changed


def in_force(database: Database, root_public_key: bytes, exam_id: str) -> Charter:
    """The published charter, verified.

    Raises:
        CharterUnsigned: none is published.
        CharterRejected, SignatureInvalid and the like: what is published does not verify.
    """
    with database.reading() as connection:
        newest = published.newest(connection, exam_id)
    if newest is None:
        raise CharterUnsigned(exam=exam_id, version="published")
    return charters.verify(newest.token, root_public_key)


def _accepted(before: Sequence[str], builds: Sequence[str]) -> list[str]:
    return [*dict.fromkeys([*before, *builds])]


def _says_the_same(present: Charter, exam: Exam, keys: Sequence[CharterKey], builds: Sequence[str]) -> bool:
    accepted = _accepted(present.builds, builds)
    return export(exam, present.version, present.issued_at, keys, accepted).claims() == present.claims()


def _mocks(exam: Exam) -> Iterable[Window]:
    return (Window(exam.local(s.opens), exam.local(s.closes)) for s in exam.mock.sessions)


def _formals(exam: Exam) -> Iterable[FormalSession]:
    for session in exam.formal.sessions:
        times = (session.login_opens, session.starts, session.login_closes, session.ends)
        yield FormalSession(*map(exam.local, times))


def _support(exam: Exam) -> Support:
    support = exam.support
    return Support(support.hotline, tuple(support.calls_from), support.desk_name.text(), support.desk_url)


def _companion_app(exam: Exam) -> CompanionApp | None:
    app = exam.companion_app
    return None if app is None else CompanionApp(app.url, app.sha256)


def _exam_room(exam: Exam) -> ExamRoom | None:
    room = exam.exam_room
    return None if room is None else ExamRoom(room.url, room.program)


def _requirements(exam: Exam) -> Requirements:
    computer, phone = exam.computer, exam.phone
    return Requirements(
        windows=tuple(computer.windows),
        memory_gib=computer.memory_gib,
        memory_usable_gib=computer.memory_usable_gib,
        memory_free_gib=computer.memory_free_gib,
        disk_free_gib=computer.disk_free_gib,
        bandwidth_mbps=computer.bandwidth_mbps,
        external_screens=computer.external_screens,
        android_min=phone.android_min,
        phone_free_gib=phone.free_gib,
        phone_battery_hours=phone.battery_hours,
        phone_sign_out=tuple(phone.sign_out),
    )


def _catalogue(exam: Exam) -> Iterator[Software]:
    for one in exam.software:
        lists = (tuple(one.processes), tuple(one.services), tuple(one.uninstall))
        yield Software(one.name, one.role, one.action, *lists)


def _write_new(path: Path, token: str) -> None:
    """Write a charter under a name that must be free, durably, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="ascii") as file:
            file.write(token + "\n")
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            raise CharterRejected(reason=f"{path.name} was signed by another run at the same time")
        temporary.replace(path)
    except OSError as error:
        raise OutputUnwritable(path=path, reason=error.strerror or "error") from None
    finally:
        temporary.unlink(missing_ok=True)
