"""Which charter holds: the newest that the root key signed, wherever it came from.

The installer carries one beside the program; enrolment and later contact with the
portal may have left newer ones. A version once seen is never left for an older one.
A copy that does not verify counts as absent, except the shipped one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List, Optional

from oneseat.client.computer.protocol import Computer
from oneseat.client.errors import InstallationBroken
from oneseat.client.local.portal_cache import Notebook
from oneseat.client.local.vault import Vault, read_text
from signing import charter as charters
from signing.charter import Charter
from signing.errors import OneSeatError

FILE_NAME = "charter.jws"


def in_force(program_folder: Path, root_public_key: bytes, computer: Computer) -> Charter:
    """The charter by which this computer goes now.

    Raises:
        InstallationBroken: none lies beside the program.
        TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid, CharterRejected: the one
            beside the program does not verify.
    """
    token = read_text(program_folder / FILE_NAME)
    if token is None:
        raise InstallationBroken(missing=FILE_NAME)
    shipped = charters.verify(token.strip(), root_public_key)
    known: List[Charter] = [shipped]
    for later in (Vault(computer, shipped.exam).charter(), Notebook(computer, shipped.exam).charter()):
        known.extend(_verified(later, root_public_key, shipped.exam))
    return charters.newest(known, shipped.exam)


def newer(token: str, root_public_key: bytes, than: Charter) -> Optional[Charter]:
    """The charter in ``token``, where it verifies, is the same exam's, and newer."""
    for charter in _verified(token, root_public_key, than.exam):
        if charter.version > than.version:
            return charter
    return None


def _verified(token: Optional[str], root_public_key: bytes, exam: str) -> Iterator[Charter]:
    if token is None:
        return
    try:
        charter = charters.verify(token.strip(), root_public_key)
    except OneSeatError:
        return
    if charter.exam == exam:
        yield charter
