"""Builds the base installer: cached by a hash of its inputs, verified by building it again.

oneseat/client/ + templates/ --PyInstaller--> client --makensis--> installer
    --code signing, timestamp--> signed --reserve region--> base installer + manifest
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oneseat.client.run import LAUNCHER
from oneseat.pipeline.base import launcher, sbom
from oneseat.pipeline.base.build_folder import BuildFolder
from oneseat.pipeline.base.errors import BaseNotReproducible, InputsDiffer
from oneseat.pipeline.base.finished import INPUTS, MANIFEST, Base, check_base, sha256_of
from oneseat.pipeline.base.freeze import PROGRAM, freeze, tree_sha256
from oneseat.pipeline.base.inputs import BaseInputs
from oneseat.pipeline.base.installer import UNINSTALLER, InstallerCompiler, Payload
from oneseat.pipeline.base.reserving import write_reserved
from oneseat.pipeline.base.rules import InstallerRules
from oneseat.pipeline.base.signed_files import sign_all, strangers, unsigned_programs
from oneseat.pipeline.events import OnLine, ignore
from oneseat.pipeline.tools.code_signing import CodeSigner
from oneseat.pipeline.tools.makensis import Makensis
from oneseat.pipeline.tools.windows import WindowsPython
from signing import charter as charters
from signing.authority.manifest import Manifest

_SIGNED = "signed"
_SIGNED_PLUGINS = "signed-plugins"


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
        return BuildFolder(self.folder).cached_or_built(self.key, self._build_in, rebuild=rebuild)

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
        with BuildFolder(self.folder).working() as work:
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
        stages = _client_stages(client) | {"uninstaller": sha256_of(uninstaller)}
        if stages["uninstaller"] == base.manifest.stages["uninstaller"]:
            _require_signed_copies([(uninstaller, signed / UNINSTALLER)])
            payload = Payload.assemble(work / "payload", client, signed, self.inputs, base.charter)
            self.on_step("compiling the installer around the published, signed files")
            stages["installer"] = sha256_of(compiler.compile(payload, uninstaller, signed / UNINSTALLER))
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
            "uninstaller": sha256_of(uninstaller),
            "installer": sha256_of(unsigned),
        }
        self._finish(work / "signed-installer.exe", finished, stages)
        self.inputs.require_unchanged()
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
        "program": sha256_of(client / PROGRAM),
        "launcher": sha256_of(client / LAUNCHER),
    }
