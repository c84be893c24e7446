"""``stamp``: writes one candidate's installer or phone app to a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.output_faults import unwritable
from oneseat.pipeline.publishing.errors import SeatUnknown
from oneseat.pipeline.publishing.stamped_file import write_stamped
from oneseat.state.database import Database
from oneseat.state.issuing import licences
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from signing.normal_forms import normalise_admission_number


@dataclass(frozen=True)
class Stamped:
    """An installer or phone app as a file. Of the candidate it names the jti only."""

    path: Path
    jti: str
    size: int
    sha256: str


def stamp(
    exam: Exam, admission_number: str, base: Path, manifest: Manifest, database: Database, destination: Path
) -> Stamped:
    """Write one seat's copy of the base, the bytes that the portal streams, to a file that appears whole.

    ``destination`` is a file, or a folder that gets ``<jti>.exe`` (``<jti>.apk`` for a phone app's base).
    It has the newest licence for the base, published or not.

    Raises:
        SeatUnknown: the admission number has no licence for this base.
        BaseChanged: the base differs from its manifest.
        OutputUnwritable: the file cannot be written.
    """
    number = normalise_admission_number(admission_number)
    with database.reading() as connection:
        edition = licences.find_edition(
            connection, exam.id, manifest.authenticode_sha256, manifest.build, exam.ends, manifest.artefact
        )
        licence = licences.newest_licence(connection, exam.id, edition.id, number) if edition else None
    if licence is None:
        raise SeatUnknown(exam=exam.id)
    jti, token = licence
    path = destination / f"{jti}{manifest.container.suffix}" if destination.is_dir() else destination
    stamper = Stamper(manifest, base)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sha256 = write_stamped(stamper, token.encode("ascii"), path)
    except OSError as error:
        raise unwritable(path, error) from None
    return Stamped(path, jti, manifest.size, sha256)
