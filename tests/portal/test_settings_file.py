"""One settings file configures several exams, and holds no passphrase."""

from __future__ import annotations

from pathlib import Path

import pytest

from oneseat.portal.refusals.start import SettingsInvalid
from oneseat.portal.settings_file import load_settings

ROOT_KEY = "A" * 43


def write(folder: Path, exams: str, more: str = "") -> Path:
    (folder / "one.pass").write_bytes("口令 one\r\n".encode())
    (folder / "portal.toml").write_text(f'public_url = "https://portal.example"\n{more}\n{exams}', "utf-8")
    return folder / "portal.toml"


def exam(name: str, **changes: str) -> str:
    values = {
        "exam": name,
        "keys": "one/keys",
        "passphrase_file": "one.pass",
        "root_public_key": ROOT_KEY,
        "state": "postgresql://db/one",
        "store": "/srv/store",
        **changes,
    }
    lines = [f'{key} = "{value}"' for key, value in values.items() if value]
    return "\n".join(["[[exams]]", *lines, f'hosts = ["{name}.example"]', ""])


def test_every_exam_gets_its_own_things(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, exam("one") + exam("two"), 'trusted_proxies = ["10.0.0.0/8"]'))
    assert [one.exam for one in settings.exams] == ["one", "two"]
    first = settings.exams[0]
    assert first.keys == tmp_path / "one/keys"
    assert first.passphrase.get_secret_value() == "口令 one".encode()
    assert (first.state, first.store) == ("postgresql://db/one", "/srv/store")
    assert first.hosts == ("one.example",)
    assert settings.trusted_proxies == ("10.0.0.0/8",)


def test_what_the_command_line_says_wins_and_what_it_leaves_out_does_not(tmp_path: Path) -> None:
    path = write(tmp_path, exam("one"), 'trusted_proxies = ["10.0.0.0/8"]')
    settings = load_settings(path, public_url="https://other.example", trusted_proxies=(), rehearse_at=None)
    assert settings.public_url == "https://other.example"
    assert settings.trusted_proxies == ("10.0.0.0/8",)


@pytest.mark.parametrize(
    ("line", "given", "fast"),
    [
        ("", None, True),
        ("fast_path = false", None, False),
        ("fast_path = false", True, True),
        ("fast_path = true", False, False),
    ],
)
def test_the_fast_path_is_on_unless_the_file_or_the_command_line_says_otherwise(
    tmp_path: Path, line: str, given: bool | None, fast: bool
) -> None:
    assert load_settings(write(tmp_path, exam("one"), line), fast_path=given).fast_path is fast


@pytest.mark.parametrize(
    ("exams", "named"),
    [
        ("exams = 3", "exams"),
        ("exams = [3]", "exams"),
        (exam("one", passphrase="secret"), "exams.passphrase"),
        (exam("one", passphrase_file="absent"), "exams.passphrase_file"),
        (exam("one", passphrase_file=""), "exams.passphrase"),
        (exam("one", colour="red"), "exams.colour"),
        (exam("one") + exam("one"), "exams"),
        ("not toml", "portal.toml"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_with_it(tmp_path: Path, exams: str, named: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(write(tmp_path, exams))
    assert f"setting {named} " in refused.value.cause_text.en
    assert "secret" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"absent\.toml"):
        load_settings(tmp_path / "absent.toml")
