"""Compiles the unsigned APK: Java to bytecode, resources to binary XML, all into one aligned ZIP file.

    templates/phone --javac--> classes --dx--> classes.dex
    templates/phone/res + manifest + assets --aapt2--> resources
    both --zipalign--> unsigned APK

The bytes depend on the inputs only: file times are fixed, files are given in order, paths are relative.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from oneseat import __version__
from oneseat.pipeline.phone import templates
from oneseat.pipeline.phone.facts import MIN_SDK, TARGET_SDK, PhoneFacts, version_code
from oneseat.pipeline.phone.toolchain import PhoneToolchain
from signing.text import Text

RESOURCES_STAGE, DEX_STAGE, UNSIGNED_STAGE = "resources.apk", "classes.dex", "unsigned.apk"

JAVA_RELEASE = "7"
"""The Java version of the sources: dx translates classes of Java 7 and no later ones, so no lambdas."""

_RECORDING = Text("Recording: the exam is filming", "正在录制：考试拍摄中")
_ADVICE = Text("Leave the phone where it is.", "请勿移动手机，也不要切换到其他应用")
_STAY = Text(
    "The recording goes on until the exam has ended. Leave the phone where it is.",
    "录制在考试结束前不会停止，请勿移动或操作手机",
)
# The earliest time of a ZIP file (APPNOTE.TXT, 4.4.6), which aapt2 uses too.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_ALIGNMENT = "4"


@dataclass(frozen=True)
class PhoneCompiler:
    """Compiles one exam's app in a working folder; ``build`` is the build id that it carries."""

    facts: PhoneFacts
    build: str
    folder: Path
    toolchain: PhoneToolchain

    def compile(self) -> Path:
        """Compile everything and return the unsigned APK's path.

        Raises:
            ToolMissing, ToolFailed, ToolTimedOut: a tool is missing, failed, or ran too long.
            TemplateBroken: manifest or texts cannot be rendered.
        """
        dex, resources = self._bytecode(), self._resources()
        together = self.folder / "together.apk"
        shutil.copyfile(resources, together)
        with zipfile.ZipFile(together, "a") as apk:
            entry = zipfile.ZipInfo(DEX_STAGE, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            apk.writestr(entry, dex.read_bytes())
        unsigned = self.folder / UNSIGNED_STAGE
        zipalign = self.toolchain.zipalign
        command: list[str | Path] = [zipalign.path, "-f", _ALIGNMENT, together, unsigned]
        self.toolchain.run(zipalign, Text("aligning the APK", "对齐 APK"), command, self.folder)
        return unsigned

    def stages(self) -> Iterator[tuple[str, Path]]:
        """Yield name and path of what a build compares: resources, bytecode, the unsigned APK."""
        for name in (RESOURCES_STAGE, DEX_STAGE, UNSIGNED_STAGE):
            yield name, self.folder / name

    def _bytecode(self) -> Path:
        classes = compile_java(self.folder, self.toolchain)
        dex = self.folder / DEX_STAGE
        options: list[str | Path] = [f"--output={dex}", classes]
        command = self.toolchain.dx.command("--dex", *options)
        doing = Text("translating to Android's bytecode", "转换为 Android 字节码")
        self.toolchain.run(self.toolchain.dx, doing, command, self.folder)
        return dex

    def _resources(self) -> Path:
        stage_resources(self.facts, self.build, self.folder)
        aapt2, compiled, linked = self.toolchain.aapt2, self.folder / "res.zip", self.folder / RESOURCES_STAGE
        compiling: list[str | Path] = [aapt2.path, "compile", "--dir", "res", "-o", compiled]
        self.toolchain.run(aapt2, Text("compiling resources", "编译资源"), compiling, self.folder)
        levels = ["--min-sdk-version", str(MIN_SDK), "--target-sdk-version", str(TARGET_SDK)]
        framework: list[str | Path] = ["-I", self.toolchain.platform.path]
        sources = ["--manifest", "AndroidManifest.xml", "-A", "assets"]
        linking: list[str | Path] = [
            aapt2.path,
            "link",
            *framework,
            *sources,
            *levels,
            "-o",
            linked,
            compiled,
        ]
        self.toolchain.run(aapt2, Text("linking resources", "链接资源"), linking, self.folder)
        return linked


def compile_java(folder: Path, toolchain: PhoneToolchain) -> Path:
    """Compile the stubs of Android's platform, then the app against them; return its classes' folder."""
    stubs, classes = folder / "stubs", folder / "classes"
    _javac(templates.STUBS, stubs, None, toolchain)
    _javac(templates.JAVA, classes, stubs, toolchain)
    return classes


def stage_resources(facts: PhoneFacts, build: str, folder: Path) -> None:
    """Write manifest, resources and assets to ``folder``, as aapt2 reads them."""
    shutil.copytree(templates.RESOURCES, folder / "res")
    texts = {"": "zh", "-en": "en"}
    for suffix, language in texts.items():
        strings = templates.render(
            templates.STRINGS_TEMPLATE,
            app=getattr(facts.app, language),
            recording=getattr(_RECORDING, language),
            recording_advice=getattr(_ADVICE, language),
            stay=getattr(_STAY, language),
        )
        values = folder / "res" / f"values{suffix}"
        values.mkdir(exist_ok=True)
        (values / "strings.xml").write_text(strings, "utf-8")
    (folder / "AndroidManifest.xml").write_text(manifest(facts), "utf-8")
    (folder / "assets").mkdir()
    (folder / "assets" / "oneseat.json").write_text(facts.exam_file(build), "utf-8")


def manifest(facts: PhoneFacts) -> str:
    """Render the app's manifest."""
    return templates.render(
        templates.MANIFEST_TEMPLATE,
        application_id=facts.application_id,
        version_code=version_code(),
        version=__version__,
    )


def _javac(sources: Path, target: Path, library: Path | None, toolchain: PhoneToolchain) -> None:
    target.mkdir()
    files = sorted(path.relative_to(sources) for path in sources.rglob("*.java"))
    # No debugging symbols: a stack trace of the shell needs line numbers, and nothing else.
    options = [
        "--release",
        JAVA_RELEASE,
        "-Xlint:all,-options,-serial",
        "-Werror",
        "-g:source,lines",
        "-encoding",
        "UTF-8",
    ]
    libraries = ["-cp", str(library)] if library else ["-implicit:none"]
    doing = Text("compiling Java", "编译 Java")
    quick = [f"-J{option}" for option in ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")]
    command: list[str | Path] = [toolchain.javac.path, *quick, *options, *libraries, "-d", target, *files]
    toolchain.run(toolchain.javac, doing, command, sources)
