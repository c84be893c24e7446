"""Constants compiled into the program: the root public key and the build id."""

from __future__ import annotations

from dataclasses import dataclass

from oneseat.client.errors import InstallationBroken


@dataclass(frozen=True)
class Baked:
    """The exam's root public key (Ed25519, 32 bytes) and the build id of this client."""

    root_public_key: bytes
    build_id: str


def load() -> Baked:
    """Load the values that the build generated into ``client/_baked.py``.

    Raises:
        InstallationBroken: the program runs from its sources, which have no such module.
    """
    try:
        from oneseat.client import _baked  # type: ignore[attr-defined]
    except ImportError:
        raise InstallationBroken(missing="oneseat.client._baked") from None
    return Baked(bytes(_baked.ROOT_PUBLIC_KEY), str(_baked.BUILD_ID))
