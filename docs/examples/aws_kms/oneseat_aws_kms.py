"""An example of a custodian: OneSeat signs with an Ed25519 key in AWS KMS.

Addresses are ``aws-kms:`` and a key's ARN or alias. The key is of the specification
``ECC_NIST_EDWARDS25519`` and signs with ``ED25519_SHA_512`` over the whole message, which is
plain Ed25519. Account, region and endpoint come from the AWS SDK's own settings and
environment; OneSeat keeps nothing of them.

The service takes at most 4096 bytes of message: enough for licences, batch heads, activations and
tickets, and not for charters. So the root key does not belong here.
"""

from __future__ import annotations

import os
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from signing import jws
from signing.authority.errors import CustodianUnavailable
from signing.text import Text, verbatim

MAX_MESSAGE_BYTES = 4096


class KmsSigner:
    """A key in AWS KMS. Each signature is one request."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._key_id = where.partition(":")[2]
        self._process = 0
        self._client: Any = None
        answer = self._asked("get_public_key", KeyId=self._key_id)
        key = load_der_public_key(answer["PublicKey"])
        if not isinstance(key, Ed25519PublicKey):
            raise CustodianUnavailable(where=where, reason=Text("it is no Ed25519 key", "不是 Ed25519 密钥"))
        self.public_key = key.public_bytes_raw()
        self.kid = jws.thumbprint(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature (RFC 8032) over ``message``.

        Raises:
            CustodianUnavailable: the service refuses or cannot be reached, or the message is too long for it.
        """
        if len(message) > MAX_MESSAGE_BYTES:
            raise CustodianUnavailable(
                where=self._where, reason=Text("it signs at most 4096 bytes", "最多只能签 4096 字节")
            )
        answer = self._asked(
            "sign",
            KeyId=self._key_id,
            Message=message,
            MessageType="RAW",
            SigningAlgorithm="ED25519_SHA_512",
        )
        return bytes(answer["Signature"])

    def _asked(self, operation: str, **arguments: Any) -> Any:  # noqa: ANN401 -- as the SDK has it
        if self._process != os.getpid():  # connections are not shared with a forked child
            self._client, self._process = boto3.client("kms"), os.getpid()
        try:
            return getattr(self._client, operation)(**arguments)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "refused")
            raise CustodianUnavailable(where=self._where, reason=verbatim(code)) from None
        except BotoCoreError as error:
            raise CustodianUnavailable(where=self._where, reason=verbatim(type(error).__name__)) from None


def open_key(where: str, credential: bytes | None) -> KmsSigner:
    """The key at an address. Whoever may use it is the service's to decide: a credential of ours is refused.

    Raises:
        CustodianUnavailable: the key is not there, not ours to use, or not an Ed25519 key.
    """
    if credential is not None:
        raise CustodianUnavailable(
            where=where, reason=Text("it takes no PIN: use --no-pin", "不需要 PIN 码，请使用 --no-pin")
        )
    return KmsSigner(where)
