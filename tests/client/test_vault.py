"""State files: whole, or refused with a code; never a traceback, never a wrong seat."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oneseat.client.computer.device import Device, Fingerprint
from oneseat.client.computer.protocol import FolderNotOurs
from oneseat.client.errors import (
    ComputerUnknown,
    StateDamaged,
    StateFolderNotOurs,
    StateFromOtherComputer,
    StorageFailed,
)
from oneseat.client.local import storage
from oneseat.client.local.storage import frame_blob, unframe_blob, write_atomically
from oneseat.client.local.vault import Seat, Vault, exam_folder, forget_exam
from signing.errors import OneSeatError
from tests.client.simulated import SimulatedComputer
from tests.effort import examples

JTI = "ab" * 16


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    vault = Vault(SimulatedComputer(tmp_path), "test")
    device = Device.new({"machine-guid": b"guid-1"})
    vault.store_device(JTI, device)
    vault.store(Seat(JTI, "a.b.c", bytes(10), device, None))
    return vault


def seat_file(tmp_path: Path, name: str = "seat.bin") -> Path:
    return tmp_path / "ProgramData" / "OneSeat" / "test" / "seats" / JTI / name


def test_a_seat_is_read_as_it_was_stored(vault: Vault) -> None:
    seat = vault.load(JTI)
    assert (seat.licence, seat.seat_key, seat.activation) == ("a.b.c", bytes(10), None)
    assert vault.jtis() == [JTI]


def test_a_seat_without_its_last_step_is_not_there(vault: Vault, tmp_path: Path) -> None:
    seat_file(tmp_path).unlink()
    assert vault.jtis() == []
    with pytest.raises(StateDamaged):
        vault.load(JTI)


def test_nothing_readable_is_stored(vault: Vault, tmp_path: Path) -> None:
    for path in tmp_path.rglob("*.bin"):
        data = path.read_bytes()
        assert b"licence" not in data
        assert b"key" not in data


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=examples(60)
)
@given(name=st.sampled_from(["seat.bin", "device.bin"]), data=st.data())
def test_any_damage_is_refused_as_damage(vault: Vault, tmp_path: Path, name: str, data: Any) -> None:
    path = seat_file(tmp_path, name)
    whole = path.read_bytes()
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    cut = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[bit // 8] ^= 1 << bit % 8
    try:
        for damaged in (bytes(flipped), whole[:cut], whole + b"x", whole[cut:]):
            if damaged != whole:
                path.write_bytes(damaged)
                with pytest.raises(StateDamaged):
                    vault.load(JTI)
    finally:
        path.write_bytes(whole)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=examples(60)
)
@given(
    plain=st.one_of(
        st.binary(max_size=80),
        st.dictionaries(
            st.sampled_from(["v", "key", "fingerprint", "licence", "seat_key", "activation"]),
            st.one_of(
                st.none(), st.just(1), st.text(max_size=20), st.just({"salt": "AA", "parts": {"a": 1}})
            ),
        ).map(lambda value: __import__("json").dumps(value).encode()),
    )
)
def test_whatever_was_wrapped_here_is_a_seat_or_refused(vault: Vault, tmp_path: Path, plain: bytes) -> None:
    computer = SimulatedComputer(tmp_path)
    for name in ("seat.bin", "device.bin"):
        path = seat_file(tmp_path, name)
        whole = path.read_bytes()
        path.write_bytes(frame_blob(computer.wrap(plain, f"oneseat/vault/v1\0test\0{JTI}\0{name}".encode())))
        with pytest.raises(OneSeatError):
            vault.load(JTI)
        path.write_bytes(whole)


@given(st.binary(max_size=200))
def test_a_frame_opens_to_what_it_holds(blob: bytes) -> None:
    assert unframe_blob(frame_blob(blob)) == blob


@given(st.binary(max_size=200))
def test_anything_else_is_no_frame(data: bytes) -> None:
    with pytest.raises(StateDamaged):
        unframe_blob(data)


def test_files_of_two_seats_or_two_kinds_cannot_be_exchanged(vault: Vault, tmp_path: Path) -> None:
    seat_file(tmp_path).write_bytes(seat_file(tmp_path, "device.bin").read_bytes())
    with pytest.raises(StateFromOtherComputer):
        vault.load(JTI)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = seat_file(tmp_path).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    seat = vault.load(JTI)
    with pytest.raises(StorageFailed):
        vault.store(Seat(JTI, "x.y.z", bytes(10), seat.device, None))
    assert seat_file(tmp_path).read_bytes() == before
    assert sorted(path.name for path in seat_file(tmp_path).parent.iterdir()) == ["device.bin", "seat.bin"]


def test_what_a_killed_writer_left_is_swept(vault: Vault, tmp_path: Path) -> None:
    left = seat_file(tmp_path, "seat.bin.123.part")
    left.write_bytes(b"half")
    vault.store(vault.load(JTI))
    assert not left.exists()


def test_a_target_held_open_for_a_moment_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, tries = Path.replace, []

    def held(self: Path, target: Path) -> Any:
        tries.append(target)
        if len(tries) < 3:
            raise PermissionError(13, "held")
        return replace(self, target)

    monkeypatch.setattr(storage, "_REPLACE_PAUSE_S", 0)
    monkeypatch.setattr(Path, "replace", held)
    write_atomically(tmp_path / "file", b"x")
    assert (tmp_path / "file").read_bytes() == b"x"


@pytest.mark.parametrize("exam", ["..", "a/b", "a\\b", "", "A", "a..b", "c:", "x" * 65])
def test_an_exam_id_cannot_leave_its_folder(tmp_path: Path, exam: str) -> None:
    with pytest.raises(StateDamaged):
        exam_folder(tmp_path, exam)


def test_one_exam_is_forgotten_and_others_stay(vault: Vault, tmp_path: Path) -> None:
    other = exam_folder(SimulatedComputer(tmp_path).shared_folder(), "other")
    other.mkdir()
    forget_exam(SimulatedComputer(tmp_path), "test")
    assert other.exists()
    other.rmdir()
    forget_exam(SimulatedComputer(tmp_path), "test")
    assert vault.jtis() == []
    assert not (tmp_path / "ProgramData" / "OneSeat").exists()


def make_link(link: Path, target: Path) -> None:
    """Make a symbolic link to a folder. Wine says that it did, and does nothing."""
    try:
        link.symlink_to(target, target_is_directory=True)
    except (NotImplementedError, OSError):
        pytest.skip("no links here")
    if not os.path.lexists(str(link)):
        pytest.skip("no links here")


def test_only_what_this_program_wrote_is_forgotten_and_no_link_is_followed(
    vault: Vault, tmp_path: Path
) -> None:
    folder = seat_file(tmp_path).parents[2]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "seat.bin").write_bytes(b"of another")
    make_link(folder / "seats" / ("cd" * 16), elsewhere)
    (folder / "foreign").mkdir()
    (folder / "foreign" / "seat.bin").write_bytes(b"of another")
    (folder / "installer-findings.json").write_bytes(b"{}")
    forget_exam(SimulatedComputer(tmp_path), "test")
    assert sorted(path.name for path in folder.rglob("*")) == ["cd" * 16, "foreign", "seat.bin", "seats"]
    assert (elsewhere / "seat.bin").read_bytes() == b"of another"


def test_a_linked_exam_folder_is_left_alone(tmp_path: Path) -> None:
    elsewhere, computer = tmp_path / "elsewhere", SimulatedComputer(tmp_path)
    computer.shared_folder().mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "charter.jws").write_bytes(b"of another")
    make_link(exam_folder(computer.shared_folder(), "test"), elsewhere)
    forget_exam(computer, "test")
    assert (elsewhere / "charter.jws").exists()


def test_a_folder_that_cannot_become_ours_is_refused_by_its_name(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def foreign(_: SimulatedComputer, path: Path) -> None:
        raise FolderNotOurs(267, "a link")

    monkeypatch.setattr(SimulatedComputer, "make_shared_folder", foreign)
    with pytest.raises(StateFolderNotOurs) as refused:
        vault.store_charter("a.b.c")
    assert "OneSeat" in refused.value.cause_text.zh


FIVE = {name: name.encode() for name in ("guid", "uuid", "board", "disk", "volume")}


@pytest.mark.parametrize(("changed", "fits"), [(0, True), (1, True), (2, True), (3, False), (5, False)])
def test_three_of_five_traits_must_be_found_again(changed: int, fits: bool) -> None:
    fingerprint = Fingerprint.of(FIVE)
    traits = {**FIVE, **dict.fromkeys(list(FIVE)[:changed], b"other")}
    if fits:
        fingerprint.check(traits)
        return
    with pytest.raises(StateFromOtherComputer):
        fingerprint.check(traits)


def test_a_trait_that_is_missing_is_no_match() -> None:
    with pytest.raises(StateFromOtherComputer):
        Fingerprint.of({"guid": b"1"}).check({})
    with pytest.raises(ComputerUnknown):
        Fingerprint.of({})


def test_two_fingerprints_of_one_computer_cannot_be_linked() -> None:
    assert not set(Fingerprint.of(FIVE).parts.values()) & set(Fingerprint.of(FIVE).parts.values())
