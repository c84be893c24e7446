"""Looking at an installer: what it is, whose, and whether it would be accepted.

``inspect`` makes every check that it has the means for and reports each; ``verify`` ends
with the first that fails. Nobody is named: a candidate is their jti.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from oneseat.pipeline.exam.errors import CharterUnsigned
from oneseat.pipeline.verifying.errors import LicenceReplaced, NotInBatch
from oneseat.state.candidates import seats
from oneseat.state.database import Database
from oneseat.state.publishing import published_batches
from signing import installer, region
from signing.authority.batch_log import TreeHead, licence_digest
from signing.authority.errors import BaseChanged
from signing.authority.manifest import Manifest
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.fields import unix_time
from signing.installer import Installer
from signing.refusals import LicenceMissing, PeMalformed
from signing.text import Text
from signing.tokens import Licence

STAMPED, BASE, OTHER = "stamped installer", "base installer", "not an installer of this project"


@dataclass(frozen=True)
class Check:
    """One check: ``refusal`` is None when it passed, and ``made`` is False when it could not be made."""

    name: str
    title: Text
    made: bool
    refusal: OneSeatError | None = None

    @property
    def result(self) -> str:
        """``passed``, ``failed`` or ``not made``."""
        if not self.made:
            return "not made"
        return "failed" if self.refusal else "passed"

    def as_object(self) -> dict[str, object]:
        """The check for ``--json``."""
        shown: dict[str, object] = {"name": self.name, "result": self.result}
        if self.refusal is not None:
            shown |= {"code": self.refusal.code, "cause": self.refusal.cause_text._asdict()}
        return shown


@dataclass(frozen=True)
class Inspection:
    """What a file is, and the checks in the order in which a client makes them."""

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
        """The inspection for ``--json``; of the candidate it holds the jti only."""
        shown: dict[str, object] = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in vars(self).items()
            if name != "checks"
        }
        return {**shown, "ok": self.refusal is None, "checks": [check.as_object() for check in self.checks]}


@dataclass(frozen=True)
class Reference:
    """What a file is held against; what is None is not checked.

    ``code_signature`` verifies the signature of a file and raises when it does not hold.
    """

    charter: Charter | None = None
    manifest: Manifest | None = None
    database: Database | None = None
    code_signature: Callable[[Path], object] | None = None


def inspect(path: Path, reference: Reference, now: datetime) -> Inspection:
    """Look at a file and make every check that can be made.

    Raises:
        PeMalformed: the file cannot be read.
    """
    size, sha256 = measured(path)
    try:
        with path.open("rb") as file:
            found = installer.read(file)
    except OneSeatError as refusal:
        form = Check("form", _TITLES["form"], made=True, refusal=refusal)
        return Inspection(path.name, OTHER, size, sha256, checks=[form])
    return _Examination(path, found, reference, now).inspection(size, sha256)


def verify(path: Path, reference: Reference, now: datetime) -> Inspection:
    """Look at a file that should be a candidate's installer, and refuse it when it is not.

    Raises:
        OneSeatError: the first failing check's own.
        CharterUnsigned: there is no charter, and without one no licence can be trusted.
    """
    if reference.charter is None:
        raise CharterUnsigned(
            exam=reference.manifest.exam if reference.manifest else path.name, version="any"
        )
    inspection = inspect(path, reference, now)
    if inspection.refusal is not None:
        raise inspection.refusal
    if inspection.kind == BASE:
        raise LicenceMissing
    return inspection


class _Examination:
    """The checks of one well-formed installer. Each stands alone, so that one fault does not hide another."""

    def __init__(self, path: Path, found: Installer, reference: Reference, now: datetime) -> None:
        self._path = path
        self._found = found
        self._reference = reference
        self._now = now
        self._licence: Licence | None = None

    def inspection(self, size: int, sha256: str) -> Inspection:
        checks = list(self._checks())
        licence = self._licence
        return Inspection(
            file=self._path.name,
            kind=STAMPED if self._found.licence else BASE,
            size=size,
            sha256=sha256,
            authenticode_sha256=self._found.authenticode_sha256,
            jti=licence.jti if licence else None,
            exam=licence.exam if licence else None,
            build=licence.build if licence else None,
            issued_at=unix_time(licence.iat) if licence else None,
            expires_at=unix_time(licence.exp) if licence else None,
            checks=checks,
        )

    def _checks(self) -> Iterator[Check]:
        known = self._reference
        yield self._check("form", lambda: None)
        yield self._check("code signature", self._signed if known.code_signature else None)
        yield self._check("base", self._is_copy_of_base if known.manifest else None)
        if not self._found.licence:
            return
        yield self._check("licence", self._licence_verifies if known.charter else None)
        verified = self._licence is not None
        yield self._check("exam and build", self._fits_charter if verified else None)
        yield self._check("binding to the base", self._fits_base if verified else None)
        yield self._check("validity", self._in_time if verified else None)
        yield self._check("in force", self._in_force if verified and known.database else None)
        asks = known.charter is not None and bool(known.charter.batch_keys)
        yield self._check("batch", self._listed if verified and known.database and asks else None)

    @staticmethod
    def _check(name: str, look: Callable[[], object] | None) -> Check:
        if look is None:
            return Check(name, _TITLES[name], made=False)
        try:
            look()
        except OneSeatError as refusal:
            return Check(name, _TITLES[name], made=True, refusal=refusal)
        return Check(name, _TITLES[name], made=True)

    def _signed(self) -> object:
        return self._reference.code_signature and self._reference.code_signature(self._path)

    def _is_copy_of_base(self) -> None:
        """With its region emptied, the file has the base's SHA-256."""
        manifest, place = self._reference.manifest, self._found.region
        if manifest is None:
            return
        if place != manifest.region or self._found.size != manifest.size:
            raise BaseChanged(what="the region lies elsewhere")
        digest = hashlib.sha256()
        with self._path.open("rb") as file:
            left = place.offset
            while left and (piece := file.read(min(left, 1 << 20))):
                digest.update(piece)
                left -= len(piece)
        digest.update(region.pack(b"", place, manifest.region_sum))
        if digest.hexdigest() != manifest.base_sha256:
            raise BaseChanged(what="bytes outside of the licence region differ")

    def _licence_verifies(self) -> None:
        if self._reference.charter is not None:
            token = self._found.licence.decode("ascii", errors="replace")
            self._licence = Licence.verified(token, self._reference.charter.keys_for("licence"))

    def _fits_charter(self) -> None:
        if self._licence and self._reference.charter:
            self._licence.check_exam(self._reference.charter, self._licence.build)

    def _fits_base(self) -> None:
        if self._licence:
            self._licence.check_base(self._found.authenticode_sha256)

    def _in_time(self) -> None:
        if self._licence:
            self._licence.check_time(self._now)

    def _in_force(self) -> None:
        """The portal would still serve and activate this jti."""
        licence, database = self._licence, self._reference.database
        if licence is None or database is None:
            return
        with database.reading() as connection:
            seat = seats.find_by_jti(connection, licence.exam, licence.jti)
        if seat is None:
            raise LicenceReplaced(jti=licence.jti, reason=_NOT_PUBLISHED)
        if seat.revoked:
            raise LicenceReplaced(jti=licence.jti, reason=_REVOKED)

    def _listed(self) -> None:
        """The licence is a line of the batches that were published and signed."""
        licence, known = self._licence, self._reference
        if licence is None or known.database is None or known.charter is None:
            return
        token = self._found.licence.decode("ascii", errors="replace")
        with known.database.reading() as connection:
            newest = published_batches.newest_head(connection, licence.exam)
            if newest is None:
                raise NotInBatch(what=licence.jti)
            head = TreeHead.verified(newest, known.charter.batch_keys_by_kid, licence.exam)
            if not published_batches.is_listed(connection, head, licence.jti, licence_digest(token)):
                raise NotInBatch(what=licence.jti)


_NOT_PUBLISHED = Text("it is not the seat's published one", "不是该席位当前发布的许可")
_REVOKED = Text("it was revoked", "已被撤销")

_TITLES = {
    "form": Text("Form: signed PE file with a licence region", "文件结构：已签名的 PE 文件，含许可区"),
    "code signature": Text("Code signature", "代码签名"),
    "base": Text("Copy of the base, outside of the region byte for byte", "许可区以外与基础安装包逐字节相同"),
    "licence": Text("Licence signature", "许可签名"),
    "exam and build": Text("Exam and client build", "考试与考生端版本"),
    "binding to the base": Text("Licence made for this very installer", "许可与此安装包相符"),
    "validity": Text("Within its validity", "在有效期内"),
    "batch": Text("Line of a published, signed batch", "列于已发布并签名的批次"),
    "in force": Text("Published, not replaced, not revoked", "已发布，且未被替换或撤销"),
}


def measured(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file.

    Raises:
        PeMalformed: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return file.seek(0, 2), digest
    except OSError as error:
        raise PeMalformed(reason=f"{path.name}: {error.strerror}") from None
