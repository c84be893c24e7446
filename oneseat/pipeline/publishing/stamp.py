"""One candidate's installer to a file: ``stamp``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.errors import OutputUnwritable
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.publishing.errors import SeatUnknown
from oneseat.pipeline.publishing.stamped_file import write_stamped
from oneseat.state.database import Database
from oneseat.state.issuing import licences
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from signing.binding import normalise_admission_number


@dataclass(frozen=True)
class Stamped:
    """A candidate's installer as a file. The jti is all that names the candidate."""

    path: Path
    jti: str
    size: int
    sha256: str


def stamp(
    exam: Exam, admission_number: str, base: Path, manifest: Manifest, database: Database, destination: Path
) -> Stamped:
    """Write the installer of one seat, whole or not at all: the bytes that the portal would stream.

    ``destination`` is a file, or a folder that gets ``<jti>.exe``. The newest licence is
    taken, published or not.

    Raises:
        SeatUnknown: the admission number has no licence for this base.
        BaseChanged: the base is not its manifest's.
        OutputUnwritable: the file cannot be written.
    """
    number = normalise_admission_number(admission_number)
    with database.reading() as connection:
        edition = licences.find_edition(
            connection, exam.id, manifest.authenticode_sha256, manifest.build, exam.ends
        )
        found = licences.newest_licence(connection, exam.id, edition.id, number) if edition else None
    if found is None:
        raise SeatUnknown(exam=exam.id)
    jti, token = found
    path = destination / f"{jti}.exe" if destination.is_dir() else destination
    stamper = Stamper(manifest, base)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sha256 = write_stamped(stamper, token.encode("ascii"), path)
    except OSError as error:
        raise OutputUnwritable(path=path, reason=error.strerror or "error") from None
    return Stamped(path, jti, manifest.size, sha256)
