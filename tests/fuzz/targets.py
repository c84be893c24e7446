"""Every parser that the client runs on foreign bytes, each as a function of those bytes.

A target may refuse (:class:`OneSeatError`) or read; anything else that it raises is a defect. It says
whether it read the whole, so that a corpus can be seen to reach further than the first check.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from oneseat.client.computer import smbios
from oneseat.client.computer.device import Device
from oneseat.client.computer.fingerprint_traits import TraitSources, compute_traits, disk_serial
from oneseat.client.health.readings import foreign_partitions
from oneseat.client.identity import Identity, parse_answers
from oneseat.client.local import storage, vault
from oneseat.client.online.portal import Portal, parse_problem
from signing import charter, containers, installer, jws, tokens
from signing.binding import parse_install_code
from signing.charter import KEY_USES, Charter
from signing.errors import OneSeatError
from tests.client.simulated import Authority

AUTHORITY = Authority()
CHARTER = AUTHORITY.charter()
KEYS = {kid: key for use in KEY_USES for kid, key in CHARTER.keys_for(use).items()}
ROOT_KEY = bytes(AUTHORITY.root.verify_key)
DEVICE = Device.new({"machine-guid": b"fuzz"})
NOBODY = Identity("000000199001010010", "2035000001")
_KINDS = (tokens.Licence, tokens.PhoneLicence, tokens.Activation, tokens.Ticket, tokens.PortalTime)
Target = Callable[[bytes], bool]


def _read(parse: Callable[[], object]) -> bool:
    try:
        parse()
    except OneSeatError:
        return False
    return True


def _any(read: Iterable[bool]) -> bool:
    """Whether any of them read; each is tried."""
    return bool(sum(list(read)))


def installer_region(data: bytes) -> bool:
    """The installer's headers, its signature block, and the licence region in it."""
    return _read(lambda: installer.read(io.BytesIO(data)))


def phone_app(data: bytes) -> bool:
    """A phone app's zip structure, its signing block, and the licence region in it."""
    return _read(lambda: containers.PHONE.read(io.BytesIO(data)))


def token(data: bytes) -> bool:
    """A token of every kind, up to its signature."""
    text = data.decode("latin-1")
    return _any(_read(partial(kind.verify, text, KEYS)) for kind in _KINDS)


def claims(data: bytes) -> bool:
    """What stands in a token once its signature has verified."""
    return _any(_read(partial(_claimed, kind, data)) for kind in _KINDS)


def _claimed(kind: Any, data: bytes) -> object:
    return kind.parse(jws.parse_object(data))


def charter_claims(data: bytes) -> bool:
    """A charter once its signature has verified, and what a newer one may say in it."""
    return _read(lambda: charter.from_claims(jws.parse_object(data)))


def charter_token(data: bytes) -> bool:
    """A charter as it comes from the portal or a file."""
    return _read(lambda: charter.verify(data.decode("latin-1"), ROOT_KEY))


def state_file(data: bytes) -> bool:
    """A state file's frame."""
    return _read(lambda: storage.unframe_blob(data))


def state_content(data: bytes) -> bool:
    """What stands in a state file once this computer has unwrapped it."""
    return _any(_read(partial(read, data)) for read in (vault.read_device, vault.read_seat))


class _Canned(Portal):
    """A portal whose every answer is the same bytes."""

    def __init__(self, rules: Charter, answer: bytes) -> None:
        super().__init__(rules)
        self._answer = answer

    def _fetch(self, name: str, body: bytes | None, max_bytes: int) -> bytes:
        return self._answer


def api_answer(data: bytes) -> bool:
    """An answer of the portal, to everything that the client ever asks."""
    portal = _Canned(CHARTER, data)
    asking = (
        portal.charter_token,
        portal.signed_time,
        lambda: portal.activate("l", NOBODY, DEVICE),
        lambda: portal.ticket(None, "mock", DEVICE),
    )
    return _any(_read(ask) for ask in asking)


def problem(data: bytes) -> bool:
    """A refusal of the portal (RFC 9457)."""

    def parse() -> None:
        refusal = parse_problem(403, jws.parse_object(data))
        assert refusal.diagnostics("zh") and refusal.diagnostics("en")

    return _read(parse)


def firmware(data: bytes) -> bool:
    """The firmware's SMBIOS table and a disk's descriptor; neither ever refuses."""
    said = TraitSources(smbios=smbios.parse(data), disk_serial=disk_serial(data))
    return bool(compute_traits(said))


def partitions(data: bytes) -> bool:
    """A disk's partition table as Windows hands it over; it never refuses."""
    return bool(foreign_partitions(data))


def answers_file(data: bytes) -> bool:
    """The answers that an installer is given."""
    return _read(lambda: parse_answers(data))


def typed(data: bytes) -> bool:
    """What a person types."""
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(OneSeatError):
        Identity.typed(text, text).check_form(CHARTER.document_kinds)
    return _read(lambda: parse_install_code(text))


TARGETS: Mapping[str, Target] = {
    target.__name__: target
    for target in (
        installer_region,
        phone_app,
        token,
        claims,
        charter_token,
        charter_claims,
        state_file,
        state_content,
        api_answer,
        problem,
        firmware,
        partitions,
        answers_file,
        typed,
    )
}
