"""Checks an installer or phone app: form, code signature, base, licence, revocation, published batch.

``inspect`` runs every check that it has the means for and reports each. ``verify`` raises
the first failure. Candidates are named by their jti only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from oneseat.pipeline.errors import InputUnreadable
from oneseat.pipeline.exam.errors import CharterUnsigned
from oneseat.pipeline.verifying.errors import LicenceReplaced, NotInBatch
from oneseat.state.candidates import seats
from oneseat.state.database import Database
from oneseat.state.publishing import published_batches
from signing import containers
from signing.authority.apk_verification import verify_signatures
from signing.authority.batch_log import TreeHead, licence_digest
from signing.authority.errors import BaseChanged
from signing.authority.manifest import Manifest
from signing.charter import Charter
from signing.containers import Container, Contents
from signing.errors import OneSeatError
from signing.fields import unix_time
from signing.os_faults import system_reason
from signing.refusals import LicenceMissing
from signing.text import Text
from signing.tokens import SeatLicence

STAMPED, BASE, OTHER = "stamped installer", "base installer", "not an installer of this project"
STAMPED_PHONE, BASE_PHONE = "stamped phone app", "base phone app"
_KINDS = {containers.INSTALLER: (STAMPED, BASE), containers.PHONE: (STAMPED_PHONE, BASE_PHONE)}


@dataclass(frozen=True)
class Check:
    """One check: ``performed`` is False when what it needs is missing, ``refusal`` None when it passed."""

    name: str
    title: Text
    performed: bool
    refusal: OneSeatError | None = None

    @property
    def result(self) -> str:
        """``passed``, ``failed`` or ``not made``."""
        if not self.performed:
            return "not made"
        return "failed" if self.refusal else "passed"

    def as_object(self) -> dict[str, object]:
        """Convert the check for ``--json``."""
        members: dict[str, object] = {"name": self.name, "result": self.result}
        if self.refusal is not None:
            members |= {"code": self.refusal.code, "cause": self.refusal.cause_text._asdict()}
        return members


@dataclass(frozen=True)
class Inspection:
    """What a file is, and its checks in the order in which a client runs them.

    ``authenticode_sha256`` is the digest that the licence names: of a phone app, that of content and signer.
    """

    file: str
    kind: str
    size: int
    sha256: str
    authenticode_sha256: str | None = None
    jti: str | None = None
    exam: str | None = None
    build: str | None = None
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    checks: list[Check] = field(default_factory=list)

    @property
    def refusal(self) -> OneSeatError | None:
        """The first failing check's refusal."""
        return next((check.refusal for check in self.checks if check.refusal), None)

    def as_object(self) -> dict[str, object]:
        """Convert the inspection for ``--json``; of the candidate it contains the jti only."""
        members: dict[str, object] = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in vars(self).items()
            if name != "checks"
        }
        return {**members, "ok": self.refusal is None, "checks": [check.as_object() for check in self.checks]}


@dataclass(frozen=True)
class Reference:
    """What a file is checked against; what is None is not checked.

    ``code_signature`` verifies an installer's signature, and raises a refusal if it is invalid. A phone
    app's own certificate is in its digest, so its signatures are always verified.
    """

    charter: Charter | None = None
    manifest: Manifest | None = None
    database: Database | None = None
    code_signature: Callable[[Path], object] | None = None


def inspect(path: Path, reference: Reference, now: datetime) -> Inspection:
    """Run every check on a file that the reference allows.

    Raises:
        InputUnreadable: the file cannot be read.
    """
    size, sha256 = size_and_sha256(path)
    try:
        with path.open("rb") as file:
            container = containers.recognise(file)
            opened = container.read(file)
    except OneSeatError as refusal:
        form = Check("form", container.form, performed=True, refusal=refusal)
        return Inspection(path.name, OTHER, size, sha256, checks=[form])
    return _Examination(path, container, opened, reference, now).inspection(size, sha256)


def verify(path: Path, reference: Reference, now: datetime) -> Inspection:
    """Check that a file is a candidate's copy, and that a client, the room and the portal would accept it.

    Raises:
        OneSeatError: the refusal of the first check that failed.
        CharterUnsigned: there is no charter, and without one no licence can be verified.
        LicenceMissing: the file is a base without a licence.
    """
    if reference.charter is None:
        raise CharterUnsigned(
            exam=reference.manifest.exam if reference.manifest else path.name, version=Text("any", "任意")
        )
    inspection = inspect(path, reference, now)
    if inspection.refusal is not None:
        raise inspection.refusal
    if inspection.kind in (BASE, BASE_PHONE):
        raise LicenceMissing
    return inspection


class _Examination:
    """The checks of one well-formed file. They are independent: one fault does not hide another."""

    def __init__(
        self, path: Path, container: Container, opened: Contents, reference: Reference, now: datetime
    ) -> None:
        self._path = path
        self._container = container
        self._opened = opened
        self._reference = reference
        self._now = now
        self._licence: SeatLicence | None = None

    def inspection(self, size: int, sha256: str) -> Inspection:
        checks = list(self._checks())
        licence = self._licence
        return Inspection(
            file=self._path.name,
            kind=_KINDS[self._container][0 if self._opened.licence else 1],
            size=size,
            sha256=sha256,
            authenticode_sha256=self._opened.digest,
            jti=licence.jti if licence else None,
            exam=licence.exam if licence else None,
            build=licence.build if licence else None,
            issued_at=unix_time(licence.iat) if licence else None,
            expires_at=unix_time(licence.exp) if licence else None,
            checks=checks,
        )

    def _checks(self) -> Iterator[Check]:
        known = self._reference
        yield Check("form", self._container.form, performed=True)
        yield self._run("code signature", self._code_signature())
        yield self._run("base", self._check_copy_of_base if known.manifest else None)
        if not self._opened.licence:
            return
        yield self._run("licence", self._check_licence if known.charter else None)
        verified = self._licence is not None
        yield self._run("exam and build", self._check_charter if verified else None)
        yield self._run("binding to the base", self._check_base if verified else None)
        yield self._run("validity", self._check_time if verified else None)
        yield self._run("in force", self._check_in_force if verified and known.database else None)
        requires_batch = known.charter is not None and bool(known.charter.batch_keys)
        yield self._run(
            "batch", self._check_batch if verified and known.database and requires_batch else None
        )

    @staticmethod
    def _run(name: str, action: Callable[[], object] | None) -> Check:
        if action is None:
            return Check(name, _TITLES[name], performed=False)
        try:
            action()
        except OneSeatError as refusal:
            return Check(name, _TITLES[name], performed=True, refusal=refusal)
        return Check(name, _TITLES[name], performed=True)

    def _code_signature(self) -> Callable[[], object] | None:
        """Return the check of the code signature; None if there is no certificate to check it with."""
        if self._container is containers.PHONE:
            return self._check_apk_signatures
        verify_installer = self._reference.code_signature
        return None if verify_installer is None else lambda: verify_installer(self._path)

    def _check_apk_signatures(self) -> None:
        with self._path.open("rb") as file:
            verify_signatures(file)

    def _check_copy_of_base(self) -> None:
        """Check that the file with an empty region has the base's SHA-256."""
        manifest, place = self._reference.manifest, self._opened.region
        if manifest is None:
            return
        if place != manifest.region or self._opened.size != manifest.size:
            raise BaseChanged(what=Text("the region lies elsewhere", "许可区的位置不符"))
        digest = hashlib.sha256()
        with self._path.open("rb") as file:
            left = place.offset
            while left and (piece := file.read(min(left, 1 << 20))):
                digest.update(piece)
                left -= len(piece)
            digest.update(self._container.packer(place, manifest.region_sum)(b""))
            file.seek(place.offset + place.size)
            digest.update(file.read())
        if digest.hexdigest() != manifest.base_sha256:
            raise BaseChanged(
                what=Text("bytes outside of the licence region differ", "许可区以外的内容不一致")
            )

    def _check_licence(self) -> None:
        if self._reference.charter is not None:
            token = self._opened.licence.decode("ascii", errors="replace")
            keys = self._reference.charter.keys_for("licence")
            self._licence = self._container.licence.verify(token, keys)

    def _check_charter(self) -> None:
        if self._licence and self._reference.charter:
            self._licence.check_exam(self._reference.charter, self._licence.build)

    def _check_base(self) -> None:
        if self._licence:
            self._licence.check_base(self._opened.digest)

    def _check_time(self) -> None:
        if self._licence and self._reference.charter:
            self._licence.check_time(self._now.astimezone(self._reference.charter.ends.tzinfo))

    def _check_in_force(self) -> None:
        """Check that the portal would still serve and activate this jti."""
        licence, database = self._licence, self._reference.database
        if licence is None or database is None:
            return
        with database.reading() as connection:
            seat = seats.find_by_jti(connection, licence.exam, licence.jti)
        if seat is None:
            raise LicenceReplaced(jti=licence.jti, reason=_NOT_PUBLISHED)
        if seat.revoked:
            raise LicenceReplaced(jti=licence.jti, reason=_REVOKED)

    def _check_batch(self) -> None:
        """Check that a signed, published batch lists the licence."""
        licence, known = self._licence, self._reference
        if licence is None or known.database is None or known.charter is None:
            return
        token = self._opened.licence.decode("ascii", errors="replace")
        with known.database.reading() as connection:
            newest = published_batches.newest_head(connection, licence.exam)
            if newest is None:
                raise NotInBatch(what=licence.jti)
            head = TreeHead.verify(newest, known.charter.batch_keys_by_kid, licence.exam)
            if not published_batches.is_listed(connection, head, licence.jti, licence_digest(token)):
                raise NotInBatch(what=licence.jti)


_NOT_PUBLISHED = Text("it is not the seat's published one", "不是该席位当前发布的许可")
_REVOKED = Text("it was revoked", "已被撤销")

_TITLES = {
    "code signature": Text("Code signature", "代码签名"),
    "base": Text("Copy of the base, outside of the region byte for byte", "许可区以外与基础安装包逐字节相同"),
    "licence": Text("Licence signature", "许可签名"),
    "exam and build": Text("Exam and client build", "考试与考生端版本"),
    "binding to the base": Text("Licence made for this very installer", "许可与此安装包相符"),
    "validity": Text("Within its validity", "在有效期内"),
    "batch": Text("LogLine of a published, signed batch", "列于已发布并签名的批次"),
    "in force": Text("Published, not replaced, not revoked", "已发布，且未被替换或撤销"),
}


def size_and_sha256(path: Path) -> tuple[int, str]:
    """Compute size and SHA-256 of a file.

    Raises:
        InputUnreadable: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return file.seek(0, 2), digest
    except OSError as error:
        raise InputUnreadable(path=path, reason=system_reason(error)) from None
