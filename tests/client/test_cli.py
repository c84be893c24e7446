"""The command line: reports, exit statuses, and identity that never passes by arguments."""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Dict, List, Optional

import pytest

from oneseat.client import cli, commands, reports
from oneseat.client.errors import ClientAlreadyOpen
from oneseat.client.health import probes as p
from oneseat.client.health.check import Unanswered
from oneseat.client.local.vault import Vault
from signing.charter import TYP
from signing.text import Text
from tests.client.health.recorded import Recorded
from tests.client.simulated import BUILD, NOW, OWNER, STRANGER, Installation, Portal, sign


class Outcome:
    """What a run of the program left."""

    def __init__(self, status: int, report: Dict[str, Any]) -> None:
        self.status = status
        self.report = report


def run(installation: Installation, *arguments: str) -> Outcome:
    output = installation.folder / "report.json"
    if output.exists():
        output.unlink()
    status = cli.main(
        [*arguments, "--json", "--output", str(output)], installation.run, installation.actions_of
    )
    return Outcome(status, json.loads(output.read_text(encoding="utf-8")))


def answers(installation: Installation, identity: Any = OWNER, code: Optional[str] = None) -> str:
    path = installation.folder / "answers.txt"
    lines = [f"id_number={identity.id_number}", f"admission_number={identity.admission_number}"]
    lines += [f"install_code={code}"] if code else []
    path.write_text("\r\n".join(lines), encoding="utf-16")
    return str(path)


def enrol(installation: Installation, identity: Any = OWNER, *more: str) -> Outcome:
    installer = installation.installer(installation.authority.licence_token(OWNER))
    return run(
        installation,
        "enrol",
        "--installer",
        str(installer),
        "--answers",
        answers(installation, identity),
        *more,
    )


def test_enrol_then_check_reports_acceptance_and_status_zero(online_installation: Installation) -> None:
    assert enrol(online_installation).status == 0
    checked = run(online_installation, "--check", "--answers", answers(online_installation))
    assert checked.status == 0
    assert 0 <= checked.report.pop("elapsed_ms") < 10_000
    assert checked.report == {
        "accepted": True,
        "code": None,
        "cause": None,
        "remedy": None,
        "exam": "test",
        "build": BUILD,
        "charter_version": 1,
        "jti": online_installation.authority.jti(OWNER),
        "enrolment": "confirmed",
    }


def test_a_refusal_has_its_number_as_status_and_both_languages(online_installation: Installation) -> None:
    enrol(online_installation)
    checked = run(online_installation, "--check", "--answers", answers(online_installation, STRANGER))
    assert (checked.status, checked.report["code"], checked.report["accepted"]) == (45, "OS-045", False)
    assert set(checked.report["cause"]) == set(checked.report["remedy"]) == {"en", "zh"}


def test_a_refused_enrolment_ends_with_the_portals_number(online_installation: Installation) -> None:
    refused = enrol(online_installation, STRANGER)
    assert (refused.status, refused.report["code"]) == (170, "OS-170")


def test_the_message_file_is_what_the_installer_reads(online_installation: Installation) -> None:
    path = online_installation.folder / "message.txt"
    enrol(online_installation, STRANGER, "--message-file", str(path))
    data = path.read_bytes()
    assert data.startswith(b"\xff\xfe")
    lines = data.decode("utf-16").split("\r\n")
    assert lines == ["OS-170", "考生平台答复：信息不符", "信息不符", ""]
    enrol(online_installation, OWNER, "--message-file", str(path))
    assert path.read_bytes().decode("utf-16") == "OK\r\n"


def test_identity_comes_from_the_environment_and_leaves_it(
    online_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(online_installation)
    monkeypatch.setenv("ONESEAT_ID_NUMBER", OWNER.id_number)
    monkeypatch.setenv("ONESEAT_ADMISSION_NUMBER", OWNER.admission_number)
    monkeypatch.setenv("ONESEAT_INSTALL_CODE", "x")
    assert run(online_installation, "--check").status == 0
    identity = ("ONESEAT_ID_NUMBER", "ONESEAT_ADMISSION_NUMBER", "ONESEAT_INSTALL_CODE")
    assert not [name for name in identity if name in os.environ]
    assert run(online_installation, "--check").report["code"] == "OS-043"


def test_neither_log_nor_report_nor_message_shows_who_it_is(online_installation: Installation) -> None:
    log, message = online_installation.folder / "enrol.log", online_installation.folder / "message.txt"
    for identity in (OWNER, STRANGER):
        report = enrol(
            online_installation, identity, "--log", str(log), "--message-file", str(message)
        ).report
        shown = json.dumps(report) + log.read_text(encoding="utf-8") + message.read_bytes().decode("utf-16")
        for secret in (identity.id_number, identity.admission_number):
            assert secret not in shown
    assert "refused: OS-170" in log.read_text(encoding="utf-8")


def test_contact_at_check_makes_a_revocation_hold(online_installation: Installation, portal: Portal) -> None:
    enrol(online_installation)
    portal.revoked.append(online_installation.authority.jti(OWNER))
    assert run(online_installation, "--check", "--answers", answers(online_installation)).status == 0
    assert (
        run(online_installation, "--check", "--contact", "--answers", answers(online_installation)).status
        == 57
    )
    assert run(online_installation, "--check", "--answers", answers(online_installation)).status == 57
    portal.revoked.clear()
    assert (
        run(online_installation, "--check", "--contact", "--answers", answers(online_installation)).status
        == 0
    )


@pytest.mark.parametrize("arguments", [["--nonsense"], ["enrol"], ["forget"], ["--check", "--output"]])
def test_a_wrong_command_line_is_refused_with_its_number(
    installation: Installation, arguments: List[str]
) -> None:
    assert cli.main(arguments, installation.run, installation.actions_of) == 58


@pytest.mark.parametrize(
    "arguments", [["--id=110000"], ["110000"], ["enrol", "--language", "110000"], ["--check=110000"]]
)
def test_a_number_that_stands_among_the_arguments_is_not_repeated(
    installation: Installation, capfdbinary: pytest.CaptureFixture[bytes], arguments: List[str]
) -> None:
    assert cli.main(arguments, installation.run, installation.actions_of) == 58
    out, err = capfdbinary.readouterr()
    assert b"110000" not in out + err


def test_help_needs_no_console(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert cli.main(["--help"], installation.run, installation.actions_of) == 0
    assert cli.main(["--nonsense"], installation.run, installation.actions_of) == 58


def test_a_report_goes_to_standard_output_where_there_is_one(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding="ascii"))
    assert (
        cli.main(
            ["--check", "--json", "--answers", answers(installation)],
            installation.run,
            installation.actions_of,
        )
        == 44
    )
    assert json.loads(out.getvalue())["cause"]["zh"] == "本机尚未登记任何考生。"


def test_an_unexpected_fault_is_reported_with_a_place_and_no_traceback(
    online_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(online_installation)
    monkeypatch.setattr(Vault, "jtis", lambda _: 1 // 0)
    checked = run(online_installation, "--check", "--answers", answers(online_installation))
    assert (checked.status, checked.report["code"]) == (59, "OS-059")
    assert "ZeroDivisionError@test_cli:" in checked.report["cause"]["zh"]
    message = online_installation.folder / "message.txt"
    monkeypatch.setattr(commands, "Enrolment", None)
    assert enrol(online_installation, OWNER, "--message-file", str(message)).status == 59
    assert message.read_bytes().decode("utf-16").startswith("OS-059\r\n")


def test_forget_leaves_nothing_behind(online_installation: Installation) -> None:
    enrol(online_installation)
    assert cli.main(["forget", "--all"], online_installation.run, online_installation.actions_of) == 0
    assert not online_installation.computer.shared_folder().exists()
    assert not online_installation.computer.own_folder().exists()
    assert online_installation.opener.after_logon == [False], "no logon starts what is not there"
    assert cli.main(["forget", "--all"], online_installation.run, online_installation.actions_of) == 0


def keeping(installation: Installation, until: Optional[datetime]) -> Outcome:
    """The uninstaller asks, after a charter with this date came."""
    newer = replace(installation.authority.charter(), version=2, keep_until=until)
    token = sign(installation.authority.root, TYP, newer.claims())
    (installation.program.folder / "charter.jws").write_text(token, encoding="ascii")
    message = installation.folder / "keep.txt"
    status = cli.main(["keep", "--message-file", str(message)], installation.run, installation.actions_of)
    return Outcome(status, {"lines": message.read_text(encoding="utf-16").splitlines()})


def test_before_its_date_the_client_says_until_when_it_is_needed(installation: Installation) -> None:
    asked = keeping(installation, NOW + timedelta(seconds=1))
    assert asked.status == 37
    assert asked.report["lines"][0] == "OS-037"


def test_from_its_date_on_the_client_may_go(online_installation: Installation) -> None:
    asked = keeping(online_installation, NOW)
    assert (asked.status, asked.report["lines"]) == (0, ["OK"])


def test_a_clock_that_is_years_ahead_removes_nothing(
    online_installation: Installation, portal: Portal
) -> None:
    """A flat battery: the computer's clock is past the date, the portal's signed time is not."""
    online_installation.clock.at = NOW + timedelta(days=3650)
    asked = keeping(online_installation, NOW + timedelta(days=30))
    assert (asked.status, asked.report["lines"][0]) == (37, "OS-037")
    portal.now = NOW + timedelta(days=30)
    assert keeping(online_installation, NOW + timedelta(days=30)).status == 0


def test_without_the_portals_time_the_program_may_go_and_its_state_may_not(
    installation: Installation,
) -> None:
    asked = keeping(installation, NOW - timedelta(days=1))
    assert asked.status == 1250, "as the uninstaller knows it"
    assert asked.report["lines"][0] == "OS-1250"
    assert "登记信息会保留" in " ".join(asked.report["lines"])


def test_without_a_date_the_client_is_kept(installation: Installation) -> None:
    asked = keeping(installation, None)
    assert asked.status == 37
    assert "成绩公布" in asked.report["lines"][1]


def test_an_unreadable_charter_lets_nobody_claim_that_the_client_may_go(installation: Installation) -> None:
    (installation.program.folder / "charter.jws").write_text("torn", encoding="ascii")
    assert cli.main(["keep"], installation.run, installation.actions_of) not in (0, 37)


def test_messages_stay_within_what_nsis_holds() -> None:
    from oneseat.client.errors import PortalRefused

    long = Text("x" * 5000, "长" * 5000)
    text = reports.message(PortalRefused.of(199, 400, long, long), "zh").decode("utf-16")
    assert len(text) < 1024


def test_the_health_check_needs_nobody_and_reports_every_row(installation: Installation) -> None:
    outcome = run(installation, "check")
    assert outcome.status == 0
    report = outcome.report
    assert (report["fit"], report["code"], report["exam"], report["build"]) == (True, None, "test", BUILD)
    assert report["summary"] == {"pass": 18, "warn": 0, "block": 0, "unknown": 0}
    assert [row["status"] for row in report["findings"]] == ["pass"] * 18
    assert set(report["findings"][0]) == {"check", "name", "status", "forbidden", "evidence", "remedy"}
    assert 0 <= report["elapsed_ms"] < 10_000


def test_the_line_is_left_out_on_request(installation: Installation) -> None:
    checks = [row["check"] for row in run(installation, "check", "--no-bandwidth").report["findings"]]
    assert len(checks) == 17 and "bandwidth" not in checks


def test_a_computer_that_does_not_fit_ends_with_its_number_and_names_why(installation: Installation) -> None:
    installation.health = Recorded(free_on_c=0, cameras=(), power=Unanswered(Text("silent", "无应答")))
    outcome = run(installation, "check")
    assert (outcome.status, outcome.report["code"], outcome.report["fit"]) == (149, "OS-149", False)
    assert outcome.report["cause"]["zh"] == "本机不符合考试要求：C 盘空间；摄像头。"
    assert outcome.report["summary"] == {"pass": 15, "warn": 0, "block": 2, "unknown": 1}


def test_warnings_and_unknowns_end_with_zero(installation: Installation) -> None:
    installation.health = Recorded(clock=OSError(), sleep=p.Sleep(60, 0, 0, 0))
    outcome = run(installation, "check")
    assert outcome.status == 0
    assert outcome.report["summary"]["unknown"] == outcome.report["summary"]["warn"] == 1


def test_a_broken_installation_is_refused_before_any_check(installation: Installation) -> None:
    (installation.program.folder / "charter.jws").unlink()
    assert cli.main(["check", "--json"], installation.run, installation.actions_of) == 40


def test_a_second_start_brings_the_first_window_to_the_front(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_FIRST_WINDOW_S", 0.2)
    product = installation.authority.charter().product
    computer = installation.computer
    computer.is_window_held = True
    computer.windows.append(product.en)
    assert cli.main([], installation.run, installation.actions_of) == 0
    assert computer.shown == [product.en]
    computer.windows.clear()
    reported: List[str] = []
    monkeypatch.setattr(
        "oneseat.client.last_resort.report_refusal", lambda refusal, _: reported.append(refusal.code)
    )
    assert cli.main([], installation.run, installation.actions_of) == ClientAlreadyOpen.number
    assert reported == ["OS-1260"]


def test_a_start_while_the_first_client_ends_opens_a_window(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closed and started again at once, the first process may still be there without a window."""
    answers = iter([False, False, True])
    monkeypatch.setattr(installation.computer, "hold_window", lambda _: next(answers))
    monkeypatch.setattr("oneseat.client.gui.app.show_window", lambda *_: 0)
    assert cli.main([], installation.run, installation.actions_of) == 0
    assert next(answers, None) is None
