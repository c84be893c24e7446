"""Selects the charter in force: the newest copy on this computer that the root key signed.

One copy lies beside the program; enrolment and later synchronisation may have stored newer ones. The version
never goes back. A stored copy that does not verify counts as absent; the shipped one must verify.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List, Optional

from oneseat.client.computer.protocol import Computer
from oneseat.client.errors import InstallationBroken
from oneseat.client.local.portal_cache import PortalCache
from oneseat.client.local.vault import Vault, read_text
from signing import charter as charters
from signing.charter import Charter
from signing.errors import OneSeatError

FILE_NAME = "charter.jws"


def charter_in_force(program_folder: Path, root_public_key: bytes, computer: Computer) -> Charter:
    """Load the newest valid charter on this computer.

    Raises:
        InstallationBroken: the charter beside the program is missing.
        TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid, CharterRejected: the charter beside the
            program does not verify.
    """
    token = read_text(program_folder / FILE_NAME)
    if token is None:
        raise InstallationBroken(missing=FILE_NAME)
    shipped = charters.verify(token.strip(), root_public_key)
    known: List[Charter] = [shipped]
    for later in (Vault(computer, shipped.exam).charter(), PortalCache(computer, shipped.exam).charter()):
        known.extend(_verified(later, root_public_key, shipped.exam))
    return charters.newest(known, shipped.exam)


def newer(token: str, root_public_key: bytes, than: Charter) -> Optional[Charter]:
    """Verify a charter token; None unless it is valid, for the same exam, and newer."""
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
