"""Promises of the installer's script that wine cannot show: read in the templates."""

from __future__ import annotations

import re
from pathlib import Path

from oneseat.client.errors import RemovalTimeUnconfirmed
from oneseat.pipeline.base.installer import REMOVAL_TIME_UNCONFIRMED
from oneseat.pipeline.base.templates import ARTWORK

SOURCES = {path.name: path.read_text("utf-8") for path in sorted(ARTWORK.glob("*.nsi.j2"))}
SCRIPT = "\n".join(SOURCES.values())
PLUGIN = re.compile(r"\w+::\w|InitPluginsDir|PLUGINSDIR|\$\{Log\}|\$\{GetTime\}|^\s*Call ", re.MULTILINE)
"""Calls of plugins, which unpack them to the temporary folder, and functions, which may call some."""


def test_no_plugin_comes_before_windows_own_accounts_are_refused() -> None:
    for start in ("Function .onInit\n", "Function un.onInit\n"):
        (function,) = SCRIPT.split(start)[1:]
        assert function.lstrip().startswith("!insertmacro RefuseSystem\n"), start
    refusal = SOURCES["start.nsi.j2"].split("!macro RefuseSystem\n")[1].split("!macroend")[0]
    assert "Quit" in refusal
    assert not PLUGIN.search(refusal)


def test_nothing_deletes_folders_by_nsis_own_recursion_which_follows_junctions() -> None:
    assert not re.search(r"^\s*RMDir\s+.*/r\b", SCRIPT, re.MULTILINE | re.IGNORECASE)


def test_no_command_is_read_from_an_ini_file() -> None:
    keys = set(re.findall(r'(?:Read|Write)INIStr\s+(?:\S+\s+)?"\$\{\w+\}"\s+\S+\s+(\S+)', SCRIPT))
    assert keys == {
        '"level"', '"number"', '"title"', '"evidence"', '"remedy"', '"programs"',
        '"any"', '"running"', '"installed"', '"remnant"', "$1",
    }  # fmt: skip


def test_only_entries_of_the_machine_are_asked_for_their_uninstaller() -> None:
    reads = re.findall(r'ReadReg\w+ \S+ (\w+) .*"(?:UninstallString|QuietUninstallString)"', SCRIPT)
    assert reads == ["HKLM"]


def test_a_registration_is_deleted_only_after_the_client_confirmed_the_time() -> None:
    """Neither a computer's clock nor a client that says nothing is enough."""
    script = SOURCES["uninstall.nsi.j2"]
    assert RemovalTimeUnconfirmed.number == REMOVAL_TIME_UNCONFIRMED
    assert script.count("StrCpy $MayForget 1") == 1
    confirmed = script.split("StrCpy $MayForget 1")[0].rsplit("${If}", 1)[1]
    assert '$2 == "OK"' in confirmed
    assert re.findall(r"\$\{If\} \$MayForget = 1\n\s+Call un\.Forget\n", script)
    assert script.count("Call un.Forget\n") == 1


def test_the_uninstaller_takes_back_the_start_at_the_next_logon_of_its_own_installation_only() -> None:
    script = SOURCES["uninstall.nsi.j2"]
    source = Path("oneseat/client/platform/windows/sessions.py").read_text("utf-8")
    (key,) = re.findall(r'^!define RUN_ONCE_KEY "(.*)"$', script, re.MULTILINE)
    assert f'_RUN_ONCE = r"{key}"' in source
    assert '_RUN_ONCE_NAME = "OneSeat"' in source
    section, function = script.split("Section Uninstall")[1].split("SectionEnd")
    assert section.count("Call un.StartNoMore\n") == 1
    assert re.search(
        r"""ReadRegStr \$0 HKCU "\$\{RUN_ONCE_KEY\}" "OneSeat"
  \$\{If\} \$0 == '"\$INSTDIR\\\{\{ launcher \}\}"'
  \$\{OrIf\} \$0 == '"\$INSTDIR\\OneSeat\.exe"'.*
    DeleteRegValue HKCU "\$\{RUN_ONCE_KEY\}" "OneSeat"
""",
        function,
    )
    assert script.count("DeleteRegValue") == 1
