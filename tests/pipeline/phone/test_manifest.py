"""What Android will read in the app's manifest, as aapt2 reads it out of the compiled APK."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from oneseat.pipeline.phone.artwork import drawables
from oneseat.pipeline.phone.compiling import UNSIGNED_STAGE
from oneseat.pipeline.phone.facts import PhoneFacts, version_code
from oneseat.pipeline.phone.inputs import PhoneInputs
from oneseat.pipeline.phone.templates import RESOURCES, android_text
from oneseat.pipeline.phone.toolchain import PhoneToolchain
from tests.pipeline.phone.conftest import FACTS

pytestmark = pytest.mark.service

_ELEMENT = re.compile(r"^( *)E: ([\w-]+)")
_ATTRIBUTE = re.compile(r"^ *A: (?:\S+/android:)?(\w+)(?:\(0x\w+\))?=(\"?)(.*?)\2(?: \(Raw: .*\))?$")

Element = tuple[str, dict[str, str]]


@pytest.fixture(scope="module")
def apk(compiled: Path) -> Path:
    return compiled / UNSIGNED_STAGE


@pytest.fixture(scope="module")
def elements(apk: Path, toolchain: PhoneToolchain) -> list[Element]:
    """The manifest's elements in order, each with its attributes."""
    found: list[Element] = []
    for line in _aapt2(toolchain, "xmltree", "--file", "AndroidManifest.xml", apk).splitlines():
        if match := _ELEMENT.match(line):
            found.append((match[2], {}))
        elif (match := _ATTRIBUTE.match(line)) and found:
            found[-1][1][match[1]] = match[3]
    return found


def _aapt2(toolchain: PhoneToolchain, *words: str | Path) -> str:
    command = [toolchain.aapt2.path, "dump", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _named(elements: list[Element], name: str) -> list[dict[str, str]]:
    return [attributes for kind, attributes in elements if kind == name]


def test_it_asks_for_what_it_needs_and_no_more(elements: list[Element]) -> None:
    asked = {each["name"].removeprefix("android.permission.") for each in _named(elements, "uses-permission")}
    service = {"FOREGROUND_SERVICE", "FOREGROUND_SERVICE_CAMERA", "FOREGROUND_SERVICE_MICROPHONE"}
    assert asked == {"INTERNET", "CAMERA", "RECORD_AUDIO", "MODIFY_AUDIO_SETTINGS"} | service


def test_nothing_but_the_launcher_is_open_to_other_apps(elements: list[Element]) -> None:
    components = [
        each
        for each in elements
        if each[0] in {"activity", "service", "receiver", "provider", "activity-alias"}
    ]
    exported = {each["name"]: each["exported"] for _, each in components}
    assert exported == {"oneseat.phone.MainActivity": "true", "oneseat.phone.RecordingService": "false"}
    assert [each["name"] for each in _named(elements, "action")] == ["android.intent.action.MAIN"]
    assert [each["name"] for each in _named(elements, "category")] == ["android.intent.category.LAUNCHER"]
    assert _named(elements, "data") == [], "no link opens it"


def test_neither_plain_http_nor_backups_nor_debugging(elements: list[Element]) -> None:
    (application,) = _named(elements, "application")
    assert application["usesCleartextTraffic"] == "false"
    assert application["allowBackup"] == application["fullBackupContent"] == "false"
    assert "debuggable" not in application


def test_versions_and_identity(elements: list[Element]) -> None:
    (manifest,), (levels,) = _named(elements, "manifest"), _named(elements, "uses-sdk")
    assert manifest["package"] == "oneseat.phone.e_demo_1"
    assert manifest["versionCode"] == str(version_code())
    assert (levels["minSdkVersion"], levels["targetSdkVersion"]) == ("26", "34")


def test_the_service_takes_camera_and_microphone(
    elements: list[Element], apk: Path, toolchain: PhoneToolchain
) -> None:
    (service,) = _named(elements, "service")
    listed = _aapt2(toolchain, "resources", apk)
    match = re.search(r"resource (0x\w+) integer/recording_types\s+\(\) (\w+)", listed)
    assert match
    assert service["foregroundServiceType"] == f"@{match[1]}"
    assert int(match[2], 0) == 0x40 | 0x80


def test_its_name_is_the_exams_in_both_languages(apk: Path, toolchain: PhoneToolchain) -> None:
    said = _aapt2(toolchain, "badging", apk)
    assert "application-label:'智考通'" in said
    assert "application-label-en:'Zhikaotong'" in said


def test_the_shell_reads_the_exams_facts(apk: Path, phone_inputs: PhoneInputs) -> None:
    with zipfile.ZipFile(apk) as archive:
        facts = json.loads(archive.read("assets/oneseat.json"))
    assert facts == {
        "exam": "demo-1",
        "room_url": "https://room.example",
        "page_url": "https://room.example/phone/",
        "build": phone_inputs.build_id,
        "title": {"zh": "测试考试", "en": "It's a test"},
    }


def test_what_android_maps_into_memory_is_stored_and_aligned(apk: Path, toolchain: PhoneToolchain) -> None:
    """From Android 11 on, an app is refused whose table of resources is packed or not aligned."""
    with zipfile.ZipFile(apk) as archive:
        assert archive.getinfo("resources.arsc").compress_type == zipfile.ZIP_STORED
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    subprocess.run([toolchain.zipalign.path, "-c", "4", apk], check=True, capture_output=True)


def test_the_icon_is_the_one_that_is_drawn() -> None:
    assert {name: (RESOURCES / "drawable" / name).read_text("utf-8") for name in drawables()} == drawables()


@pytest.mark.parametrize(
    ("exam", "identity"),
    [("demo", "e_demo"), ("2026-a", "e_2026_a"), ("a-b", "e_a_b")],
    ids=["word", "digit", "hyphen"],
)
def test_each_exam_is_an_app_of_its_own(exam: str, identity: str) -> None:
    facts = PhoneFacts(exam, FACTS.app, FACTS.title, FACTS.publisher, FACTS.room_url)
    assert facts.application_id == f"oneseat.phone.{identity}"


def test_a_later_version_replaces_an_earlier_one() -> None:
    numbers = [version_code(version) for version in ("0.2.0", "0.2.1", "0.10.0", "1.0.0", "1.0.999")]
    assert numbers == sorted(set(numbers))


def test_texts_cannot_leave_their_string() -> None:
    assert android_text("a'b\"c\\d@e?f<g&") == "a\\'b\\\"c\\\\d\\@e\\?f&lt;g&amp;"
