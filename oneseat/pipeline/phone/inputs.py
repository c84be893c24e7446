"""The inputs of a phone app as they were when they were collected; the build id is their hash.

Inputs are the Java sources, the stubs of Android's platform, manifest and resources, the code that builds,
the pins of npm packages, the tools with their versions and digests, and the exam's facts. The signing key is
none: the same build may be signed by a development key and by the operator's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from oneseat import __version__
from oneseat.pipeline.base import inputs
from oneseat.pipeline.base.inputs import Source
from oneseat.pipeline.checkout import layout
from oneseat.pipeline.phone import templates
from oneseat.pipeline.phone.errors import PhoneSourcesChanged
from oneseat.pipeline.phone.facts import PhoneFacts
from oneseat.pipeline.phone.toolchain import PhoneToolchain

RECIPE = layout.PROJECT / "oneseat" / "pipeline" / "phone"
"""The code that builds."""


@dataclass(frozen=True)
class PhoneInputs:
    """All inputs of a build. ``tools`` are versions, for people; ``toolchain`` are digests in hexadecimal."""

    facts: PhoneFacts
    sources: tuple[Source, ...]
    tools: tuple[tuple[str, str], ...]
    toolchain: tuple[tuple[str, str], ...]

    @property
    def build_id(self) -> str:
        """SHA-256 over all inputs, hexadecimal."""
        return inputs.digest_of(self.as_object())

    def as_object(self) -> dict[str, object]:
        """Return every input with its hash or value, for comparing two builds."""
        return {
            "version": __version__,
            "names": asdict(self.facts),
            "sources": {source.name: source.sha256 for source in self.sources},
            "tools": dict(self.tools),
            "toolchain": dict(self.toolchain),
        }

    def differing(self, other: Mapping[str, Any]) -> list[str]:
        """List the inputs that differ from those of another build, as its `inputs.json` has them."""
        return inputs.differing(self.as_object(), other)

    def require_unchanged(self) -> None:
        """Check that no source was edited during the build, which would make the build id wrong.

        Raises:
            PhoneSourcesChanged: a file changed; it is named.
        """
        for source in self.sources:
            if not source.is_unchanged:
                raise PhoneSourcesChanged(file=source.name)


def collect(facts: PhoneFacts, toolchain: PhoneToolchain) -> PhoneInputs:
    """Collect the inputs of an exam's phone app.

    Raises:
        ToolMissing: a program of the toolchain is missing.
        ToolFailed, ToolTimedOut: a program does not start.
    """
    digests = toolchain.digests()
    return PhoneInputs(
        facts=facts,
        sources=tuple(Source.at(path.relative_to(layout.PROJECT).as_posix(), path) for path in _sources()),
        tools=tuple(sorted(toolchain.versions().items())),
        toolchain=tuple(sorted(digests.items())),
    )


def _sources() -> Iterator[Path]:
    yield from sorted(path for path in templates.SOURCES.rglob("*") if path.is_file())
    yield from sorted(RECIPE.glob("*.py"))
    yield layout.PHONE_PINS
