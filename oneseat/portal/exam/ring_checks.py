"""Checks of a key ring at start: no authority key, matching rehearsal marks, a valid root key."""

from __future__ import annotations

from pathlib import Path

from oneseat.portal.refusals.start import AuthorityRingRefused, RehearsalRefused, SettingsInvalid
from signing.authority.keys import AUTHORITY, PORTAL, SECRETS, SIGNING_KEYS, portal_public_keys
from signing.jws import b64url_decode
from signing.refusals import TokenMalformed
from signing.text import Text, untranslated

FORBIDDEN = (set(SIGNING_KEYS[AUTHORITY]) | set(SECRETS[AUTHORITY])) - set(SECRETS[PORTAL])
"""What only the authority may hold: these keys can mint licences."""


def refuse_authority(folder: Path) -> None:
    """Refuse a ring that holds a key or secret of the authority's.

    Raises:
        AuthorityRingRefused: the ring holds one.
        KeyMissing, KeyRingBroken: there is no usable ring.
    """
    held = set(portal_public_keys(folder)) | {path.stem for path in folder.glob("*.secret")}
    for name in sorted(held & FORBIDDEN):
        raise AuthorityRingRefused(folder=folder, name=name)


def checked_marks(ring: bool, state: bool, *, rehearsing: bool) -> bool:
    """Whether ring and state database are for rehearsal; a rehearsed clock needs both to be.

    Raises:
        RehearsalRefused: one of the two is marked for rehearsal and the other is not, or the clock
            is rehearsed and they are not.
    """
    if ring == state and (ring or not rehearsing):
        return ring
    if not ring:
        raise RehearsalRefused(what=Text("the key ring is", "密钥目录"))
    raise RehearsalRefused(what=Text("the state database is", "状态数据库"))


def root_key(text: str) -> bytes:
    """The root public key (32 bytes) that a setting gives in base64url.

    Raises:
        SettingsInvalid: the text is not base64url of 32 bytes.
    """
    try:
        key = b64url_decode(text)
    except TokenMalformed as error:
        raise SettingsInvalid(setting="root_public_key", reason=untranslated(error)) from None
    if len(key) != 32:
        raise SettingsInvalid(setting="root_public_key", reason=Text("not 32 bytes", "不是 32 字节"))
    return key
