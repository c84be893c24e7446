"""Exports the signed orders that moved sessions, and verifies them under the charters of an export.

Orders are numbered without gaps, so a removed one is noticed. One that names other seats alone is listed by
its number and digest, and not exported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from oneseat.room.evidence import tree
from oneseat.room.evidence.tree import TreeWriter
from oneseat.room.refusals.evidence import EvidenceError, OrderUnsound
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.orders import SignedOrder, orders_in_force, verify_order
from signing.text import Text

_ABSENT = Text("an order is missing", "缺少一项措施")


def write(
    writer: TreeWriter, charters: Sequence[Charter], tokens: Sequence[str], jti: str
) -> list[dict[str, object]]:
    """Write the orders that concern a seat; return the list of all as manifests have it.

    ``charters`` are the newest first: the newest says which orders are in force.
    """
    in_force = {order.number for charter in charters[:1] for order in orders_in_force(charter, tokens)}
    listed: list[dict[str, object]] = []
    for number, token in enumerate(tokens, start=1):
        signed = _verified(charters, token)
        concerns = signed is None or not signed.seats or jti in signed.seats
        if concerns:
            writer.write(_path(number), [token.encode()])
        digest = hashlib.sha256(token.encode()).hexdigest()
        entry = {"number": number, "sha256": digest, "in_force": number in in_force, "concerns": concerns}
        listed.append(entry)
    return listed


def faults(
    folder: Path, manifest: Mapping[str, Any], charters: Sequence[Charter], altered: set[str]
) -> Iterator[tuple[str, EvidenceError]]:
    """Yield what is wrong with the orders of an export, but for files that are known to be changed."""
    listed = manifest.get("orders", [])
    if [order["number"] for order in listed] != [*range(1, len(listed) + 1)]:
        yield tree.MANIFEST, OrderUnsound(reason=_ABSENT)
    present = {path.relative_to(folder).as_posix() for path in (folder / tree.ORDERS).glob("*.jws")}
    wanted = {_path(order["number"]) for order in listed if order["concerns"]}
    for path in sorted((wanted ^ present) - altered):
        yield path, OrderUnsound(reason=_ABSENT)
    for order in listed:
        path = _path(order["number"])
        if path in present - altered and order["in_force"]:
            yield from _fault_of(folder / path, path, order["number"], charters)


def exported(folder: Path, charters: Sequence[Charter]) -> list[SignedOrder]:
    """The orders of an export that verify under its charters."""
    tokens = [path.read_text("ascii", "replace").strip() for path in (folder / tree.ORDERS).glob("*.jws")]
    return [signed for token in tokens if (signed := _verified(charters, token)) is not None]


def _fault_of(
    target: Path, path: str, number: int, charters: Sequence[Charter]
) -> Iterator[tuple[str, EvidenceError]]:
    signed = _verified(charters, target.read_text("ascii", "replace").strip())
    if signed is None:
        reason = Text("no key of the charters signed it", "签名不属于规程所列的密钥")
        yield path, OrderUnsound(reason=reason)
    elif signed.number != number or not signed.is_of_two_persons:
        yield path, OrderUnsound(reason=Text("it is another order", "不是所列的措施"))


def _verified(charters: Sequence[Charter], token: str) -> SignedOrder | None:
    for charter in charters:
        try:
            return verify_order(charter, token)
        except OneSeatError:
            continue
    return None


def _path(number: int) -> str:
    return f"{tree.ORDERS}/{number:06d}.jws"
