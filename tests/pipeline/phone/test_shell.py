"""The shell's decisions, tested in Java: origins, permissions, events, signing blocks."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import subprocess
from pathlib import Path
from random import Random

import pytest

from oneseat.pipeline.base.reserving import write_reserved
from oneseat.pipeline.phone.signing_key import PhoneIdentity
from oneseat.pipeline.phone.toolchain import PhoneToolchain
from oneseat.pipeline.publishing.stamped_file import write_stamped
from signing.apk_region import capacity_bytes
from signing.text import Text
from tests.signing.signed_files import Base

pytestmark = pytest.mark.service

JAVA_TESTS = Path(__file__).with_name("java")
_LIBRARIES = ("/usr/share/java/junit4.jar", "/usr/share/java/hamcrest.jar")


@pytest.fixture(scope="module")
def test_classes(
    compiled: Path, toolchain: PhoneToolchain, tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """The class path of the tests: themselves, the app's classes, the stubs, JUnit."""
    folder = tmp_path_factory.mktemp("java")
    path = [str(folder), str(compiled / "classes"), str(compiled / "stubs"), *_LIBRARIES]
    sources = sorted(JAVA_TESTS.rglob("*.java"))
    options = ["-J-XX:TieredStopAtLevel=1", "-Xlint:all", "-Werror", "-encoding", "UTF-8"]
    command: list[str | Path] = [
        toolchain.javac.path,
        *options,
        "-cp",
        os.pathsep.join(path),
        "-d",
        folder,
        *sources,
    ]
    toolchain.run(toolchain.javac, Text("compiling the tests", "编译测试"), command, folder)
    return path


def _java(toolchain: PhoneToolchain, path: list[str], *words: str | Path) -> str:
    command: list[str | Path] = [
        toolchain.java.path,
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-cp",
        os.pathsep.join(path),
    ]
    ended = subprocess.run([*command, *words], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_rules_of_the_shell(toolchain: PhoneToolchain, test_classes: list[str]) -> None:
    names = [f"oneseat.phone.{path.stem}" for path in sorted(JAVA_TESTS.rglob("*Test.java"))]
    assert len(names) == 3
    said = _java(toolchain, test_classes, "org.junit.runner.JUnitCore", *names)
    assert re.search(r"OK \(19 tests\)", said)


def test_the_shell_reads_its_own_file_and_survives_a_broken_one(
    toolchain: PhoneToolchain, test_classes: list[str], signed: Path, tmp_path: Path
) -> None:
    """Of a changed file each part is read or refused; any other exception would end the Java program here."""
    whole = signed.read_bytes()
    digest, _, licence = (
        _java(toolchain, test_classes, "oneseat.phone.ReadApks", signed).rstrip("\n").partition(" ")
    )
    assert re.fullmatch("[0-9a-f]{64}", digest) and licence == ""
    random = Random(7)
    block_at = whole.rindex(b"APK Sig Block 42") - 4096
    changed = [whole[: random.randrange(len(whole))] for _ in range(60)]
    for _ in range(140):
        at = random.randrange(block_at, len(whole))
        changed.append(whole[:at] + bytes([whole[at] ^ (1 << random.randrange(8))]) + whole[at + 1 :])
    paths = [tmp_path / f"{number}.apk" for number in range(len(changed))]
    for path, data in zip(paths, changed, strict=True):
        path.write_bytes(data)
    lines = _java(toolchain, test_classes, "oneseat.phone.ReadApks", *paths).splitlines()
    assert len(lines) == len(paths)
    assert all(line.startswith("refused: ") for line in lines[:60]), "every shortened file is refused"
    assert sum(line.startswith("refused: ") for line in lines) < len(lines), "padding may change"


def test_the_shell_computes_the_digest_that_a_licence_names(
    toolchain: PhoneToolchain, test_classes: list[str], signed: Path, identity: PhoneIdentity
) -> None:
    data = signed.read_bytes()
    footer_at = data.rindex(b"APK Sig Block 42") + 16
    (size,) = struct.unpack_from("<Q", data, footer_at - 24)
    end_at = data.rindex(b"PK\5\6")
    entries = data[: footer_at - size - 8]
    end = data[end_at : end_at + 16] + struct.pack("<I", len(entries)) + data[end_at + 20 :]
    chunks = [
        hashlib.sha256(b"\xa5" + struct.pack("<I", len(part)) + part).digest()
        for part in (entries, data[footer_at:end_at], end)
    ]
    content = hashlib.sha256(b"\x5a" + struct.pack("<I", len(chunks)) + b"".join(chunks)).digest()
    expected = hashlib.sha256(b"oneseat/apk/v1\0" + content + bytes.fromhex(identity.sha256)).hexdigest()
    assert _java(toolchain, test_classes, "oneseat.phone.ReadApks", signed).split() == [expected]


def test_shell_and_kernel_read_the_same_licence_and_digest(
    toolchain: PhoneToolchain, test_classes: list[str], signed: Path, tmp_path: Path
) -> None:
    path = tmp_path / "base.apk"
    base = Base.measured(path, write_reserved(signed, path).region_sum)
    digest, most = base.manifest.authenticode_sha256, capacity_bytes(base.manifest.region)
    paths = [path]
    for length in (1, 600, most):
        paths.append(tmp_path / f"{length}.apk")
        write_stamped(base.stamper, b"L" * length, paths[-1])
    lines = _java(toolchain, test_classes, "oneseat.phone.ReadApks", *paths).splitlines()
    assert lines == [f"{digest} {'L' * length}" for length in (0, 1, 600, most)]
