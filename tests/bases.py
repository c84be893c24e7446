"""A cache of installers for tests: one is built again only when what it is made of has changed.

Building one takes half a minute under wine. A base is found again when the same keys sign the same inputs, so
the keys here are the same in every run: THEY ARE TEST KEYS, KNOWN TO EVERYBODY, and sign nothing else.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from filelock import FileLock

from bootstrap import layout
from oneseat.pipeline.base.builder import BaseBuilder
from oneseat.pipeline.base.finished import Base
from oneseat.pipeline.base.installer import InstallerCompiler
from oneseat.pipeline.base.templates import ARTWORK
from oneseat.pipeline.tools.errors import CodeSigningIdentityUnusable
from oneseat.pipeline.tools.identity import CodeSigningIdentity, create_development_identity, open_identity
from signing.authority.signer import PrivateKeySigner
from tests.effort import LONG

KNOWN_TO_EVERYBODY = b"ONESEAT TEST KEY, KNOWN TO EVERYBODY, FOR TESTS ALONE: "
PASSPHRASE_OF_THE_TESTS = b"of the tests"
KEPT = 8
"""How many bases the cache keeps, the last used ones."""
KEPT_WITHOUT_PAYLOAD = 40
"""How many installers without a payload it keeps."""

_BUILDING = ("oneseat/pipeline/base", "oneseat/pipeline/tools", "signing")
"""The code that builds. The builder's own key holds what goes into a base, and not this."""
_TOOLS = ("makensis", "osslsigncode", "wine")


def known_test_key(name: str) -> PrivateKeySigner:
    """A test key, the same in every run. It protects nothing."""
    seed = hashlib.sha256(KNOWN_TO_EVERYBODY + name.encode()).digest()
    return PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(seed))


def known_test_identity() -> CodeSigningIdentity:
    """The code-signing identity of this computer's tests, made by the first one that asks."""
    folder = cache() / "test-code-signing"
    with FileLock(cache() / ".identity.lock"):
        try:
            return open_identity(folder, PASSPHRASE_OF_THE_TESTS, datetime.now(UTC))
        except CodeSigningIdentityUnusable:  # none yet, or its time is over
            shutil.rmtree(folder, ignore_errors=True)
            return create_development_identity(folder, PASSPHRASE_OF_THE_TESTS, datetime.now(UTC))


def cache() -> Path:
    """Where bases are kept between runs."""
    folder = layout.cache_root() / "test-bases"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def built(builder: BaseBuilder) -> Base:
    """The base of ``builder`` in its folder: a copy of the cached one; in a long run it is built there.

    Test processes that want the same base wait while one of them builds it.
    """
    if not LONG:
        kept = cache() / f"base-{key_of(builder)}"
        with FileLock(cache() / f".{kept.name}.lock"):
            replace(builder, folder=kept).build()
            os.utime(kept)
            shutil.copytree(
                kept,
                builder.folder,
                dirs_exist_ok=True,
                ignore=shutil.ignore_patterns(".lock", ".building-*"),
            )
        _forget_old_ones()
    return builder.build()


def without_payload(compiler: InstallerCompiler) -> Path:
    """The installer that ``compiler`` makes without a payload: a cached one; in a long run it is made now.

    The script of an exam takes makensis a second, whatever it packs.
    """
    key = _digest_of(compiler.script().encode(), *(path.read_bytes() for path in sorted(ARTWORK.glob("*.*"))))
    kept = cache() / f"without-payload-{key}.exe"
    with FileLock(cache() / ".without-payload.lock"):
        if LONG or not kept.exists():
            compiler.unsigned_uninstaller()
            draft = Path(shutil.copy(compiler.folder / "uninstaller.exe", cache() / ".without-payload-draft"))
            draft.replace(kept)
        os.utime(kept)
        for path in _by_age("without-payload-*")[KEPT_WITHOUT_PAYLOAD:]:
            path.unlink()
    return kept


def key_of(builder: BaseBuilder, *inputs: bytes) -> str:
    """A digest of all that a base of ``builder`` is made from, and of further inputs."""
    return _digest_of(builder.key.encode(), *inputs)


def _digest_of(*inputs: bytes) -> str:
    """A digest of what something is built from: its own inputs, the code that builds, and the tools."""
    digest = hashlib.sha256()
    for content in inputs:
        digest.update(len(content).to_bytes(8, "big") + content)
    for path in _building():
        digest.update(str(path.relative_to(layout.PROJECT)).encode() + path.read_bytes())
    for tool in _TOOLS:
        found = shutil.which(tool)
        status = Path(found).stat() if found else None
        digest.update(f"{tool} {status and (status.st_size, status.st_mtime_ns)}".encode())
    return digest.hexdigest()[:24]


def _building() -> Iterator[Path]:
    for folder in _BUILDING:
        yield from sorted((layout.PROJECT / folder).rglob("*.py"))


def _forget_old_ones() -> None:
    """Delete all but the last used ones, unless another process is at one of them."""
    for path in _by_age("base-*")[KEPT:]:
        lock = FileLock(cache() / f".{path.name}.lock", blocking=False)
        if _acquired(lock):
            shutil.rmtree(path, ignore_errors=True)
            lock.release()


def _by_age(pattern: str) -> list[Path]:
    """What the cache keeps under such names, the last used first."""
    return sorted(cache().glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)


def _acquired(lock: FileLock) -> bool:
    try:
        lock.acquire()
    except TimeoutError:
        return False
    return True
