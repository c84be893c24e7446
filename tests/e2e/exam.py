"""A small exam with keys and base, for tests that install it on simulated computers."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from oneseat.pipeline.base.builder import BaseBuilder
from oneseat.pipeline.base.collecting import collect
from oneseat.pipeline.base.finished import Base
from oneseat.pipeline.base.names import ExamNames
from oneseat.pipeline.publishing.stamped_file import write_stamped
from oneseat.pipeline.tools.code_signing import OsslsigncodeSigner
from signing import binding, jws
from signing.authority.signer import PrivateKeySigner, sign_token
from signing.authority.stamp import Stamper
from signing.charter import TYP, Charter, CharterKey
from signing.tokens import Licence
from tests.bases import built, known_test_identity, known_test_key
from tests.charters import charter

EXAM_SECRET = b"a secret of the tests, of no exam at all"


@dataclass(frozen=True)
class Candidate:
    """A candidate who does not exist."""

    id_number: str
    admission_number: str

    @property
    def jti(self) -> str:
        return binding.derive_jti(EXAM_SECRET, self.admission_number, 1)

    @property
    def seat_key(self) -> bytes:
        return binding.derive_seat_key(EXAM_SECRET, self.jti)

    @property
    def install_code(self) -> str:
        return binding.install_code(self.seat_key)


def candidate(number: int) -> Candidate:
    """A candidate with a well-formed ID number of a region that does not exist."""
    digits = f"000000199001{number % 28 + 1:02d}{number % 1000:03d}"
    weights = [2 ** (17 - position) % 11 for position in range(17)]
    check = "10X98765432"[sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11]  # GB 11643
    return Candidate(digits + check, f"T{number:08d}")


@dataclass(frozen=True)
class SmallExam:
    """An exam with a built base, and its keys."""

    base: Base
    root: PrivateKeySigner
    rules: Charter
    licence_signer: PrivateKeySigner
    folder: Path

    @classmethod
    def build(cls, folder: Path, *, version: int = 1) -> SmallExam:
        """Sign the charter, and build the base or load it from the cache."""
        root, licence = known_test_key("small exam, root"), known_test_key("small exam, licence")
        rules = charter(CharterKey("licence", licence.public_key), version=version)
        # Requirements that the test machine meets, not those of a real exam.
        needs = dataclasses.replace(rules.requirements, disk_free_gib=0.1, memory_free_gib=0.1)
        rules = dataclasses.replace(rules, requirements=needs)
        inputs = collect(ExamNames.of(rules), root.public_key)
        rules = dataclasses.replace(rules, builds=(inputs.build_id,))
        token = sign_token(root, TYP, rules.claims())
        signer = OsslsigncodeSigner(known_test_identity())
        base = built(BaseBuilder(folder / "base", inputs, token, signer))
        return cls(base, root, rules, licence, folder)

    def newer_charter(self, **changes: Any) -> str:
        """Sign the next version of the charter, with changes."""
        newer = dataclasses.replace(self.rules, version=self.rules.version + 1, **changes)
        return sign_token(self.root, TYP, newer.claims())

    def licence(self, owner: Candidate, **changes: Any) -> str:
        """Sign a candidate's licence for this base, with changed claims."""
        now = datetime.now(UTC)
        manifest = self.base.manifest
        tag = binding.seat_tag(owner.seat_key, owner.id_number, owner.admission_number)
        licence = Licence(
            exam=manifest.exam,
            jti=owner.jti,
            build=manifest.build,
            base=manifest.authenticode_sha256,
            seat=jws.b64url_encode(tag),
            iat=int(now.timestamp()),
            nbf=int((now - timedelta(hours=1)).timestamp()),
            exp=int((now + timedelta(days=30)).timestamp()),
            v=1,
        )
        return sign_token(self.licence_signer, Licence.TYP, dataclasses.replace(licence, **changes).claims())

    def installer(self, owner: Candidate) -> Path:
        """Stamp a candidate's installer."""
        path = self.folder / f"{owner.jti}.exe"
        if not path.exists():
            stamper = Stamper(self.base.manifest, self.base.path)
            write_stamped(stamper, self.licence(owner).encode("ascii"), path)
        return path
