"""Signed PUTs to a bucket: as boto3 signs them, for named bytes alone, on real servers."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import boto3
import httpx
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as BotoCredentials

from oneseat.store.address import S3Address
from oneseat.store.errors import ClockDiffers, CredentialsRefused, ObjectNameInvalid, StoreUnavailable
from oneseat.store.segments import SegmentUpload, open_segment_store
from oneseat.store.segments.body_checks import BodyCheck, Signing
from oneseat.store.segments.presign import Credentials, QuerySigner
from oneseat.store.segments.protocol import SignedPut
from oneseat.store.segments.s3 import S3Segments
from oneseat.store.segments.self_test import judge_preflight
from tests.buckets import Bucket
from tests.fault_proxy import FaultProxy, OtherDate, Refuse, Reset, WithoutHeader, fault_proxy

ORIGIN = "https://room.example"
CONTENT = b"segment" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
FOLDER = f"recordings/demo/{'a' * 32}/camera/{'d' * 24}/"
NAME = f"{FOLDER}000007-{SHA256}.webm"
UPLOAD = SegmentUpload(NAME, len(CONTENT), SHA256)
LIFE = timedelta(minutes=10)


def _store(bucket: Bucket, through: str | None = None) -> S3Segments:
    return S3Segments(S3Address.parse(bucket.server.address(bucket.name, "rooms/one", through)))


@contextmanager
def _proxied(bucket: Bucket) -> Iterator[tuple[S3Segments, FaultProxy]]:
    with fault_proxy(bucket.server.url) as proxy:
        yield _store(bucket, proxy.url), proxy


def _signed(store: S3Segments, upload: SegmentUpload = UPLOAD, life: timedelta = LIFE) -> SignedPut:
    now = datetime.now(UTC)
    return store.url_for(upload, now, now + life)


def _put(put: SignedPut, content: bytes = CONTENT) -> int:
    return httpx.put(put.url, content=content, headers=dict(put.headers)).status_code


# --------------------------------------------------------------------------------------- signatures


@pytest.mark.parametrize("token", [None, "session/token+with=signs"], ids=["key", "role"])
@pytest.mark.parametrize("payload", ["UNSIGNED-PAYLOAD", SHA256], ids=["unsigned", "payload"])
@pytest.mark.parametrize(
    "base",
    ["https://bucket.s3.cn-north-1.amazonaws.com.cn/", "http://127.0.0.1:9000/bucket/"],
    ids=["host", "path"],
)
def test_signatures_are_those_of_boto3(base: str, token: str | None, payload: str) -> None:
    now = datetime.now(UTC)
    headers = {
        "content-type": "video/webm",
        "content-length": "7000",
        "x-amz-checksum-sha256": "q83vEjRWeJA+/w==",
    }
    if payload == SHA256:
        headers["x-amz-content-sha256"] = payload
    keys = Credentials("AKIDEXAMPLE", "secret/for+the=test", token)
    ours = QuerySigner(base, "cn-north-1").sign(
        "PUT", NAME, headers, keys, now=now, life_s=600, payload=payload
    )
    theirs = AWSRequest("PUT", base + NAME, headers=dict(headers))

    class At(S3SigV4QueryAuth):
        """boto3's signer at the time of ours, and with a payload where it is signed."""

        def payload(self, request: AWSRequest) -> str:
            return payload

    with _frozen(now):
        At(BotoCredentials(*keys), "s3", "cn-north-1", expires=600).add_auth(theirs)
    signed = urlsplit(str(theirs.url))
    assert urlsplit(ours)[:3] == signed[:3]
    assert sorted(parse_qsl(urlsplit(ours).query)) == sorted(parse_qsl(signed.query))


@contextmanager
def _frozen(now: datetime) -> Iterator[None]:
    """Let botocore sign at a fixed time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: now)
        yield


def test_a_clients_own_urls_are_the_same(swift_bucket: Bucket) -> None:
    store, now = _store(swift_bucket), datetime.now(UTC)
    client = boto3.client(
        "s3",
        endpoint_url=swift_bucket.server.url,
        region_name="us-east-1",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    asked = {"Bucket": swift_bucket.name, "Key": f"rooms/one/{NAME}", "ContentType": "video/webm"}
    with _frozen(now):
        theirs = client.generate_presigned_url("put_object", Params=asked, ExpiresIn=600)
    client.close()
    ours = store.sign(UPLOAD, now, now + LIFE, Signing(BodyCheck.NONE, length=False)).url
    assert sorted(ours.split("&")) == sorted(theirs.split("&"))


# -------------------------------------------------------------------------------- what a URL allows


def test_a_url_takes_the_named_bytes_and_takes_them_again(swift_bucket: Bucket) -> None:
    store = _store(swift_bucket)
    assert not store.has(NAME)
    put = _signed(store)
    assert [_put(put), _put(put)] == [200, 200]
    assert store.has(NAME) and list(store.names(FOLDER)) == [NAME]
    assert list(store.names("recordings/other/")) == []
    assert b"".join(store.read(NAME)) == CONTENT
    assert store.origin == swift_bucket.server.url


@pytest.mark.parametrize("body", [BodyCheck.CHECKSUM, BodyCheck.PAYLOAD], ids=lambda body: body.name)
def test_a_url_takes_nothing_else(swift_bucket: Bucket, body: BodyCheck) -> None:
    store = _store(swift_bucket)
    store.signing = Signing(body)
    put = _signed(store)
    flipped = bytes([CONTENT[0] ^ 1]) + CONTENT[1:]
    theirs = {
        **put.headers,
        body.value: _signed(store, SegmentUpload(NAME, 7000, "0" * 64)).headers[body.value],
    }
    wrong = [
        _put(put, flipped),
        _put(put, CONTENT + b"x"),
        _put(put, CONTENT[:-1]),
        httpx.put(put.url, content=flipped, headers=theirs).status_code,
        httpx.put(put.url, content=CONTENT, headers={"content-type": "video/webm"}).status_code,
        _put(SignedPut(put.url.replace("000007", "000008"), put.headers)),
        _put(SignedPut(put.url.replace("a" * 32, "b" * 32), put.headers)),
        _put(SignedPut(put.url, {**put.headers, "content-type": "text/html"})),
    ]
    assert all(400 <= status < 500 for status in wrong), wrong
    assert list(store.names("recordings/")) == []
    assert _put(put) == 200
    assert _put(put, flipped) >= 400
    assert b"".join(store.read(NAME)) == CONTENT, "a stored segment cannot be replaced"


def test_a_url_ends(swift_bucket: Bucket) -> None:
    store = _store(swift_bucket)
    before = datetime.now(UTC) - timedelta(seconds=62)
    assert _put(store.url_for(UPLOAD, before, before + timedelta(seconds=60))) == 403
    assert _put(store.url_for(UPLOAD, before, before + timedelta(seconds=600))) == 200


def test_names_and_credentials_are_checked_before(
    swift_bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ObjectNameInvalid):
        _signed(_store(swift_bucket), SegmentUpload("../x", 1, SHA256))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CredentialsRefused):
        _signed(_store(swift_bucket))


def test_encryption_at_rest_is_asked_for(swift_bucket: Bucket) -> None:
    address = swift_bucket.server.address(swift_bucket.name) + "&encryption=aws:kms&kms_key=key-1"
    put = _signed(S3Segments(S3Address.parse(address)))
    assert put.headers["x-amz-server-side-encryption"] == "aws:kms"
    assert put.headers["x-amz-server-side-encryption-aws-kms-key-id"] == "key-1"
    assert "x-amz-server-side-encryption" in dict(parse_qsl(urlsplit(put.url).query))["X-Amz-SignedHeaders"]


# ---------------------------------------------------------------------------------------- self-test


def test_swift_keeps_all_promises(swift_bucket: Bucket) -> None:
    store = open_segment_store(swift_bucket.server.address(swift_bucket.name, "rooms/one"), b"", "")
    assert isinstance(store, S3Segments)
    assert store.self_test(ORIGIN) == ()
    assert store.signing == Signing(BodyCheck.CHECKSUM, length=True)
    assert list(store.names("")) == [], "nothing is left behind"


def test_a_server_that_checks_nothing_is_said_to(moto_bucket: Bucket) -> None:
    store = _store(moto_bucket)
    remarks = [remark.en for remark in store.self_test(ORIGIN)]
    assert store.signing.body is BodyCheck.NONE
    assert [remark.partition(":")[0] for remark in remarks] == [
        "the store compares no SHA-256",
        "the store limits no length",
    ]
    assert _put(_signed(store)) == 200
    assert list(store.names("")) == [NAME]


@pytest.mark.parametrize(
    ("kind", "header", "remark"),
    [
        ("OPTIONS", "access-control-allow-origin", "lacks the origin https://room.example"),
        ("OPTIONS", "access-control-allow-methods", "lacks the method PUT"),
        ("OPTIONS", "access-control-allow-headers", "lacks the headers content-type, x-amz-checksum-sha256"),
        ("PutObject", "access-control-allow-origin", "do not name https://room.example"),
    ],
    ids=["origin", "method", "headers", "answer"],
)
def test_what_a_cors_rule_lacks_is_named(swift_bucket: Bucket, kind: str, header: str, remark: str) -> None:
    with _proxied(swift_bucket) as (store, proxy):
        proxy.set_fault(kind, fault=WithoutHeader(header))
        (found,) = store.self_test(ORIGIN)
        assert remark in found.en
    question = next(request for request in proxy.requests if request.method == "OPTIONS")
    assert question.headers["Access-Control-Request-Headers"] == "content-type,x-amz-checksum-sha256"
    assert (question.headers["Origin"], question.headers["Access-Control-Request-Method"]) == (ORIGIN, "PUT")


def test_a_preflight_that_is_refused(swift_bucket: Bucket) -> None:
    with _proxied(swift_bucket) as (store, proxy):
        proxy.set_fault("OPTIONS", fault=Refuse(403, "AccessForbidden"))
        (found,) = store.self_test(ORIGIN)
    assert "HTTP 403" in found.en and "跨域" in found.zh


def test_a_rule_for_all_is_a_rule() -> None:
    everything = {f"access-control-allow-{what}": "*" for what in ("origin", "methods", "headers")}
    assert list(judge_preflight(204, everything, ORIGIN, {"content-type": "video/webm"})) == []


def test_a_store_that_takes_nothing_is_refused(swift_bucket: Bucket) -> None:
    with _proxied(swift_bucket) as (store, proxy):
        proxy.set_fault("PutObject", fault=Refuse(403, "AccessDenied"))
        with pytest.raises(StoreUnavailable, match="HTTP 403"):
            store.self_test(ORIGIN)
        proxy.set_fault("PutObject", fault=Reset())
        with pytest.raises(StoreUnavailable, match="no answer"):
            store.self_test(ORIGIN)


def test_clocks_that_differ_are_found_at_the_start(swift_bucket: Bucket) -> None:
    with _proxied(swift_bucket) as (store, proxy):
        proxy.set_fault("HeadObject", fault=OtherDate(-3600))
        with pytest.raises(ClockDiffers):
            store.self_test(ORIGIN)


def test_foreign_credentials_are_found_at_the_start(
    swift_bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", os.urandom(8).hex())
    with pytest.raises(CredentialsRefused):
        _store(swift_bucket).self_test(ORIGIN)
