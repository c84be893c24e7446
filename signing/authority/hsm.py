"""Ed25519 keys in PKCS#11 tokens: smart cards, hardware modules, SoftHSM.

Addresses are RFC 7512 URIs: ``pkcs11:token=LABEL;id=%01%02?module-path=/usr/lib/...so``
(``serial`` may stand beside or for ``token``). Keys are of type ``CKK_EC_EDWARDS``, and
sign by ``CKM_EDDSA`` (PKCS #11 v3.0, 2.3.14) without parameters, which is RFC 8032's plain Ed25519.

A process logs into a token once. After a fork the child must initialise the module again
(PKCS #11 v3.0, 5.4), so a signer that finds itself in another process opens its own session.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import (
    MultipleObjectsReturned,
    NoSuchKey,
    NoSuchToken,
    PinIncorrect,
    PinLenRange,
    PinLocked,
    PKCS11Error,
)

from signing import jws
from signing.authority.errors import CustodianUnavailable
from signing.authority.signer import ExternalKey
from signing.text import Text, verbatim

# Some modules know the curve by its object identifier, others by the printable name of PKCS #11 v3.0.
_CURVES = (b"\x06\x03\x2b\x65\x70", b"\x13\x0cedwards25519")
_ID_BYTES = 16
_RETRY_DELAYS_S = (0.05, 0.1, 0.2, 0.4)
_PIN_REFUSALS = (PinIncorrect, PinLenRange, PinLocked)
_REASONS: tuple[tuple[type[PKCS11Error], Text], ...] = (
    (PinLocked, Text("its PIN is locked", "PIN 码已锁定")),
    (PinIncorrect, Text("the PIN is wrong", "PIN 码不正确")),
    (PinLenRange, Text("the PIN is wrong", "PIN 码不正确")),
    (NoSuchToken, Text("there is no such token", "没有该令牌")),
    (NoSuchKey, Text("the token has no such key", "令牌中没有该密钥")),
    (MultipleObjectsReturned, Text("several keys answer to it", "有多个密钥与该地址相符")),
)


@dataclass(frozen=True)
class Address:
    """A token, and the key in it when ``key_id`` is given."""

    module: str
    token: str | None
    serial: str | None
    key_id: bytes | None

    @classmethod
    def parse(cls, uri: str) -> Address:
        """Parse an RFC 7512 URI.

        Raises:
            CustodianUnavailable: a part is missing, unknown or repeated. PINs are not accepted in addresses.
        """
        path, _, query = uri.partition(":")[2].partition("?")
        parts: dict[str, str] = {}
        for piece in [*path.split(";"), *(query.split("&") if query else [])]:
            name, equals, value = piece.partition("=")
            if not equals or name in parts or name not in ("token", "serial", "id", "module-path"):
                # The piece is not shown: it may be a PIN.
                raise CustodianUnavailable(
                    where="pkcs11:",
                    reason=Text(
                        "an address has token, serial, id and module-path, once each",
                        "地址由 token、serial、id 和 module-path 组成，每项一次",
                    ),
                )
            parts[name] = value
        if "module-path" not in parts or not ("token" in parts or "serial" in parts):
            raise CustodianUnavailable(
                where="pkcs11:",
                reason=Text(
                    "token or serial, and module-path, are needed", "须写明 token 或 serial，以及 module-path"
                ),
            )
        token, serial = (unquote(parts[name]) if name in parts else None for name in ("token", "serial"))
        key_id = unquote_to_bytes(parts["id"]) if "id" in parts else None
        return cls(unquote(parts["module-path"]), token, serial, key_id)

    def with_key(self, key_id: bytes) -> Address:
        """Return the address of a key in the same token."""
        return Address(self.module, self.token, self.serial, key_id)

    @property
    def uri(self) -> str:
        """The RFC 7512 URI."""
        parts = [
            f"{name}={quote(value)}"
            for name, value in (("token", self.token), ("serial", self.serial))
            if value
        ]
        if self.key_id is not None:
            parts.append("id=" + "".join(f"%{byte:02x}" for byte in self.key_id))
        return f"pkcs11:{';'.join(parts)}?module-path={quote(self.module)}"


class TokenSessions:
    """A pool of logged-in sessions, one per token: tokens refuse a second login of a process."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._sessions: dict[Address, Any] = {}
        self._modules: set[str] = set()

    @contextmanager
    def session(self, address: Address, pin: bytes | None) -> Iterator[Any]:
        """Lend the token's logged-in session to one thread at a time.

        Raises:
            CustodianUnavailable: the module or the token cannot be used, or the PIN is wrong.
        """
        token = Address(address.module, address.token, address.serial, None)
        with self._lock, _mapped_errors(address):
            if token not in self._sessions:
                self._sessions[token] = self._open_session(token, pin)
            yield self._sessions[token]

    def close_all(self) -> None:
        """Close all sessions. Modules are initialised again at the next login and read their settings."""
        with self._lock:
            for session in self._sessions.values():
                session.close()
            self._sessions = {}
            self._modules.clear()

    def _open_session(self, token: Address, pin: bytes | None) -> Any:  # noqa: ANN401 -- pkcs11.Session has no type here
        """Log in. Retry after failures of the module, but never with a refused PIN.

        SoftHSM finds no token, or a broken one, while another process logs in and rewrites its file.
        """
        for delay_s in (*_RETRY_DELAYS_S, None):
            try:
                return self._log_in(token, pin)
            except _PIN_REFUSALS:
                raise
            except PKCS11Error:
                self._modules.discard(token.module)
                if delay_s is None or any(held.module == token.module for held in self._sessions):
                    raise
                time.sleep(delay_s * (0.5 + secrets.randbelow(1000) / 1000))
        raise NoSuchToken

    def _log_in(self, token: Address, pin: bytes | None) -> Any:  # noqa: ANN401 -- as above
        module = pkcs11.lib(token.module)
        if token.module not in self._modules:
            module.reinitialize()  # a parent process may have left it initialised for itself
            self._modules.add(token.module)
        serial = token.serial and token.serial.encode()
        device = module.get_token(token_label=token.token, token_serial=serial)
        return device.open(rw=True, user_pin=pin.decode() if pin else None)


@contextmanager
def _mapped_errors(address: Address) -> Iterator[None]:
    """Map the module's errors to refusals by their class; the library's messages are not passed on."""
    try:
        yield
    except PKCS11Error as error:
        known = [text for kind, text in _REASONS if isinstance(error, kind)]
        raise CustodianUnavailable(
            where=address.uri, reason=(known or [verbatim(type(error).__name__)])[0]
        ) from None
    except UnicodeDecodeError:
        raise CustodianUnavailable(
            where=address.uri, reason=Text("the PIN is not text", "PIN 码不是文字")
        ) from None


SESSIONS = TokenSessions()


def _after_fork() -> None:
    global SESSIONS  # noqa: PLW0603 -- a lock that a parent's thread held would never be let go in the child
    SESSIONS = TokenSessions()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class HsmSigner:
    """A key that signs inside its token. A lock lets one thread at a time call the module."""

    def __init__(self, address: Address, pin: bytes | None) -> None:
        self._address = address
        self._pin = pin
        self._process = 0
        self._key: Any = None
        with SESSIONS.session(address, pin) as session:
            public = session.get_key(object_class=ObjectClass.PUBLIC_KEY, id=address.key_id)
            self.public_key = _public_key(public[Attribute.EC_POINT])
        self.kid = jws.thumbprint(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """Sign ``message``: 64 bytes (RFC 8032).

        Raises:
            CustodianUnavailable: the token is gone or refuses.
        """
        with SESSIONS.session(self._address, self._pin) as session:
            if self._process != os.getpid():
                self._key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=self._address.key_id)
                self._process = os.getpid()
            return bytes(self._key.sign(message, mechanism=Mechanism.EDDSA))


def open_key(where: str, pin: bytes | None) -> HsmSigner:
    """Open the key at an address.

    Raises:
        CustodianUnavailable: the address names no key, or module, token, PIN or key cannot be used.
    """
    address = Address.parse(where)
    if address.key_id is None:
        raise CustodianUnavailable(
            where=where, reason=Text("it names a token and no key in it", "地址只写了令牌，没有写其中的密钥")
        )
    return HsmSigner(address, pin)


def generate(where: str, name: str, pin: bytes | None) -> ExternalKey:
    """Generate a key inside the token that ``where`` names; it cannot be extracted.

    Raises:
        CustodianUnavailable: the token cannot be used, or generates no Ed25519 keys.
    """
    address = Address.parse(where)
    key_id = secrets.token_bytes(_ID_BYTES)
    created = address.with_key(key_id)
    with SESSIONS.session(address, pin) as session:
        public = _generate_key_pair(session, key_id, f"oneseat {name}")
    return ExternalKey(created.uri, _public_key(public[Attribute.EC_POINT]), pin)


def _generate_key_pair(session: Any, key_id: bytes, label: str) -> Any:  # noqa: ANN401 -- pkcs11's objects have no type here
    private = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.PRIVATE: True}
    for curve in _CURVES:
        parameters = session.create_domain_parameters(
            KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: curve}, local=True
        )
        try:
            return parameters.generate_keypair(
                mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                id=key_id,
                label=label,
                store=True,
                private_template=private,
            )[0]
        except PKCS11Error:
            if curve == _CURVES[-1]:
                raise
    raise NoSuchKey


def _public_key(value: bytes) -> bytes:
    """Unwrap the 32 bytes of ``CKA_EC_POINT``, which most modules encode as a DER OCTET STRING."""
    return value[2:] if len(value) == 34 and value[:2] == b"\x04\x20" else value
