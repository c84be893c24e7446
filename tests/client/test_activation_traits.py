"""What a computer says about itself at activation: hashes for one seat, signed, and no placeholder."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from oneseat.client.computer.activation_traits import hash_traits
from oneseat.client.computer.device import Device
from oneseat.client.computer.fingerprint_traits import NAMES, compute_traits
from oneseat.client.computer.smbios import Board, Smbios
from oneseat.client.enrol import Enrolment
from oneseat.client.errors import PortalRefused
from oneseat.client.launch import CONFIRMED, Acceptance
from oneseat.client.local.vault import Vault, forget_exam
from signing.binding import keyed_hash
from signing.jws import b64url_encode, verify_bytes
from signing.refusals import SignatureInvalid
from signing.tokens import activation_message
from tests.client.simulated import OWNER, Installation, Portal
from tests.client.test_traits import MINE, RECORDED

JTI = "0123456789abcdef0123456789abcdef"


def enrol(installation: Installation) -> Acceptance:
    path = installation.installer(installation.authority.licence_token(OWNER))
    program, computer, clock = installation.program, installation.computer, installation.clock
    return Enrolment(program, computer, clock, installation.log.append).run(path, OWNER)


@pytest.fixture
def whole(online_installation: Installation) -> Installation:
    """An installation on a computer with all five traits."""
    online_installation.computer.hardware = dict(MINE)
    return online_installation


def test_each_trait_is_hashed_for_one_seat() -> None:
    mine = hash_traits(JTI, MINE)
    assert tuple(mine) == NAMES
    label = b"oneseat/activation-trait/v1"
    assert mine["system-disk"] == keyed_hash(JTI.encode(), label, b"system-disk", MINE["system-disk"])
    assert not set(mine.values()) & set(hash_traits(JTI[::-1], MINE).values())
    assert len({hash_traits(JTI, {name: b"same"})[name] for name in NAMES}) == 5


def test_a_machine_with_factory_values_has_too_few_to_be_recognised() -> None:
    """A virtual machine as it comes: a clone of it shares what its image holds, and nothing else counts."""
    boards = (Board(serial="To be filled by O.E.M."),)
    emulated = replace(RECORDED, smbios=Smbios(uuid=bytes(16), boards=boards), disk_serial="QM00001")
    assert set(hash_traits(JTI, compute_traits(emulated))) == {"machine-guid", "system-volume"}


def test_the_signature_covers_the_hashes_and_is_the_old_one_without_any() -> None:
    device, hashes = Device.new(MINE), hash_traits(JTI, MINE)
    key = device.public_key
    signature = device.sign(activation_message("n", "l", key, hashes))
    verify_bytes(activation_message("n", "l", key, dict(reversed(list(hashes.items())))), signature, key)
    fewer = {name: hashes[name] for name in NAMES[1:]}
    swapped = {**hashes, "system-disk": hashes["board-serial"], "board-serial": hashes["system-disk"]}
    for changed in ({}, None, fewer, swapped):
        with pytest.raises(SignatureInvalid):
            verify_bytes(activation_message("n", "l", key, changed), signature, key)
    assert activation_message("n", "l", key, {}) == activation_message("n", "l", key)
    assert b"oneseat/activate/v1" in activation_message("n", "l", key)


def test_no_serial_leaves_the_computer(whole: Installation, portal: Portal) -> None:
    enrol(whole)
    sent = portal.activations[0]
    jti = whole.authority.jti(OWNER)
    assert sent["traits"] == {n: b64url_encode(v) for n, v in hash_traits(jti, MINE).items()}
    text = json.dumps(sent).lower()
    for value in MINE.values():
        assert value.decode("latin-1") not in text
        assert value.hex() not in text


def test_the_same_computer_without_its_state_goes_on(whole: Installation) -> None:
    first = enrol(whole)
    forget_exam(whole.computer, "test")
    again = enrol(whole)
    assert again.enrolment == CONFIRMED
    assert again.seat.device.public_key != first.seat.device.public_key


def test_too_few_traits_are_another_computer(whole: Installation) -> None:
    enrol(whole)
    forget_exam(whole.computer, "test")
    whole.computer.hardware.update(dict.fromkeys(NAMES[2:], b"another"))
    with pytest.raises(PortalRefused) as refused:
        enrol(whole)
    assert refused.value.code == "OS-103"


def test_a_portal_of_an_earlier_version_is_asked_again_without(whole: Installation, portal: Portal) -> None:
    portal.of_earlier_version = True
    assert enrol(whole).enrolment == CONFIRMED
    assert ["traits" in asked for asked in portal.activations] == [True, False]


def test_a_later_contact_sends_them_too(whole: Installation, portal: Portal) -> None:
    """So a seat that was activated by an earlier client is recognised from then on."""
    enrol(whole)
    portal.recorded_traits.clear()
    whole.actions().sync(OWNER)
    assert len(portal.recorded_traits[whole.authority.jti(OWNER)]) == 5
    assert Vault(whole.computer, "test").jtis()
