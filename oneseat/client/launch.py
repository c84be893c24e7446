"""The proof at every launch: offline, pure, and complete.

Values in, acceptance or refusal out: charter, licence signature, exam, build, validity,
binding tag for the typed identity, computer, activation. What the state holds is taken
for nothing until the signature over it verifies.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Callable, Mapping, Optional, Tuple

from oneseat.client.errors import IdentityNotHere, NothingEnrolled
from oneseat.client.identity import Identity
from oneseat.client.local.portal_cache import Notebook
from oneseat.client.local.vault import Seat, Vault
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.refusals import IdentityMismatch
from signing.tokens import Activation, Licence

CONFIRMED = "confirmed"
PROVISIONAL = "provisional"


@dataclass(frozen=True)
class Situation:
    """What holds at this launch, apart from who sits there: rules, program, time, computer."""

    charter: Charter
    build: str
    now: datetime
    traits: Mapping[str, bytes]


@dataclass(frozen=True)
class Acceptance:
    """A candidate who may go on, and the seat that says so."""

    charter: Charter
    seat: Seat
    licence: Licence
    enrolment: str


def check_licence(token: str, charter: Charter, build: str, now: datetime) -> Licence:
    """The licence in ``token``, when it is this exam's, this build's, and valid now.

    Raises:
        TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid: it is not signed as it should be.
        LicenceForOtherExam, LicenceForOtherBuild, LicenceNotYetValid, LicenceExpired: as their names say.
    """
    licence = Licence.verified(token, charter.keys_for("licence"))
    licence.check_exam(charter, build)
    licence.check_time(now)
    return licence


def check_activation(token: str, charter: Charter, licence: Licence, device_key: bytes) -> Activation:
    """The activation in ``token``, when the portal signed it for this seat and this device.

    Raises:
        TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid: it is not signed as it should be.
        ActivationForOtherDevice: it is another seat's or another device's.
    """
    activation = Activation.verified(token, charter.keys_for("activation"))
    activation.check_device(licence, device_key)
    return activation


def verify(seat: Seat, identity: Identity, situation: Situation) -> Acceptance:
    """Everything that must hold for one seat, in the order in which it can be trusted.

    Raises:
        IdentityMismatch: the typed identity is not the seat's.
        StateFromOtherComputer: the state was made elsewhere.
        OneSeatError: what :func:`check_licence` and :func:`check_activation` raise.
    """
    charter = situation.charter
    licence = Licence.verified(seat.licence, charter.keys_for("licence"))
    licence.check_identity(seat.seat_key, identity.id_number, identity.admission_number)
    licence.check_exam(charter, situation.build)
    licence.check_time(situation.now)
    seat.device.fingerprint.check(situation.traits)
    if seat.activation is None:
        return Acceptance(charter, seat, licence, PROVISIONAL)
    check_activation(seat.activation, charter, licence, seat.device.public_key)
    return Acceptance(charter, seat, licence, CONFIRMED)


def fitting(vault: Vault, notebook: Notebook, identity: Identity, situation: Situation) -> Acceptance:
    """The acceptance of whoever typed ``identity``, by the seat on this computer that is theirs.

    Whether the portal has withdrawn that seat since is for the caller to ask the notebook.
    Several candidates may share a computer, and one candidate may have been re-issued:
    of the seats that fit, the most lately issued one decides.

    Raises:
        DocumentInvalid: the ID number cannot exist.
        NothingEnrolled: no seat is here.
        IdentityNotHere: none of the seats here is theirs.
        OneSeatError: their seat is damaged, copied, expired, or another build's.
    """
    identity.check_form(situation.charter.document_kinds)
    jtis = vault.jtis()
    if not jtis:
        raise NothingEnrolled
    outcomes = [_outcome(partial(_one, vault, notebook, jti, identity, situation)) for jti in jtis]
    accepted = [acceptance for acceptance, _ in outcomes if acceptance is not None]
    if not accepted:
        raise next((fault for _, fault in outcomes if fault is not None), IdentityNotHere())
    return max(accepted, key=lambda acceptance: acceptance.licence.iat)


def _one(vault: Vault, notebook: Notebook, jti: str, identity: Identity, situation: Situation) -> Acceptance:
    seat = vault.load(jti)
    noted = notebook.activation(jti) if seat.activation is None else None
    if noted is not None:
        with suppress(OneSeatError):  # a note that does not verify counts as absent
            return verify(replace(seat, activation=noted), identity, situation)
    return verify(seat, identity, situation)


def _outcome(attempt: Callable[[], Acceptance]) -> Tuple[Optional[Acceptance], Optional[OneSeatError]]:
    """Acceptance, or the fault that concerns this candidate; neither where the seat is someone else's."""
    try:
        return attempt(), None
    except IdentityMismatch:
        return None, None
    except OneSeatError as fault:
        return None, fault
