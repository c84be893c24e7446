"""What of a charter goes into the installer's script."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from oneseat.pipeline.base.rules import InstallerRules, WantedSoftware
from signing.charter import CharterKey, Software
from signing.refusals import RESULTS_PUBLISHED
from signing.text import Text
from tests.charters import BEIJING, at, charter

RULES = charter(CharterKey("licence", bytes(32)))


def test_sizes_are_mebibytes_and_half_gibibytes_are_kept() -> None:
    rules = InstallerRules.of(RULES)
    assert (rules.memory_mib, rules.memory_usable_mib) == (4096, 3584)
    assert (rules.memory_free_mib, rules.disk_free_mib) == (2048, 20480)


def test_only_antivirus_is_looked_for_and_only_block_blocks() -> None:
    catalogue = (
        Software("甲杀毒", "antivirus", "block", ("jia",), (), ("Jia",)),
        Software("乙杀毒", "antivirus", "warn", (), (), ("YiSafe",)),
        Software("聊天", "chat", "block", ("chat",), (), ("Chat",)),
    )
    wanted = InstallerRules.of(dataclasses.replace(RULES, catalogue=catalogue)).antivirus
    assert [(software.name, software.blocks) for software in wanted] == [("甲杀毒", True), ("乙杀毒", False)]
    assert wanted[0].processes == ("jia.exe",)


def test_a_short_latin_name_counts_as_a_key_and_never_as_the_beginning_of_a_shown_name() -> None:
    names = ("MSC", "鲁大师", "McAfee")
    wanted = WantedSoftware.of(Software("x", "antivirus", "block", (), (), names))
    assert wanted.keys == names
    assert wanted.display_names == ("鲁大师", "McAfee")


def test_an_unknown_date_means_keep() -> None:
    rules = InstallerRules.of(dataclasses.replace(RULES, keep_until=None))
    assert rules.keep_until == ""
    assert rules.keep_until_text == RESULTS_PUBLISHED


def test_a_known_date_is_utc_for_comparing_and_the_exams_time_for_reading() -> None:
    rules = InstallerRules.of(dataclasses.replace(RULES, keep_until=datetime(2035, 2, 1, 1, 30, tzinfo=UTC)))
    assert rules.keep_until == "2035-02-01T01:30:00+00:00"
    assert rules.keep_until_text == Text("Thu 1 February 2035, 09:30", "2035年2月1日（星期四）09:30")


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (at(6, 0), Text("Fri 5 January 2035, 24:00", "2035年1月5日（星期五）24:00")),
        (at(6, 0, 1), Text("Sat 6 January 2035, 00:01", "2035年1月6日（星期六）00:01")),
        (
            datetime(2035, 3, 1, tzinfo=BEIJING),
            Text("Wed 28 February 2035, 24:00", "2035年2月28日（星期三）24:00"),
        ),
    ],
)
def test_midnight_belongs_to_the_day_that_it_ends(moment: datetime, said: Text) -> None:
    rules = InstallerRules.of(dataclasses.replace(RULES, device_change_until=moment))
    assert rules.device_change_until == said
