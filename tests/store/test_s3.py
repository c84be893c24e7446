"""The S3 backend: its requests, its integrity checks, and its handling of failures."""

from __future__ import annotations

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from oneseat.files.chunks import CHUNK_BYTES
from oneseat.store import Presigning, SharedPrefix, open_store
from oneseat.store.address import S3Address
from oneseat.store.errors import (
    ClockDiffers,
    CredentialsRefused,
    ObjectDiffers,
    StoreAddressInvalid,
    StoreBusy,
    StoreFull,
    StoreUnavailable,
)
from oneseat.store.s3 import S3Store
from oneseat.store.s3_bucket import MIB
from signing.errors import OneSeatError
from tests import buckets
from tests.buckets import Bucket
from tests.fault_proxy import (
    CorruptBody,
    FaultProxy,
    OtherDate,
    Refuse,
    Reset,
    Slow,
    Truncate,
    WithoutEntityTag,
    fault_proxy,
)

Proxied = tuple[S3Store, FaultProxy]
TAIL = b"t" * 4096


def _put(store: S3Store, tmp_path: Path, size: int = 1000, name: str = "bases/x.exe") -> tuple[Path, str]:
    """An object of random bytes, its file and its digest."""
    content = os.urandom(size)
    path, sha256 = tmp_path / "source", hashlib.sha256(content).hexdigest()
    path.write_bytes(content)
    store.put(name, path, sha256)
    return path, sha256


def _base(store: S3Store, tmp_path: Path, size: int = 6 * MIB) -> tuple[SharedPrefix, str]:
    """Put a base large enough to be copied on the server; its prefix, and the digest of prefix and TAIL."""
    path, _ = _put(store, tmp_path, size)
    shared = SharedPrefix("bases/x.exe", path, size - len(TAIL))
    return shared, hashlib.sha256(path.read_bytes()[: shared.size] + TAIL).hexdigest()


# ------------------------------------------------------------------------------ what is sent


def test_an_installer_costs_four_requests_and_a_few_kilobytes(proxied: Proxied, tmp_path: Path) -> None:
    store, proxy = proxied
    shared, sha256 = _base(store, tmp_path)
    store.compose("installers/0.exe", shared, TAIL, sha256)
    before = len(proxy.requests)
    store.compose("installers/1.exe", shared, TAIL, sha256, skip_exists_check=True)
    seen = proxy.requests[before:]
    assert [request.kind for request in seen] == [
        "CreateMultipartUpload",
        "UploadPart",
        "UploadPart",
        "CompleteMultipartUpload",
    ]
    assert sum(request.body_bytes for request in seen) < 6000
    assert hashlib.sha256(b"".join(store.read("installers/1.exe"))).hexdigest() == sha256


def test_a_small_base_is_sent_along_in_one_request(proxied: Proxied, tmp_path: Path) -> None:
    store, proxy = proxied
    shared, sha256 = _base(store, tmp_path, 100_000)
    store.compose("installers/0.exe", shared, TAIL, sha256)
    before = len(proxy.requests)
    store.compose("installers/1.exe", shared, TAIL, sha256, skip_exists_check=True)
    assert [request.kind for request in proxy.requests[before:]] == ["PutObject"]


def test_what_is_there_is_not_sent_again(proxied: Proxied, tmp_path: Path) -> None:
    store, proxy = proxied
    path, sha256 = _put(store, tmp_path, 6 * MIB)
    before = len(proxy.requests)
    store.put("bases/x.exe", path, sha256)
    assert {request.kind for request in proxy.requests[before:]} == {"HeadObject"}


def test_an_object_in_other_parts_is_known_by_its_bytes(bucket: Bucket, tmp_path: Path) -> None:
    path, sha256 = _put(bucket.store(), tmp_path, 6 * MIB)
    whole = open_store(bucket.server.address(bucket.name, "some/where"), tmp_path / "cache")
    assert whole.put("bases/x.exe", path, sha256).size == 6 * MIB
    path.write_bytes(os.urandom(6 * MIB))
    with pytest.raises(ObjectDiffers):
        whole.put("bases/x.exe", path, hashlib.sha256(path.read_bytes()).hexdigest())


def test_listings_and_removals_go_on_beyond_a_page(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oneseat.store.s3_bucket.PAGE_NAMES", 7)
    store = bucket.store()
    names = [f"tails/{number:04d}" for number in range(30)]
    sha256 = hashlib.sha256(b"t").hexdigest()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda name: store.put_bytes(name, b"t", sha256, skip_exists_check=True), names))
    assert list(store.names("tails/")) == names
    assert store.remove_all(iter(names)) == 30
    assert list(store.names()) == []


def test_a_thousand_names_are_listed_and_removed(moto_bucket: Bucket) -> None:
    store = moto_bucket.store()
    names = [f"tails/{number:04d}" for number in range(1100)]
    sha256 = hashlib.sha256(b"t").hexdigest()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda name: store.put_bytes(name, b"t", sha256, skip_exists_check=True), names))
    assert list(store.names("tails/")) == names
    assert store.remove_all(iter(names)) == 1100
    assert list(store.names()) == []


# ------------------------------------------------------------------------------ what is believed


def test_a_body_that_was_changed_on_its_way_is_not_kept(proxied: Proxied, tmp_path: Path) -> None:
    store, proxy = proxied
    shared, sha256 = _base(store, tmp_path)
    proxy.set_fault("PutObject", "UploadPart", fault=CorruptBody())
    with pytest.raises(StoreUnavailable, match=r"other bytes|Mismatch|BadDigest"):
        store.put_bytes("tails/1", b"tail", hashlib.sha256(b"tail").hexdigest())
    with pytest.raises(StoreUnavailable, match=r"other bytes|Mismatch|BadDigest"):
        store.compose("installers/1.exe", shared, TAIL, sha256)
    proxy.clear_fault()
    assert list(store.names()) == ["bases/x.exe"]
    assert store.sweep() == 0


def test_a_base_that_was_replaced_by_hand_is_not_copied(bucket: Bucket, tmp_path: Path) -> None:
    store = bucket.store()
    shared, sha256 = _base(store, tmp_path)
    store.compose("installers/0.exe", shared, TAIL, sha256)
    store.remove("bases/x.exe")
    other = tmp_path / "other"
    other.write_bytes(os.urandom(6 * MIB))
    store.put("bases/x.exe", other, hashlib.sha256(other.read_bytes()).hexdigest())
    with pytest.raises(StoreUnavailable):
        store.compose("installers/1.exe", shared, TAIL, sha256)
    assert store.find("installers/1.exe") is None
    assert store.sweep() == 0


def test_a_conditional_write_loses_to_an_object_that_appeared(moto_bucket: Bucket, tmp_path: Path) -> None:
    """Moto honours the condition on puts and completions: nothing is overwritten."""
    store = moto_bucket.store()
    shared, sha256 = _base(store, tmp_path)
    store.put_bytes("taken/1", b"other", hashlib.sha256(b"other").hexdigest())
    with pytest.raises(ObjectDiffers):
        store.compose("taken/1", shared, TAIL, sha256, skip_exists_check=True)
    with pytest.raises(ObjectDiffers):
        store.put_bytes("taken/1", b"OTHER", hashlib.sha256(b"OTHER").hexdigest(), skip_exists_check=True)
    assert b"".join(store.read("taken/1")) == b"other"
    assert (
        store.put_bytes(
            "taken/1", b"other", hashlib.sha256(b"other").hexdigest(), skip_exists_check=True
        ).size
        == 5
    )
    assert store.compose("i/1", shared, TAIL, sha256) == store.compose(
        "i/1", shared, TAIL, sha256, skip_exists_check=True
    )
    assert store.sweep() == 0


def test_a_server_without_conditional_writes_is_served_all_the_same(proxied: Proxied, tmp_path: Path) -> None:
    store, proxy = proxied
    shared, sha256 = _base(store, tmp_path)
    refused = iter([Refuse(501, "NotImplemented")])
    proxy.fault = lambda request: next(refused, None) if request.kind == "CompleteMultipartUpload" else None
    store.compose("i/1", shared, TAIL, sha256, skip_exists_check=True)
    store.put_bytes("t/1", b"t", hashlib.sha256(b"t").hexdigest(), skip_exists_check=True)
    assert proxy.kinds.count("CompleteMultipartUpload") == 3  # the base, the refused one, the repeated one
    assert proxy.kinds[-1] == "PutObject"


def test_threads_that_learn_at_once_that_writes_are_unconditional_all_succeed(moto_bucket: Bucket) -> None:
    contents = [f"{n}".encode() for n in range(64)]
    with fault_proxy(moto_bucket.server.url) as proxy:
        store = moto_bucket.store(through=proxy.url)
        proxy.fault = lambda request: (
            Refuse(501, "NotImplemented") if "If-None-Match" in request.headers else None
        )
        with ThreadPoolExecutor(16) as pool:
            jobs = [
                pool.submit(store.put_bytes, f"t/{n}", content, hashlib.sha256(content).hexdigest())
                for n, content in enumerate(contents)
            ]
        assert [job.exception() for job in jobs] == [None] * 64
    assert [b"".join(store.read(f"t/{n}")) for n in range(64)] == contents, "the second try had its body"


def test_a_server_that_tells_no_entity_tags_is_served_all_the_same(proxied: Proxied, tmp_path: Path) -> None:
    store, proxy = proxied
    proxy.set_fault(fault=WithoutEntityTag())
    shared, sha256 = _base(store, tmp_path)
    store.compose("i/1", shared, TAIL, sha256, skip_exists_check=True)
    store.put_bytes("t/1", b"t", hashlib.sha256(b"t").hexdigest(), skip_exists_check=True)
    assert hashlib.sha256(b"".join(store.read("i/1"))).hexdigest() == sha256
    assert store.put_bytes("t/1", b"t", hashlib.sha256(b"t").hexdigest()).size == 1
    with pytest.raises(ObjectDiffers):
        store.put_bytes("t/1", b"u", hashlib.sha256(b"u").hexdigest())


def test_other_bytes_are_found_out_without_entity_tags_too(moto_bucket: Bucket) -> None:
    with fault_proxy(moto_bucket.server.url) as proxy:
        store = moto_bucket.store(through=proxy.url)
        proxy.fault = lambda request: CorruptBody() if request.kind == "PutObject" else WithoutEntityTag()
        with pytest.raises(StoreUnavailable, match="other bytes"):
            store.put_bytes("t/1", b"t", hashlib.sha256(b"t").hexdigest())
    assert list(moto_bucket.store().names()) == []


@pytest.mark.parametrize(
    "refusal", [Refuse(501, "NotImplemented"), Refuse(400, "MissingContentMD5")], ids=str
)
def test_many_objects_are_removed_one_by_one_where_need_be(proxied: Proxied, refusal: Refuse) -> None:
    store, proxy = proxied
    for number in range(3):
        store.put_bytes(f"t/{number}", b"t", hashlib.sha256(b"t").hexdigest())
    proxy.set_fault("DeleteObjects", fault=refusal)
    assert store.remove_all(list(store.names())) == 3
    assert list(store.names()) == []


def test_many_objects_are_removed_with_a_digest_that_every_server_knows(proxied: Proxied) -> None:
    store, proxy = proxied
    store.put_bytes("t/1", b"t", hashlib.sha256(b"t").hexdigest())
    store.remove("t/1")
    [request] = [request for request in proxy.requests if request.kind == "DeleteObjects"]
    assert request.headers["Content-MD5"]


@pytest.mark.parametrize("refusal", [Refuse(501, "NotImplemented"), Refuse(403, "AccessDenied")], ids=str)
def test_what_cannot_be_cleaned_up_hinders_nothing(proxied: Proxied, refusal: Refuse) -> None:
    store, proxy = proxied
    proxy.set_fault("ListMultipartUploads", fault=refusal)
    assert store.sweep() == 0


def test_an_outage_of_seconds_is_outlived(moto_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "SMALL", replace(buckets.SMALL, outage_s=30))
    contents = [f"{n}".encode() for n in range(24)]
    with fault_proxy(moto_bucket.server.url) as proxy:
        store = moto_bucket.store(through=proxy.url)
        proxy.go_away(4)
        with ThreadPoolExecutor(8) as pool:
            jobs = [
                pool.submit(store.put_bytes, f"t/{n}", content, hashlib.sha256(content).hexdigest())
                for n, content in enumerate(contents)
            ]
        assert [job.exception() for job in jobs] == [None] * 24


def test_a_refusal_names_the_request_that_was_refused(proxied: Proxied) -> None:
    store, proxy = proxied
    proxy.set_fault(fault=Refuse(503, "SlowDown"))
    with pytest.raises(StoreBusy, match="PutObject: SlowDown"):
        store.put_bytes("t/1", b"t", hashlib.sha256(b"t").hexdigest(), skip_exists_check=True)


@pytest.mark.parametrize(("ahead_s", "life_s"), [(0, 600), (-60, 600), (60, 540)])
def test_a_presigned_url_lives_by_the_stores_clock(proxied: Proxied, ahead_s: int, life_s: int) -> None:
    store, proxy = proxied
    proxy.set_fault(fault=OtherDate(-ahead_s))
    store.put_bytes("t/1", b"t", hashlib.sha256(b"t").hexdigest())
    query = parse_qs(urlsplit(store.presigned_url("t/1", 600, "inline", "text/plain")).query)
    assert int(query["X-Amz-Expires"][0]) == pytest.approx(life_s, abs=3)


@pytest.mark.parametrize("ahead_s", [-3600, 3600, 601])
def test_no_url_is_presigned_by_a_clock_that_is_far_off(proxied: Proxied, ahead_s: int) -> None:
    store, proxy = proxied
    proxy.set_fault(fault=OtherDate(-ahead_s))
    with pytest.raises(ClockDiffers):
        store.presigned_url("t/1", 600, "inline", "text/plain")


# ------------------------------------------------------------------------------ what goes wrong

_PASSING = [
    Refuse(500, "InternalError"),
    Refuse(503, "SlowDown"),
    Reset(),
    Reset(after_the_server=True),
]


@pytest.mark.parametrize("fault", _PASSING, ids=str)
def test_every_request_may_fail_once(proxied: Proxied, tmp_path: Path, fault: Refuse | Reset) -> None:
    store, proxy = proxied
    proxy.fail_first_of_each(fault)
    shared, sha256 = _base(store, tmp_path)
    store.compose("installers/1.exe", shared, TAIL, sha256, skip_exists_check=True)
    store.put_bytes("tails/1", b"tail", hashlib.sha256(b"tail").hexdigest())
    assert list(store.names()) == ["bases/x.exe", "installers/1.exe", "tails/1"]
    assert hashlib.sha256(b"".join(store.read("installers/1.exe"))).hexdigest() == sha256
    assert store.find("tails/1") is not None
    assert store.remove_all(["tails/1"]) == 1
    store.sweep()
    proxy.clear_fault()
    assert store.sweep() == 0
    assert store.find("tails/1") is None


def test_an_answer_that_breaks_off_is_taken_up_where_it_did(proxied: Proxied, tmp_path: Path) -> None:
    store, proxy = proxied
    path, sha256 = _put(store, tmp_path, 3 * CHUNK_BYTES)
    proxy.set_fault("GetObject", fault=Truncate(CHUNK_BYTES + 1000))
    assert b"".join(store.read("bases/x.exe")) == path.read_bytes()
    assert proxy.kinds.count("GetObject") >= 3
    assert store.local_file("bases/x.exe", sha256).read_bytes() == path.read_bytes()


def test_an_answer_that_always_breaks_off_at_once_is_given_up(proxied: Proxied, tmp_path: Path) -> None:
    store, proxy = proxied
    _, sha256 = _put(store, tmp_path)
    proxy.set_fault("GetObject", fault=Truncate(0))
    with pytest.raises(StoreUnavailable, match="break off"):
        b"".join(store.read("bases/x.exe"))
    with pytest.raises(StoreUnavailable):
        store.local_file("bases/x.exe", sha256)
    proxy.clear_fault()
    assert store.local_file("bases/x.exe", sha256).stat().st_size == 1000, "no half of it was kept"


def test_a_slow_server_is_waited_for(proxied: Proxied, tmp_path: Path) -> None:
    store, proxy = proxied
    proxy.set_fault(fault=Slow(0.3))
    path, _ = _put(store, tmp_path)
    assert b"".join(store.read("bases/x.exe")) == path.read_bytes()


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        (Refuse(503, "SlowDown"), StoreBusy),
        (Refuse(500, "InternalError"), StoreUnavailable),
        (Refuse(400, "ExpiredToken"), CredentialsRefused),
        (Refuse(403, "SignatureDoesNotMatch"), CredentialsRefused),
        (Refuse(403, "QuotaExceeded"), StoreFull),
        (Refuse(404, "NoSuchBucket"), StoreUnavailable),
        (Reset(), StoreUnavailable),
    ],
    ids=str,
)
def test_what_stays_wrong_is_named_and_nothing_secret_is_said(
    proxied: Proxied, fault: Refuse | Reset, refusal: type[OneSeatError]
) -> None:
    store, proxy = proxied
    proxy.set_fault(fault=fault)
    with pytest.raises(refusal) as caught:
        store.put_bytes("tails/1", b"tail", hashlib.sha256(b"tail").hexdigest(), skip_exists_check=True)
    with pytest.raises(refusal):
        list(store.names())
    with pytest.raises(refusal):
        store.sweep()
    said = repr(caught.value.facts) + caught.value.diagnostics("en") + caught.value.diagnostics("zh")
    for secret in ("secret detail", os.environ["AWS_SECRET_ACCESS_KEY"], "Signature=", "X-Amz", "127.0.0.1"):
        assert secret not in said
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidAccessKeyId"])
def test_expired_credentials_are_told_where_the_answer_has_no_body(proxied: Proxied, code: str) -> None:
    store, proxy = proxied
    proxy.set_fault(fault=Refuse(400, code))
    with pytest.raises(CredentialsRefused, match=code):
        store.find("tails/1")


def test_a_server_that_asks_to_slow_down_is_asked_more_rarely(moto_bucket: Bucket) -> None:
    sha256 = hashlib.sha256(b"t").hexdigest()
    with fault_proxy(moto_bucket.server.url) as proxy:
        store = moto_bucket.store(through=proxy.url)
        throttled = iter([Refuse(503, "SlowDown")] * 12)
        proxy.fault = lambda _: next(throttled, None)
        started = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            jobs = [
                pool.submit(store.put_bytes, f"t/{n}", b"t", sha256, skip_exists_check=True) for n in range(8)
            ]
        outcomes = [job.exception() for job in jobs]
        seconds = time.monotonic() - started
    assert {type(outcome) for outcome in outcomes} <= {type(None), StoreBusy}
    assert len(list(moto_bucket.store().names())) == outcomes.count(None) > 0
    assert len(proxy.requests) <= 20, "every refusal costs one further request at most"
    assert seconds > 0.3, "and a wait before it"


def test_a_key_that_the_server_does_not_know_is_refused(
    swift_bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(CredentialsRefused):
        list(swift_bucket.store().names())
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(CredentialsRefused, match="none were found"):
        list(swift_bucket.store().names())


def test_credentials_may_lie_in_the_shared_file(
    swift_bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    server, file = swift_bucket.server, tmp_path / "credentials"
    file.write_text(
        f"[exam]\naws_access_key_id = {server.access_key}\naws_secret_access_key = {server.secret_key}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "exam")
    assert list(swift_bucket.store().names()) == []
    monkeypatch.setenv("AWS_PROFILE", "none of that name")
    with pytest.raises(CredentialsRefused):
        swift_bucket.store()


def test_nobody_there_is_said(tmp_path: Path, moto_bucket: Bucket) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        moto_bucket.store(through="http://127.0.0.1:9").find("x")


def test_uploads_left_open_are_swept_below_their_prefix_alone(bucket: Bucket) -> None:
    store = bucket.store()
    client = store._bucket._client
    for key in ("some/where/installers/a/1", "some/where/installers/b/2", "elsewhere/3"):
        opened = client.create_multipart_upload(Bucket=bucket.name, Key=key)
        client.upload_part(
            Bucket=bucket.name, Key=key, UploadId=opened["UploadId"], PartNumber=1, Body=b"part"
        )
    assert store.sweep("installers/a/") == 1
    assert store.sweep() == 1
    assert store.sweep() == 0
    assert bucket.store(prefix="").sweep() == 1


# ------------------------------------------------------------------------------ presigned, cached, encrypted


def test_a_presigned_url_is_for_one_object_for_a_time_and_for_its_signature(swift_bucket: Bucket) -> None:
    store = swift_bucket.store()
    assert isinstance(store, Presigning)
    for name in ("i/1", "i/2"):
        store.put_bytes(name, name.encode(), hashlib.sha256(name.encode()).hexdigest())
    url = store.presigned_url("i/1", 6, 'attachment; filename="a.exe"', "application/x-test")
    (life_s,) = parse_qs(urlsplit(url).query)["X-Amz-Expires"]
    # Less where the server's answer came late: its time says whole seconds, and this clock seems behind it.
    assert 3 <= int(life_s) <= 6
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in url
    answer = httpx.get(url)
    assert (answer.status_code, answer.content) == (200, b"i/1")
    assert answer.headers["content-disposition"] == 'attachment; filename="a.exe"'
    assert answer.headers["content-type"].startswith("application/x-test")
    assert httpx.get(url, headers={"Range": "bytes=1-"}).content == b"/1"
    assert httpx.get(url.replace("i/1", "i/2")).status_code == 403
    longer = url.replace(f"X-Amz-Expires={life_s}", "X-Amz-Expires=900")
    assert longer != url
    assert httpx.get(longer).status_code == 403
    assert httpx.delete(url).status_code == 403
    time.sleep(7.1)
    assert httpx.get(url).status_code == 403


def test_an_object_is_fetched_once_and_again_when_the_copy_was_damaged(
    proxied: Proxied, tmp_path: Path
) -> None:
    store, proxy = proxied
    path, sha256 = _put(store, tmp_path, 2 * MIB)
    file = store.local_file("bases/x.exe", sha256)
    assert store.local_file("bases/x.exe", sha256) == file
    assert proxy.kinds.count("GetObject") == 1
    file.write_bytes(b"damaged")
    assert store.local_file("bases/x.exe", sha256).read_bytes() == path.read_bytes()
    assert proxy.kinds.count("GetObject") == 2
    with pytest.raises(ObjectDiffers):
        store.local_file("bases/x.exe", "0" * 64)
    assert [one.name for one in file.parent.iterdir()] == [sha256]


@pytest.mark.parametrize("encryption", ["AES256", "aws:kms"])
def test_objects_are_encrypted_as_asked(moto_bucket: Bucket, tmp_path: Path, encryption: str) -> None:
    more = f"&encryption={encryption}" + ("&kms_key=alias/exam" if encryption == "aws:kms" else "")
    store = moto_bucket.store(more=more)
    shared, sha256 = _base(store, tmp_path)
    store.compose("i/1", shared, TAIL, sha256)
    store.put_bytes("t/1", b"t", hashlib.sha256(b"t").hexdigest())
    for key in ("bases/x.exe", "i/1", "t/1"):
        found = store._bucket._client.head_object(Bucket=moto_bucket.name, Key=f"some/where/{key}")
        assert found["ServerSideEncryption"] == encryption
    assert hashlib.sha256(b"".join(store.read("i/1"))).hexdigest() == sha256


# ------------------------------------------------------------------------------ addresses


def test_an_address_says_where_and_how() -> None:
    parsed = S3Address.parse(
        "s3://exams/2035/mock?endpoint=https://s3.example.com:9000&region=cn-north-1"
        "&encryption=aws:kms&kms_key=alias/exam&addressing=virtual"
    )
    assert parsed == S3Address(
        *("exams", "2035/mock/", "https://s3.example.com:9000", "cn-north-1", "aws:kms", "alias/exam"),
        "virtual",
    )
    assert parsed.display == "s3://exams/2035/mock"
    assert S3Address.parse(parsed.url) == parsed
    assert S3Address.parse("s3://exams").display == "s3://exams"


@pytest.mark.parametrize(
    "text",
    [
        "s3://key:hunter2@bucket/prefix",
        "s3://bucket?access_key=hunter2",
        "s3://bucket?endpoint=https://key:hunter2@host",
        "s3://bucket?endpoint=http://host.example.com",
        "s3://bucket?endpoint=ftp://127.0.0.1",
        "s3://bucket?endpoint=https://host/hunter2",
        "s3://bucket?endpoint=https://host:port",
        "s3://bucket?encryption=hunter2",
        "s3://bucket?kms_key=hunter2",
        "s3://bucket?region=a&region=hunter2",
        "s3://B",
        "s3:///hunter2",
        "s3://bucket#hunter2",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(StoreAddressInvalid) as caught:
        open_store(text)
    assert "hunter2" not in caught.value.diagnostics()
