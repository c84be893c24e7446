"""The file of a sealed paper: the box, one share of its key for each holder, and when it may be released."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from oneseat.files.paper_names import PaperName
from oneseat.room.papers import boxes, holders
from oneseat.room.papers.boxes import SealedPaper, length_prefixed
from oneseat.room.papers.holders import Holder
from oneseat.room.refusals.holders import HoldersRefused, SealedPaperBroken
from signing.authority import sealed_boxes
from signing.jws import b64url_decode, b64url_encode, canonical_json
from signing.os_faults import system_reason
from signing.refusals import TokenMalformed
from signing.text import Text

FORMAT = "oneseat/sealed-paper/v1"
_LARGEST_FILE = 16 << 20


@dataclass(frozen=True)
class Share:
    """A holder's share, encrypted for the holder."""

    holder: str
    name: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True)
class SealedFile:
    """A sealed paper as it lies in a folder. Shares are taken from ``release_s`` before the start on."""

    paper: SealedPaper
    release_s: int
    shares: tuple[Share, ...]

    @property
    def context(self) -> bytes:
        """What a share belongs to: this very box, and its earliest release."""
        return share_context(self.paper, self.release_s)

    def release_from(self, starts: datetime) -> datetime:
        """The earliest release for a session that starts then."""
        return starts - timedelta(seconds=self.release_s)

    def share_of(self, holder: str) -> Share | None:
        """The share of the holder with that id; None without one."""
        return next((share for share in self.shares if share.holder == holder), None)

    def to_json(self) -> bytes:
        """The file's content."""
        return canonical_json(
            {
                "format": FORMAT,
                "exam": self.paper.exam,
                "kind": self.paper.name.kind,
                "position": self.paper.name.position,
                "variant": self.paper.name.variant,
                "release_s": self.release_s,
                "nonce": b64url_encode(self.paper.nonce),
                "box": b64url_encode(self.paper.box),
                "shares": [
                    {"holder": share.holder, "name": share.name, "sealed": b64url_encode(share.sealed)}
                    for share in self.shares
                ],
            }
        )


def share_context(paper: SealedPaper, release_s: int) -> bytes:
    """What a share is bound to."""
    return length_prefixed("oneseat/paper-share/v1", paper.digest.hex(), str(release_s))


def seal_paper(
    exam: str, name: PaperName, content: bytes, held_by: Sequence[Holder], release_s: int
) -> SealedFile:
    """Encrypt a paper under a new key, and split the key between holders. The key itself is forgotten.

    Raises:
        HoldersRefused: there are too few or too many holders, or one twice.
    """
    ids = {holder.id for holder in held_by}
    if len(ids) != len(held_by) or not holders.FEWEST <= len(ids) <= holders.MOST:
        raise HoldersRefused(count=len(held_by))
    paper, key = boxes.seal(exam, name, content)
    context = share_context(paper, release_s)
    shares = [
        Share(
            holder.id, holder.name, sealed_boxes.seal_for(holder.public_key, holders.encode(parts), context)
        )
        for holder, parts in zip(held_by, holders.split(key, held_by), strict=True)
    ]
    return SealedFile(paper, release_s, tuple(shares))


def read_sealed(path: Path, exam: str, name: PaperName) -> SealedFile:
    """Read a sealed paper's file.

    Raises:
        SealedPaperBroken: it cannot be read, is no sealed paper, or is another exam's or session's.
    """
    members = _members(path)
    try:
        found = PaperName(str(members["kind"]), int(members["position"]), str(members["variant"]))
        nonce, box = b64url_decode(members["nonce"]), b64url_decode(members["box"])
        sealed = SealedPaper(str(members["exam"]), found, nonce, box)
        shares = tuple(_share(each) for each in members["shares"])
        read = SealedFile(sealed, int(members["release_s"]), shares)
    except (KeyError, TypeError, ValueError, TokenMalformed):
        raise SealedPaperBroken(file=path.name, reason=_NO_SEALED_PAPER) from None
    if members.get("format") != FORMAT:
        raise SealedPaperBroken(file=path.name, reason=_NO_SEALED_PAPER)
    if (sealed.exam, found) != (exam, name):
        other = Text("it is another exam's or another session's", "属于其他考试或其他场次")
        raise SealedPaperBroken(file=path.name, reason=other)
    return read


_NO_SEALED_PAPER = Text("it is no sealed paper, or damaged", "不是密封试卷，或已损坏")


def _members(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            members = json.loads(file.read(_LARGEST_FILE))
    except OSError as error:
        raise SealedPaperBroken(file=path.name, reason=system_reason(error)) from None
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise SealedPaperBroken(file=path.name, reason=_NO_SEALED_PAPER)
    return members


def _share(members: Mapping[str, Any]) -> Share:
    return Share(str(members["holder"]), str(members["name"]), b64url_decode(members["sealed"]))
