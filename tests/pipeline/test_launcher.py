"""The launcher's script: it shows its refusals in both languages, and needs nothing but itself."""

from __future__ import annotations

import dataclasses

from oneseat.pipeline.base import launcher
from oneseat.pipeline.base.freeze import NEEDED_TO_START
from oneseat.pipeline.base.names import ExamNames
from tests.charters import charter
from tests.pipeline.test_installer_script import PLUGIN

NAMES = ExamNames.of(charter())
SCRIPT = launcher.script(NAMES)


def test_each_refusal_is_in_it_with_its_code_its_words_and_the_hotline() -> None:
    assert [refusal.number for refusal in launcher.REFUSALS] == [1251, 1252, 1253]
    for refusal in launcher.REFUSALS:
        assert f'CODE_{refusal.number} "OS-{refusal.number}"' in SCRIPT
        assert f"!insertmacro Refuse {refusal.number}\n" in SCRIPT
        for language in ("zh", "en"):
            assert getattr(refusal.cause, language).replace("{file}", "$R1") in SCRIPT
            assert getattr(refusal.remedy, language) in SCRIPT
    assert f"技术服务热线：{NAMES.hotline}" in SCRIPT and f"Hotline: {NAMES.hotline}" in SCRIPT


def test_every_file_that_the_start_needs_is_looked_for_before_the_start() -> None:
    before = SCRIPT.split("  Exec ")[0]
    for name in NEEDED_TO_START:
        windows_name = name.replace("/", "\\")
        assert f'StrCpy $R1 "{windows_name}"\n  Call RequireFile\n' in before


def test_it_calls_no_plugin() -> None:
    """Plugins are unpacked to the temporary folder at each start."""
    assert "Call RequireFile" in SCRIPT
    assert not PLUGIN.search(SCRIPT.replace("  Call RequireFile\n", ""))


def test_a_name_cannot_break_out_of_its_script() -> None:
    quoted = dataclasses.replace(NAMES, hotline='1 "2" $INSTDIR')
    assert '1 $\\"2$\\" $$INSTDIR' in launcher.script(quoted)
