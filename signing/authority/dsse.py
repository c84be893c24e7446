"""Signs and verifies DSSE 1.0 envelopes, for statements that other tools read.

DSSE is the envelope of in-toto attestations (github.com/secure-systems-lab/dsse,
protocol.md). The signature covers type and payload with their lengths, so neither can be
taken for the other. Signatures are Ed25519; ``keyid`` is the RFC 7638 thumbprint.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from signing import jws
from signing.authority.errors import BatchHeadInvalid
from signing.authority.signer import Signer
from signing.errors import OneSeatError
from signing.refusals import SignatureInvalid
from signing.text import Text

IN_TOTO = "application/vnd.in-toto+json"


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """Build the pre-authentication encoding (PAE): the bytes that a signature covers."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(signer: Signer, payload: bytes, payload_type: str = IN_TOTO) -> dict[str, Any]:
    """Sign a payload and return its envelope."""
    signature = signer.sign(pre_authentication_encoding(payload_type, payload))
    return {
        "payload": base64.b64encode(payload).decode("ascii"),
        "payloadType": payload_type,
        "signatures": [{"keyid": signer.kid, "sig": base64.b64encode(signature).decode("ascii")}],
    }


def verify(envelope: bytes, keys: Mapping[str, bytes], payload_type: str = IN_TOTO) -> bytes:
    """Verify an envelope of this type against ``keys`` (public keys by kid) and return its payload.

    Raises:
        BatchHeadInvalid: the data is no envelope of this type.
        SignatureInvalid: no known key signed it.
    """
    try:
        members = jws.parse_object(envelope)
        if members["payloadType"] != payload_type:
            raise BatchHeadInvalid(
                what=Text("The envelope", "签名信封"),
                reason=Text("it holds something else", "内容不是所需的类型"),
            )
        payload = base64.b64decode(members["payload"], validate=True)
        signatures = [
            (signature["keyid"], base64.b64decode(signature["sig"], validate=True))
            for signature in members["signatures"]
        ]
    except (KeyError, TypeError, AttributeError, binascii.Error, ValueError):
        raise BatchHeadInvalid(
            what=Text("The envelope", "签名信封"), reason=Text("it is not one", "格式不符")
        ) from None
    except OneSeatError as refusal:
        raise BatchHeadInvalid(
            what=Text("The envelope", "签名信封"), reason=refusal.cause_text.clause()
        ) from None
    for kid, signature in signatures:
        if kid in keys:
            jws.verify_bytes(pre_authentication_encoding(payload_type, payload), signature, keys[kid])
            return payload
    raise SignatureInvalid
