"""Tests a bucket as a page of the room would use it: real PUTs and a real preflight, then removes them.

Servers and their settings differ, and none of them says which checks it leaves out. So bytes are sent that
must be refused, and what happens decides what is signed later.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import httpx

from oneseat.store.errors import StoreUnavailable
from oneseat.store.segments.body_checks import BodyCheck, Signing, by_strictness
from oneseat.store.segments.protocol import SegmentUpload, SignedPut
from signing.clock import Clock
from signing.text import Text

_TIMEOUT_S = 15.0
_LIFE = timedelta(minutes=5)
_CONTENT_BYTES = 64


class Uploads(Protocol):
    """The store under test, such as :class:`oneseat.store.segments.s3.S3Segments`."""

    @property
    def where(self) -> str: ...  # noqa: D102
    def sign(  # noqa: D102
        self, upload: SegmentUpload, now: datetime, until: datetime, signing: Signing
    ) -> SignedPut: ...
    def require_clock(self) -> None: ...  # noqa: D102
    def has(self, name: str) -> bool: ...  # noqa: D102
    def names(self, prefix: str) -> Iterator[str]: ...  # noqa: D102
    def remove(self, name: str) -> None: ...  # noqa: D102


@dataclass(frozen=True)
class Result:
    """What is to be signed, and what the server does not promise."""

    signing: Signing
    remarks: tuple[Text, ...]


class SelfTest:
    """One run of the test. Its objects lie below ``self-test/``, and are removed in the end."""

    def __init__(self, store: Uploads, origin: str, clock: Clock) -> None:
        self._store, self._origin, self._clock = store, origin, clock
        self._names: list[str] = []
        self._status = 0

    def run(self) -> Result:
        """Run it.

        Raises:
            StoreUnavailable: the server cannot be reached, or takes no upload at all.
            CredentialsRefused, ClockDiffers: as for the store.
        """
        self._store.require_clock()
        with httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as self._http:
            try:
                signing = self._find_signing()
                remarks = [*self._unchecked(signing), *self._unlisted(), *self._foreign_pages(signing)]
            except httpx.HTTPError as error:
                reason = Text(f"no answer ({type(error).__name__})", f"无应答（{type(error).__name__}）")
                raise StoreUnavailable(where=self._store.where, reason=reason) from None
            finally:
                for name in self._names:
                    self._store.remove(name)
        return Result(signing, tuple(remarks))

    def _find_signing(self) -> Signing:
        """Return the strictest signature with which a right upload is taken and a wrong one is not."""
        for signing in by_strictness():
            if self._put(signing) and (signing.body is BodyCheck.NONE or not self._put(signing, _flip)):
                return signing
        reason = Text(
            f"it takes no signed upload (HTTP {self._status})", f"不接受带签名的上传（HTTP {self._status}）"
        )
        raise StoreUnavailable(where=self._store.where, reason=reason)

    def _unchecked(self, signing: Signing) -> Iterator[Text]:
        if signing.body is BodyCheck.NONE:
            yield Text(
                "the store compares no SHA-256: altered recordings are found only when they are read",
                "存储不核对 SHA-256，录像被改动时要到读取时才能发现",
            )
        if not signing.length or self._put(signing, _lengthen):
            yield Text(
                "the store limits no length: a link takes more bytes than announced",
                "存储不限制长度，上传链接可写入多于申报的内容",
            )

    def _unlisted(self) -> Iterator[Text]:
        stored = [name for name in self._names if self._store.has(name)]
        if not set(stored) <= set(self._store.names("self-test/")):
            yield Text("new objects are not listed at once", "新对象不能立即出现在列表中")

    def _foreign_pages(self, signing: Signing) -> Iterator[Text]:
        """Ask as a browser does before a page's PUT, and look at the PUT's own answer."""
        upload, content = self._upload()
        put = self._sign(upload, signing)
        asked = ",".join(sorted(name for name in put.headers if name != "host"))
        preflight = self._http.options(
            put.url,
            headers={
                "Origin": self._origin,
                "Access-Control-Request-Method": put.method,
                "Access-Control-Request-Headers": asked,
            },
        )
        yield from judge_preflight(preflight.status_code, preflight.headers, self._origin, put.headers)
        answer = self._http.put(put.url, content=content, headers={**put.headers, "Origin": self._origin})
        if not _is_allowed(answer.headers, "origin", self._origin):
            yield Text(
                f"its answers to uploads do not name {self._origin}: pages take them for failures",
                f"上传的应答未允许来源 {self._origin}，网页会当作失败",
            )

    def _upload(self) -> tuple[SegmentUpload, bytes]:
        content = secrets.token_bytes(_CONTENT_BYTES)
        sha256 = hashlib.sha256(content).hexdigest()
        self._names.append(f"self-test/{sha256}.webm")
        return SegmentUpload(self._names[-1], len(content), sha256), content

    def _put(self, signing: Signing, change: Callable[[bytes], bytes] = bytes) -> bool:
        """Upload some bytes, or changed ones under their name; return whether the server took them."""
        upload, content = self._upload()
        put = self._sign(upload, signing)
        answer = self._http.put(put.url, content=change(content), headers=dict(put.headers))
        self._status = answer.status_code
        return answer.is_success

    def _sign(self, upload: SegmentUpload, signing: Signing) -> SignedPut:
        now = self._clock.now()
        return self._store.sign(upload, now, now + _LIFE, signing)


def judge_preflight(
    status: int, answer: Mapping[str, str], origin: str, headers: Mapping[str, str]
) -> Iterator[Text]:
    """Yield what a browser would miss in the answer to a preflight of a PUT with these headers."""
    if not 200 <= status < 300:
        yield Text(
            f"it refuses a browser's preflight from {origin} (HTTP {status}): set a CORS rule",
            f"浏览器从 {origin} 上传前的询问被拒绝（HTTP {status}），请设置跨域（CORS）规则",
        )
        return
    if not _is_allowed(answer, "origin", origin):
        yield Text(f"its CORS rule lacks the origin {origin}", f"跨域（CORS）规则缺少来源 {origin}")
    lacking = [name for name in sorted(headers) if not _is_allowed(answer, "headers", name)]
    if not _is_allowed(answer, "methods", "PUT"):
        yield Text("its CORS rule lacks the method PUT", "跨域（CORS）规则缺少方法 PUT")
    if lacking:
        names = ", ".join(lacking)
        yield Text(f"its CORS rule lacks the headers {names}", f"跨域（CORS）规则缺少请求头：{names}")


def _is_allowed(answer: Mapping[str, str], what: str, wanted: str) -> bool:
    allowed = [item.strip().lower() for item in answer.get(f"access-control-allow-{what}", "").split(",")]
    return "*" in allowed or wanted.lower() in allowed


def _flip(content: bytes) -> bytes:
    """Other bytes of the same length."""
    return bytes([content[0] ^ 1]) + content[1:]


def _lengthen(content: bytes) -> bytes:
    """The same bytes and one more."""
    return content + b"\0"
