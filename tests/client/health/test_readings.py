"""Bytes and text of Windows: what is read from recorded ones, and that none can do harm."""

from __future__ import annotations

import struct
import uuid
from datetime import datetime, timezone
from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.client.health.probes import Frame, Level
from oneseat.client.health.readings import (
    foreign_partitions,
    frame_of,
    is_own_folder,
    level_of,
    pause_end,
    program_paths,
)
from signing.text import legible

BASIC_DATA = uuid.UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7")
LINUX = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
APFS = uuid.UUID("7c3457ef-0000-11aa-aa11-00306543ecac")


def layout(style: int, *kinds: bytes) -> bytes:
    """A DRIVE_LAYOUT_INFORMATION_EX with partitions of these kinds."""
    entries = b"".join(bytes(32) + kind.ljust(112, b"\0") for kind in kinds)
    return struct.pack("<II", style, len(kinds)).ljust(48, b"\0") + entries


def test_partitions_of_other_systems_are_named_once() -> None:
    gpt = layout(1, *(kind.bytes_le for kind in (BASIC_DATA, LINUX, LINUX, APFS)))
    assert foreign_partitions(gpt) == ("Linux", "macOS (APFS)")
    assert foreign_partitions(layout(0, b"\x07", b"\x83", b"\x82")) == ("Linux", "Linux (swap)")
    assert foreign_partitions(layout(1, BASIC_DATA.bytes_le)) == ()


def test_a_layout_that_claims_more_than_it_holds_is_read_as_far_as_it_goes() -> None:
    cut = layout(1, LINUX.bytes_le, APFS.bytes_le)[:-1]
    assert foreign_partitions(cut) == ("Linux",)
    assert foreign_partitions(struct.pack("<II", 1, 0xFFFFFFFF).ljust(48, b"\0")) == ()


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_layout_or_none(data: bytes) -> None:
    assert isinstance(foreign_partitions(data), tuple)


@given(st.integers(0, 2), st.lists(st.binary(min_size=16, max_size=16), max_size=8))
def test_any_kinds_can_be_read(style: int, kinds: List[bytes]) -> None:
    assert len(foreign_partitions(layout(style, *kinds))) <= len(kinds)


def test_a_pause_ends_when_it_says() -> None:
    assert pause_end("2035-01-30T12:00:00Z") == datetime(2035, 1, 30, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize("text", ["", "2035-01-30", "2035-13-30T12:00:00Z", "never"])
def test_what_is_no_moment_is_no_pause(text: str) -> None:
    assert pause_end(text) is None


@given(st.text())
def test_any_text_is_a_pause_or_none(text: str) -> None:
    assert pause_end(text) is None or text.strip().endswith("Z")


def test_loudness_is_that_of_the_sound_and_not_of_its_offset() -> None:
    assert level_of(b"") == level_of(b"\x01") == Level(0.0, 0.0)
    assert level_of(struct.pack("<4h", 500, 500, 500, 500)) == Level(0.0, 0.0)
    square = level_of(struct.pack("<4h", 16384, -16384, 16384, -16384))
    assert square == Level(0.5, 0.5)


@given(st.binary(max_size=4000))
def test_any_recording_has_a_level(samples: bytes) -> None:
    level = level_of(samples)
    assert 0 <= level.rms <= 1 and 0 <= level.peak <= 1


def test_a_picture_has_the_brightness_of_its_pixels() -> None:
    assert frame_of(8, 8, bytes(256)) == Frame(8, 8, 0.0, 0)
    assert frame_of(8, 8, b"\x00\xc8\x00\x00" * 64) == Frame(8, 8, 200.0, 200)
    assert frame_of(8, 8, b"") == Frame(8, 8, 0.0, 0)


@given(st.integers(0, 5000), st.integers(0, 5000), st.binary(max_size=4000))
def test_any_picture_can_be_read(width: int, height: int, pixels: bytes) -> None:
    frame = frame_of(width, height, pixels)
    assert 0 <= frame.mean <= frame.brightest <= 255


@given(st.text())
def test_a_foreign_name_is_one_short_line(foreign: str) -> None:
    name = legible(foreign)
    assert len(name) <= 60 and name.isprintable()


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (r'"C:\Program Files\Lock A\uninst.exe" /S', r"C:\Program Files\Lock A\uninst.exe"),
        (r"C:\Program Files\Lock A\uninst.exe /S", r"C:\Program Files\Lock A\uninst.exe"),
        (r"C:\Tools\uninst", r"C:\Tools\uninst.exe"),
        (r"MsiExec.exe /X{0F2B}", r"C:\Windows\System32\MsiExec.exe"),
        (r"\??\C:\A\a.sys", r"C:\A\a.sys"),
        (r"\SystemRoot\System32\drivers\a.sys", r"C:\Windows\System32\drivers\a.sys"),
        (r"System32\drivers\a.sys", r"C:\Windows\System32\drivers\a.sys"),
    ],
)
def test_the_program_of_a_command_line_is_among_its_paths(command: str, path: str) -> None:
    assert path in program_paths(command, r"C:\Windows")


@pytest.mark.parametrize("command", ["", '"', r"\\server\share\uninst.exe", r"\??\UNC\server\a.exe", "/S"])
def test_a_command_without_a_local_program_has_no_path(command: str) -> None:
    assert program_paths(command, r"C:\Windows") == []


@given(st.text())
def test_any_command_line_can_be_read(command: str) -> None:
    assert len(program_paths(command, r"C:\Windows")) <= 16
    assert is_own_folder(command) in (True, False)


def test_a_drive_is_nobodys_own_folder() -> None:
    assert is_own_folder(r"C:\360") and is_own_folder(r'"C:\Program Files\360\"')
    assert not any(is_own_folder(path) for path in ("", "C:", "C:\\", "360", r"\360"))
