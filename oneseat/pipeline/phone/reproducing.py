"""Verifies a phone app by building it again: every stage, and the file where its signing key is at hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from oneseat.pipeline.base.build_folder import BuildFolder
from oneseat.pipeline.base.errors import BaseNotReproducible, InputsDiffer
from oneseat.pipeline.base.finished import Base, check_base, sha256_of
from oneseat.pipeline.base.reserving import write_reserved
from oneseat.pipeline.events import OnLine, ignore
from oneseat.pipeline.phone import apk_signing
from oneseat.pipeline.phone.builder import SIGNED_STAGE, cache_key, compile_in
from oneseat.pipeline.phone.compiling import UNSIGNED_STAGE
from oneseat.pipeline.phone.inputs import PhoneInputs
from oneseat.pipeline.phone.signing_key import PhoneIdentity
from oneseat.pipeline.phone.toolchain import PhoneToolchain


@dataclass(frozen=True)
class PhoneVerifier:
    """Verifies apps of one exam; without ``identity``, or with another one, the unsigned stages alone."""

    folder: Path
    inputs: PhoneInputs
    identity: PhoneIdentity | None
    toolchain: PhoneToolchain = field(default_factory=PhoneToolchain)
    on_step: OnLine = ignore

    def verify(self, base: Base) -> list[str]:
        """Build an app again and compare; return the names of what was compared.

        Raises:
            BaseChanged: the file on disk differs from its manifest.
            InputsDiffer: the sources or tools here are not those that it was built from; it names them.
            BaseNotReproducible: some stages differ; it names them.
            Otherwise as :meth:`oneseat.pipeline.phone.builder.PhoneBuilder.build`.
        """
        check_base(base)
        if differing := self.inputs.differing(base.inputs):
            raise InputsDiffer(inputs=", ".join(differing))
        expected = {**base.manifest.stages, base.manifest.file_name: base.manifest.base_sha256}
        with BuildFolder(self.folder).working() as work:
            stages = compile_in(work, self.inputs, self.toolchain, self.on_step)
            if self.identity is not None and self._signed(base, self.identity):
                stages |= self._signed_in(work, base.manifest.file_name, self.identity)
            else:
                del expected[SIGNED_STAGE], expected[base.manifest.file_name]
        differing = [name for name, digest in expected.items() if stages.get(name) != digest]
        if differing:
            raise BaseNotReproducible(stages=", ".join(sorted(differing)))
        return sorted(expected)

    def _signed_in(self, work: Path, file_name: str, identity: PhoneIdentity) -> dict[str, str]:
        self.on_step("phone: signing the app again")
        signed, base = work / SIGNED_STAGE, work / file_name
        apk_signing.sign(work / UNSIGNED_STAGE, signed, identity, self.toolchain)
        write_reserved(signed, base)
        return {SIGNED_STAGE: sha256_of(signed), file_name: sha256_of(base)}

    @staticmethod
    def _signed(base: Base, identity: PhoneIdentity) -> bool:
        """Whether this key signed an app: its folder is named by the certificate."""
        manifest = base.manifest
        return base.folder.name == cache_key(manifest.build, identity, rehearsal=manifest.rehearsal)
