"""Builds the phone app that all candidates share, cached by a hash of its inputs.

templates/phone --compiling--> unsigned APK --apksigner--> signed --reserve region--> base APK + manifest

Every step depends on its input only, the signature included (:mod:`oneseat.pipeline.phone.reproducing`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from oneseat.pipeline.base.build_folder import BuildFolder
from oneseat.pipeline.base.finished import INPUTS, MANIFEST, Base, sha256_of
from oneseat.pipeline.base.reserving import write_reserved
from oneseat.pipeline.base.sbom import SBOM
from oneseat.pipeline.events import OnLine, ignore
from oneseat.pipeline.phone import apk_signing, sbom
from oneseat.pipeline.phone.compiling import UNSIGNED_STAGE, PhoneCompiler
from oneseat.pipeline.phone.inputs import PhoneInputs
from oneseat.pipeline.phone.signing_key import PhoneIdentity
from oneseat.pipeline.phone.toolchain import PhoneToolchain
from signing.authority.manifest import Manifest

SIGNED_STAGE = "signed.apk"


@dataclass(frozen=True)
class PhoneBuilder:
    """Builds one exam's phone apps below ``folder``; ``on_step`` is called with the name of each step."""

    folder: Path
    inputs: PhoneInputs
    identity: PhoneIdentity
    rehearsal: bool = False
    toolchain: PhoneToolchain = field(default_factory=PhoneToolchain)
    on_step: OnLine = ignore

    @property
    def key(self) -> str:
        """The cache key: a hash of build id, signing certificate and rehearsal mark."""
        return cache_key(self.inputs.build_id, self.identity, rehearsal=self.rehearsal)

    def build(self, *, rebuild: bool = False) -> Base:
        """Return the cached app for these inputs, or build it and rename it into place atomically.

        Raises:
            AlreadyRunning: another run builds in the same folder.
            OutputUnwritable: the disk is full or the folder is not writable.
            CacheChanged, CacheWritableByOthers: the unpacked tools are not to be trusted.
            ToolMissing, ToolFailed, ToolTimedOut: a tool is missing, failed, or ran too long; its output is
                kept.
            TemplateBroken: manifest or texts cannot be rendered.
            PhoneSignatureUnverified: the file that was just signed does not verify.
            PhoneSourcesChanged: a source was edited during the build.
            ApkMalformed, RegionMalformed: the region cannot be reserved in what apksigner made.
        """
        return BuildFolder(self.folder).cached_or_built(self.key, self._build_in, rebuild=rebuild)

    def _build_in(self, work: Path) -> Path:
        stages, signed = self._signed_in(work)
        finished = work / "finished"
        finished.mkdir()
        self.on_step("phone: reserving the licence region")
        path = finished / self.inputs.facts.file_name
        reserved = write_reserved(signed, path)
        # Reserving the region must not have changed any signed byte.
        apk_signing.verify(path, self.identity.sha256, self.toolchain)
        with path.open("rb") as file:
            manifest = Manifest.measure(
                file,
                reserved.region_sum,
                exam=self.inputs.facts.exam,
                build=self.inputs.build_id,
                development_certificate=self.identity.is_development,
                rehearsal=self.rehearsal,
                stages=stages,
            )
        inputs = json.dumps(self.inputs.as_object(), indent=2, sort_keys=True, ensure_ascii=False)
        (finished / INPUTS).write_text(inputs + "\n", "utf-8")
        (finished / SBOM).write_text(sbom.generate(self.inputs), "utf-8")
        self.inputs.require_unchanged()
        (finished / MANIFEST).write_bytes(manifest.to_json())
        return finished

    def _signed_in(self, work: Path) -> tuple[dict[str, str], Path]:
        """Compile and sign in a folder; return the digest of each stage, and the signed APK."""
        stages = compile_in(work, self.inputs, self.toolchain, self.on_step)
        self.on_step("phone: signing the app")
        signed = work / SIGNED_STAGE
        apk_signing.sign(work / UNSIGNED_STAGE, signed, self.identity, self.toolchain)
        return {**stages, SIGNED_STAGE: sha256_of(signed)}, signed


def cache_key(build_id: str, identity: PhoneIdentity, *, rehearsal: bool) -> str:
    """Hash build id, signing certificate and rehearsal mark to the name of an app's folder."""
    parts = [build_id, identity.sha256, str(rehearsal)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def compile_in(work: Path, inputs: PhoneInputs, toolchain: PhoneToolchain, on_step: OnLine) -> dict[str, str]:
    """Compile the unsigned APK in a folder; return the digest of each stage by its file's name.

    Raises:
        As :meth:`PhoneBuilder.build`.
    """
    toolchain.require_intact()
    on_step("phone: compiling the app")
    compiler = PhoneCompiler(inputs.facts, inputs.build_id, work, toolchain)
    compiler.compile()
    return {name: sha256_of(path) for name, path in compiler.stages()}
