"""Timestamps of exports by RFC 3161: an authority outside the exam signs that they existed at a time."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from oneseat.room.refusals.evidence import TimestampMissing, TimestampWrong
from signing.os_faults import system_reason
from signing.text import Text

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

_TIMEOUT_S = 30.0
_MOST_BYTES = 64 << 10
_QUERY = "application/timestamp-query"
_GRANTED = 0
_NONE = Text("it is none", "格式无法识别")


def stamp(url: str, content: bytes) -> bytes:
    """Have content timestamped; return the authority's response, which names the content's SHA-256 alone.

    Raises:
        TimestampMissing: the authority did not answer, or with another content's timestamp.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    request = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
    host = urlsplit(url).hostname or "?"
    try:
        answer = httpx.post(
            url, content=request.as_bytes(), headers={"Content-Type": _QUERY}, timeout=_TIMEOUT_S
        )
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        name = type(error).__name__
        raise TimestampMissing(host=host, reason=Text(f"no answer ({name})", f"无应答（{name}）")) from None
    try:
        _checked(answer.content, content, request.nonce)
    except TimestampWrong as error:
        raise TimestampMissing(host=host, reason=error.facts["reason"]) from None
    return answer.content


def read_time(response: bytes, content: bytes, ca_file: Path | None = None) -> datetime:
    """Return the time of a timestamp of this content.

    With ``ca_file`` (PEM) the authority's signature is verified up to a certificate in it, as of the time
    that the timestamp names: certificates that have expired since do not matter.

    Raises:
        TimestampWrong: it is another content's, or the signature does not verify.
    """
    at = _checked(response, content, None)
    if ca_file is not None:
        _verify_chain(response, content, ca_file)
    return at


def _checked(response: bytes, content: bytes, nonce: int | None) -> datetime:
    parsed = _decoded(response)
    if parsed.status != _GRANTED:
        raise TimestampWrong(reason=Text("the authority refused it", "时间戳机构拒绝签发"))
    info = parsed.tst_info
    is_of_content = info.message_imprint.message == hashlib.sha256(content).digest()
    if not is_of_content or (nonce is not None and info.nonce != nonce):
        raise TimestampWrong(reason=Text("it belongs to other content", "属于其他内容"))
    moment: datetime = info.gen_time
    return moment


def _decoded(response: bytes) -> TimeStampResponse:
    """Decode a response. Servers that run OpenSSL list certificates in another order than DER has them.

    They are brought into that order, which no signature covers; the decoder accepts no other.
    """
    from asn1crypto.tsp import TimeStampResp  # type: ignore[import-untyped]
    from rfc3161_client import decode_timestamp_response

    if len(response) > _MOST_BYTES:
        raise TimestampWrong(reason=_NONE)
    try:
        return decode_timestamp_response(TimeStampResp.load(response, strict=True).dump(force=True))
    except (ValueError, TypeError, KeyError):
        raise TimestampWrong(reason=_NONE) from None


def _verify_chain(response: bytes, content: bytes, ca_file: Path) -> None:
    from cryptography import x509
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        certificates = x509.load_pem_x509_certificates(ca_file.read_bytes())
    except OSError as error:
        raise TimestampWrong(reason=system_reason(error).about(ca_file.name)) from None
    except ValueError:
        raise TimestampWrong(
            reason=Text(f"{ca_file.name} holds no certificate", f"{ca_file.name} 中没有证书")
        ) from None
    builder = VerifierBuilder()
    for certificate in certificates:
        builder = builder.add_root_certificate(certificate)
    try:
        builder.build().verify_message(_decoded(response), content)
    except VerificationError:
        raise TimestampWrong(
            reason=Text("no certificate given vouches for it", "所给证书不能证明其有效")
        ) from None
