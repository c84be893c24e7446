"""Verifies that a licence is in the log of published batches, under the signed tree head.

A stolen licence key and write access to the database are not enough to add a licence: a device
can only activate what is a line of a published batch, and the batch's root is signed by a key
that signs nothing else (docs/explanation/published-batches.md). The check reads one line
and a logarithmic number of hashes.
"""

from __future__ import annotations

from functools import lru_cache

from oneseat.portal.errors import NotReady
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.devices import LicenceUnlisted
from oneseat.state.publishing import published_batches
from signing.authority.batch_log import TreeHead, licence_digest
from signing.errors import OneSeatError
from signing.jws import thumbprint
from signing.text import Text
from signing.tokens import Licence


def refuse_unlisted(exam: ServedExam, licence: Licence, token: str) -> None:
    """Refuse a licence that no published batch lists, in exams whose charter names a batch key.

    Raises:
        LicenceUnlisted: it is not a line of a batch, or its line is not in the signed tree.
        NotReady: there is no tree head, or the charter's keys do not verify it.
    """
    keys = exam.charter().charter.batch_keys
    if not keys:
        return
    with exam.database.reading() as connection:
        head = _head(published_batches.newest_head(connection, exam.exam), keys, exam.exam)
        if not published_batches.is_listed(connection, head, licence.jti, licence_digest(token)):
            raise LicenceUnlisted


def _head(token: str | None, keys: tuple[bytes, ...], exam: str) -> TreeHead:
    if token is None:
        raise NotReady(what=Text("no batch", "没有批次"))
    try:
        return _verified(token, keys, exam)
    except OneSeatError as error:
        raise NotReady(what=Text(f"batch head, {error.code}", f"批次摘要，{error.code}")) from error


@lru_cache(maxsize=8)
def _verified(token: str, keys: tuple[bytes, ...], exam: str) -> TreeHead:
    """A verified tree head, cached: a signature that is valid once stays valid."""
    return TreeHead.verify(token, {thumbprint(key): key for key in keys}, exam)
