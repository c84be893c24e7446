"""Decrypts workbooks that are encrypted under Excel's default password.

Spreadsheet programs encrypt some workbooks without a password of their own, such as those whose structure is
protected, under a constant one ([MS-OFFCRYPTO], 2.4.2.1), and open them without a question. Anyone can read
such a file, so it is read like any other workbook.
"""

from __future__ import annotations

import io
from pathlib import Path

from oneseat.pipeline.roster.errors import RosterEncrypted

_DEFAULT_PASSWORD = "VelvetSweatshop"  # noqa: S105 -- a constant of the format


def decrypt(path: Path) -> io.BytesIO:
    """Decrypt a workbook with the default password, in memory.

    Raises:
        RosterEncrypted: it has another password, or an encryption that is not known.
    """
    import msoffcrypto  # type: ignore[import-untyped] # few rosters need it

    content = io.BytesIO()
    try:
        with path.open("rb") as file:
            document = msoffcrypto.OfficeFile(file)
            document.load_key(password=_DEFAULT_PASSWORD, verify_password=True)
            document.decrypt(content)
    except Exception:  # noqa: BLE001 -- a wrong password, or whatever the parser raises for a damaged file
        raise RosterEncrypted(file=path.name) from None
    content.seek(0)
    return content
