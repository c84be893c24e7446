"""Builds the base installer: cached by a hash of its inputs, verified by building it again.

oneseat/client/ + templates/ --PyInstaller--> client --makensis--> installer
    --code signing, timestamp--> signed --reserve region--> base installer + manifest
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from oneseat.client.run import LAUNCHER
from oneseat.files.atomic import write_atomic
from oneseat.pipeline.base import launcher, sbom
from oneseat.pipeline.base.errors import AlreadyRunning, BaseMissing, BaseNotReproducible, InputsDiffer
from oneseat.pipeline.base.freeze import PROGRAM, freeze, tree_sha256
from oneseat.pipeline.base.inputs import BaseInputs
from oneseat.pipeline.base.installer import UNINSTALLER, InstallerCompiler, Payload
from oneseat.pipeline.base.reserving import write_reserved
from oneseat.pipeline.base.rules import InstallerRules
from oneseat.pipeline.base.signed_files import sign_all, strangers, unsigned_programs
from oneseat.pipeline.events import OnLine, ignore
from oneseat.pipeline.output_faults import unwritable
from oneseat.pipeline.tools.code_signing import CodeSigner
from oneseat.pipeline.tools.errors import ToolEndedBadly
from oneseat.pipeline.tools.makensis import Makensis
from oneseat.pipeline.tools.windows import WindowsPython
from signing import charter as charters
from signing.authority.errors import BaseChanged
from signing.authority.manifest import Manifest
from signing.os_faults import system_reason
from signing.text import verbatim

MANIFEST = "manifest.json"
INPUTS = "inputs.json"
CURRENT = "current.json"
LOG = "failed-build.log"
_SIGNED = "signed"
_SIGNED_PLUGINS = "signed-plugins"
_WORK = ".building-"


@dataclass(frozen=True)
class Base:
    """A finished base: its folder, its manifest, and whether it was built now or taken from the cache."""

    folder: Path
    manifest: Manifest
    built: bool = False

    @property
    def path(self) -> Path:
        """The base installer."""
        return self.folder / self.manifest.file_name

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs that it was built from, out of `inputs.json`; empty if that is missing or damaged."""
        try:
            inputs: object = json.loads((self.folder / INPUTS).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return inputs if isinstance(inputs, dict) else {}

    @property
    def charter(self) -> str:
        """The charter that it carries."""
        return (self.folder / "charter.jws").read_text("ascii").strip()


@dataclass(frozen=True)
class BaseBuilder:
    """Builds one exam's bases below ``folder``.

    ``on_step`` is called with the name of each step, ``on_line`` with each line of the tools' output.
    """

    folder: Path
    inputs: BaseInputs
    charter: str
    signer: CodeSigner
    rehearsal: bool = False
    python: WindowsPython = field(default_factory=WindowsPython)
    makensis: Makensis = field(default_factory=Makensis)
    on_step: OnLine = ignore
    on_line: OnLine = ignore

    @property
    def key(self) -> str:
        """The cache key: a hash of build id, charter, signing identity and rehearsal mark."""
        parts = [self.inputs.build_id, self.charter.strip(), self.signer.identity_id, str(self.rehearsal)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]

    def build(self, *, rebuild: bool = False) -> Base:
        """Return the cached base for these inputs, or build it and rename it into place atomically.

        Raises:
            AlreadyRunning: another run builds in the same folder.
            OutputUnwritable: the disk is full or the folder is not writable.
            CacheChanged, CacheWritableByOthers: the unpacked toolchain is not to be trusted.
            ToolMissing, ToolFailed, ToolTimedOut: a tool is missing, failed, or ran too long; its output is
                kept.
            ClientIncomplete: the client cannot be frozen from its sources.
            TemplateBroken: a template cannot be rendered.
            TimestampUnavailable: the timestamp server gave no timestamp.
            SignatureUnverified: a file that was just signed does not verify.
            PeMalformed, RegionMalformed: the region cannot be reserved in what makensis made.
        """
        with _writable(self.folder), locked(self.folder), self._log_kept():
            target = self.folder / self.key
            base = None if rebuild else _read(target)
            if base is None:
                with self._working_folder() as work:
                    finished = self._build_in(work)
                    self.inputs.require_unchanged()
                    _replace(finished, target)
                base = _read(target, built=True)
            if base is None:
                raise BaseMissing(folder=target)
            _set_current(self.folder, self.key)
            return base

    def verify(self, base: Base) -> None:
        """Build again from the same inputs and compare every unsigned stage with the base's manifest.

        The signed program and uninstaller are taken from the base, since two signatures of one file
        differ by their times.

        Raises:
            BaseChanged: the base on disk differs from its manifest.
            InputsDiffer: the sources or tools here are not those that it was built from; it names them.
            BaseNotReproducible: some stages differ, or a signed file is of other bytes; it names them.
            Otherwise as :meth:`build`.
        """
        check_base(base)
        if differing := self.inputs.differing(base.inputs):
            raise InputsDiffer(inputs=", ".join(differing))
        with _writable(self.folder), locked(self.folder), self._log_kept(), self._working_folder() as work:
            stages = self._build_around(base, work)
        differing = [name for name, digest in base.manifest.stages.items() if stages.get(name) != digest]
        if differing:
            raise BaseNotReproducible(stages=", ".join(sorted(differing)))

    def _build_around(self, base: Base, work: Path) -> dict[str, str]:
        """Build every unsigned stage around the signed files of a base, and return the stages' digests."""
        client = self._freeze(work)
        compiler = self._compiler(work, base.charter)
        signed, plugins = base.folder / _SIGNED, base.folder / _SIGNED_PLUGINS
        _require_signed_copies(_programs(client, signed) + _plugins(compiler, plugins))
        compiler.stage_plugins(plugins)
        uninstaller = compiler.unsigned_uninstaller()
        stages = _client_stages(client) | {"uninstaller": _sha256(uninstaller)}
        if stages["uninstaller"] == base.manifest.stages["uninstaller"]:
            _require_signed_copies([(uninstaller, signed / UNINSTALLER)])
            payload = Payload.assemble(work / "payload", client, signed, self.inputs, base.charter)
            self.on_step("compiling the installer around the published, signed files")
            stages["installer"] = _sha256(compiler.compile(payload, uninstaller, signed / UNINSTALLER))
        return stages

    def _build_in(self, work: Path) -> Path:
        finished = work / "finished"
        signed, plugins = finished / _SIGNED, finished / _SIGNED_PLUGINS
        client = self._freeze(work)
        compiler = self._compiler(work, self.charter)
        self.on_step("signing the client and the installer's plugins")
        self._sign(_programs(client, signed) + _plugins(compiler, plugins))
        compiler.stage_plugins(plugins)
        self.on_step("making and signing the uninstaller")
        uninstaller = compiler.unsigned_uninstaller()
        self._sign([(uninstaller, signed / UNINSTALLER)])
        payload = Payload.assemble(work / "payload", client, signed, self.inputs, self.charter)
        self.on_step("compiling the installer")
        unsigned = compiler.compile(payload, uninstaller, signed / UNINSTALLER)
        self.on_step("signing the installer and reserving the licence region")
        self._sign([(unsigned, work / "signed-installer.exe")])
        stages = _client_stages(client) | {
            "uninstaller": _sha256(uninstaller),
            "installer": _sha256(unsigned),
        }
        self._finish(work / "signed-installer.exe", finished, stages)
        return finished

    def _finish(self, signed: Path, folder: Path, stages: dict[str, str]) -> None:
        """Reserve the region, and write the manifest and the documents of the base."""
        exam = self.inputs.names.exam
        path = folder / f"OneSeat-{exam}-Setup.exe"
        reserved = write_reserved(signed, path)
        # Reserving the region must not have changed any signed byte.
        self.signer.verify(path)
        with path.open("rb") as file:
            manifest = Manifest.measure(
                file,
                reserved.region_sum,
                exam=exam,
                build=self.inputs.build_id,
                development_certificate=self.signer.is_development,
                rehearsal=self.rehearsal,
                stages=stages,
            )
        inputs = json.dumps(self.inputs.as_object(), indent=2, sort_keys=True, ensure_ascii=False)
        (folder / INPUTS).write_text(inputs + "\n", "utf-8")
        (folder / "charter.jws").write_text(self.charter.strip() + "\n", "ascii")
        (folder / sbom.SBOM).write_text(sbom.generate(self.inputs), "utf-8")
        (folder / MANIFEST).write_bytes(manifest.to_json())

    def _freeze(self, work: Path) -> Path:
        self.on_step("freezing the client")
        folder = work / "client"
        folder.mkdir()
        client = freeze(self.inputs, folder, self.python, self.on_line)
        self.on_step("compiling the launcher")
        launcher.compile_into(client, work, self.inputs.names, self.makensis, self.on_line)
        return client

    def _compiler(self, work: Path, charter: str) -> InstallerCompiler:
        rules = InstallerRules.of(charters.verify(charter.strip(), self.inputs.root_public_key))
        return InstallerCompiler(self.inputs, rules, self.makensis, work, self.on_line)

    def _sign(self, files: Sequence[tuple[Path, Path]]) -> None:
        sign_all(self.signer, files, self.inputs.names.product.zh)

    @contextlib.contextmanager
    def _working_folder(self) -> Iterator[Path]:
        """Create a temporary folder on the result's file system, so that the result can be renamed.

        The lock is held, so the working folders that are there belong to runs that were killed.
        """
        for stale in self.folder.glob(f"{_WORK}*"):
            shutil.rmtree(stale, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_WORK, dir=self.folder) as folder:
            yield Path(folder)

    @contextlib.contextmanager
    def _log_kept(self) -> Iterator[None]:
        """Write the whole output of a tool that fails in the block to a file, and name it in the refusal."""
        log = self.folder / LOG
        log.unlink(missing_ok=True)
        try:
            yield
        except ToolEndedBadly as refusal:
            if refusal.output:
                log.write_text(refusal.output + "\n", "utf-8")
                refusal.log = log
            raise


def open_base(folder: Path) -> Base:
    """Open the base that was built last below ``folder``.

    Raises:
        BaseMissing: no base was built.
        BaseChanged: its manifest is damaged.
    """
    try:
        key = json.loads((folder / CURRENT).read_text("utf-8"))["key"]
    except (OSError, ValueError, KeyError, TypeError):
        raise BaseMissing(folder=folder) from None
    base = _read(folder / str(key))
    if base is None:
        raise BaseMissing(folder=folder)
    return base


def all_bases(folder: Path) -> Iterator[Base]:
    """Yield every finished base below ``folder``, including earlier ones; damaged ones are skipped."""
    for path in sorted(folder.glob(f"*/{MANIFEST}")):
        with contextlib.suppress(BaseChanged):
            if base := _read(path.parent):
                yield base


def check_base(base: Base) -> None:
    """Compare the file on disk with the manifest.

    Raises:
        BaseChanged: the file differs or cannot be read.
    """
    try:
        same = _sha256(base.path) == base.manifest.base_sha256
    except OSError as error:
        raise BaseChanged(what=system_reason(error).about(base.path.name)) from None
    if not same:
        raise BaseChanged(what=verbatim(base.path.name))


def _read(folder: Path, *, built: bool = False) -> Base | None:
    """Read the finished base in a folder, or None. The manifest is written last, so it marks completion."""
    try:
        manifest = Manifest.from_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        return None
    base = Base(folder, manifest, built)
    return base if base.path.is_file() else None


def _replace(finished: Path, target: Path) -> None:
    """Rename a finished folder to its name; an older folder of that name is moved away first."""
    if target.exists():
        target.rename(finished.parent / "replaced")
    finished.rename(target)


def _set_current(folder: Path, key: str) -> None:
    write_atomic(folder / CURRENT, [json.dumps({"key": key}).encode() + b"\n"], durable=False)


def _programs(client: Path, signed: Path) -> list[tuple[Path, Path]]:
    """Return the client's unsigned programs and libraries, each with the path of its signed copy."""
    return [(client / name, signed / name) for name in unsigned_programs(client)]


def _plugins(compiler: InstallerCompiler, signed: Path) -> list[tuple[Path, Path]]:
    """Return the installer's plugins, each with the path of its signed copy."""
    return [(path, signed / path.name) for path in compiler.plugins()]


def _require_signed_copies(files: Sequence[tuple[Path, Path]]) -> None:
    if names := strangers(files):
        raise BaseNotReproducible(stages=", ".join(names))


def _client_stages(client: Path) -> dict[str, str]:
    return {
        "client": tree_sha256(client),
        "program": _sha256(client / PROGRAM),
        "launcher": _sha256(client / LAUNCHER),
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of builds in a folder for the block.

    Raises:
        AlreadyRunning: a build runs there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise AlreadyRunning(folder=folder) from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """Create the folder, and refuse write errors in the block as :func:`unwritable`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        path = error.filename or folder
        raise unwritable(path, error) from error
