"""A typed HTTP client for programs that call the API, with retries and refusals as exceptions.

It is for a portal in front of ours, for exam rooms and for tests. Candidates' computers have
their own, much smaller one, which needs the standard library alone (:mod:`oneseat.client.online.portal`).

Calls whose answer was lost are retried. Those that could act twice have an ``Idempotency-Key``,
made once for all attempts of a call.
"""

from __future__ import annotations

import hashlib
import random
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from oneseat.portal.sdk.models import (
    ActivationAnswer,
    ActivationBody,
    Authenticated,
    CheckInAnswer,
    CheckInBody,
    DownloadOffer,
    IdentityBody,
    IdentityCheckAnswer,
    IdentityCheckBody,
    IncidentAnswer,
    IncidentBody,
    KeySet,
    LinkAnswer,
    NonceAnswer,
    NonceBody,
    NumberBody,
    OrderAnswer,
    OrderBody,
    OrderList,
    Problem,
    ReadyAnswer,
    ReportAnswer,
    ReportBody,
    SeatsAnswer,
    SeatsBody,
    SeatStatus,
    TicketAnswer,
    TicketBody,
    UploadAnswer,
    UploadBody,
)

ATTEMPTS = 3
"""Attempts of a call without an answer, or with a gateway's status."""

PAUSE_S = 0.25
"""Average pause before the second attempt; doubles with each further one."""

_RETRIED_STATUSES = frozenset({502, 503, 504})
Answer = TypeVar("Answer", bound=BaseModel)


class RefusedByPortal(Exception):
    """The portal refused: ``problem`` has code, cause and remedy, in both languages, to be shown as they are.

    ``retry_after_s`` is the Retry-After header in seconds, if there is one.
    """

    def __init__(self, problem: Problem, retry_after_s: int | None) -> None:
        self.problem = problem
        self.retry_after_s = retry_after_s
        super().__init__(f"{problem.code}: {problem.detail}")

    @property
    def code(self) -> str:
        """The refusal's code, such as ``OS-170``."""
        return self.problem.code


class PortalNotUnderstood(Exception):
    """No answer came, or one that no portal of this version gives."""


class DownloadDiffers(Exception):
    """The download's size or digest is not the offered one; the file is deleted."""


@dataclass
class PortalClient:
    """One exam at the portal under ``url``, for one caller.

    ``service_token`` gives the caller its scopes. Methods with a ``session`` act for that session's
    candidate instead. All raise :class:`RefusedByPortal`
    and :class:`PortalNotUnderstood`. Not thread-safe.
    """

    url: str
    exam: str
    service_token: str | None = field(default=None, repr=False)
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.url, timeout=self.timeout_s, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # ------------------------------------------------------------------------------- candidates

    def authenticate(self, identity: IdentityBody, *, key: str | None = None) -> Authenticated:
        """Prove an identity. ``key`` is the idempotency key where the caller makes its own."""
        return self._post("authenticate", identity, Authenticated, key=key or secrets.token_urlsafe(24))

    def download(self, offer: DownloadOffer, session: str | None, to: Path) -> None:
        """Download an installer, resuming after broken connections, and verify size and SHA-256.

        Raises:
            DownloadDiffers: size or SHA-256 differ; ``to`` does not exist then.
        """
        partial = to.with_name(f"{to.name}.part")
        partial.unlink(missing_ok=True)
        try:
            self._fetch(offer, session, partial)
            with partial.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            if (partial.stat().st_size, sha256) != (offer.size, offer.sha256):
                raise DownloadDiffers
            partial.replace(to)
        finally:
            partial.unlink(missing_ok=True)

    def link(self, jti: str, session: str | None = None) -> LinkAnswer:
        """An address for the candidate's browser, good for a quarter of an hour at most."""
        return self._post(f"installers/{jti}/links", None, LinkAnswer, session=session)

    def seat(self, jti: str, session: str | None = None) -> SeatStatus:
        """How far a seat is."""
        return self._get(f"seats/{jti}", SeatStatus, session=session)

    def seat_of(self, admission_number: str) -> SeatStatus:
        """How far a candidate is."""
        return self._post("seat-lookups", NumberBody(admission_number=admission_number), SeatStatus)

    # ---------------------------------------------------------------------------------- devices

    def nonce(self, client_nonce: str) -> NonceAnswer:
        """A challenge for a device to sign."""
        return self._post("nonces", NonceBody(client_nonce=client_nonce), NonceAnswer)

    def activate(self, body: ActivationBody) -> ActivationAnswer:
        """Tie a seat to a device."""
        return self._post("activations", body, ActivationAnswer, key=secrets.token_urlsafe(24))

    def check_in(self, body: CheckInBody) -> CheckInAnswer:
        """Say that a device is there."""
        return self._post("check-ins", body, CheckInAnswer)

    def ticket(self, body: TicketBody) -> TicketAnswer:
        """Ask to enter a session."""
        return self._post("tickets", body, TicketAnswer)

    # ------------------------------------------------------------------------------- exam rooms

    def report_start(self, report: ReportBody) -> ReportAnswer:
        """Report that a candidate takes part."""
        return self._post("room/starts", report, ReportAnswer)

    def report_end(self, report: ReportBody) -> ReportAnswer:
        """Report that a candidate has handed in."""
        return self._post("room/ends", report, ReportAnswer)

    def report_upload(self, report: UploadBody) -> UploadAnswer:
        """Report how far a candidate's recordings are uploaded."""
        return self._post("room/uploads", report, UploadAnswer)

    def check_identity(self, typed: IdentityCheckBody) -> IdentityCheckAnswer:
        """Ask whether a name and an ID number are those of a seat."""
        return self._post("identity/check", typed, IdentityCheckAnswer)

    def room_seats(self, body: SeatsBody) -> SeatsAnswer:
        """List a page of what rosters gave to seats."""
        return self._post("room/seats", body, SeatsAnswer)

    def send_order(self, order: OrderBody) -> OrderAnswer:
        """Send a signed order that changes a session."""
        return self._post("room/orders", order, OrderAnswer)

    def put_incident(self, number: int, incident: IncidentBody) -> IncidentAnswer:
        """Tell what became of an incident, under the room's number: that it is open, or over."""
        return self._put(f"room/incidents/{number}", incident, IncidentAnswer)

    # ------------------------------------------------------------------------------------- public

    def orders(self, after: int = 0) -> OrderList:
        """The signed orders above a number; verify them under the charter before use."""
        return self._get(f"room/orders?after={after}", OrderList)

    def charter(self) -> str:
        """The charter in force, as a token; verify it with the root key before use."""
        return self._send("GET", self._path("charter")).text

    def keys(self) -> KeySet:
        """The exam's public keys."""
        return self._get("jwks.json", KeySet)

    def ready(self) -> ReadyAnswer:
        """What the portal serves; refused while it cannot."""
        return _read(self._send("GET", "/readyz"), ReadyAnswer)

    # --------------------------------------------------------------------------------- the wire

    def _path(self, what: str) -> str:
        return f"/api/v1/exams/{self.exam}/{what}"

    def _bearer(self, session: str | None) -> dict[str, str]:
        token = session or self.service_token
        return {"authorization": f"Bearer {token}"} if token else {}

    def _get(self, what: str, answer: type[Answer], *, session: str | None = None) -> Answer:
        return _read(self._send("GET", self._path(what), headers=self._bearer(session)), answer)

    def _post(
        self,
        what: str,
        body: BaseModel | None,
        answer: type[Answer],
        *,
        session: str | None = None,
        key: str | None = None,
    ) -> Answer:
        headers = self._bearer(session)
        if key is not None:
            headers["idempotency-key"] = key
        content = None
        if body is not None:
            headers["content-type"] = "application/json"
            content = body.model_dump_json(exclude_none=True)
        return _read(self._send("POST", self._path(what), headers=headers, content=content), answer)

    def _put(self, what: str, body: BaseModel, answer: type[Answer]) -> Answer:
        headers = {**self._bearer(None), "content-type": "application/json"}
        content = body.model_dump_json(exclude_none=True)
        return _read(self._send("PUT", self._path(what), headers=headers, content=content), answer)

    def _send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, content: str | None = None
    ) -> httpx.Response:
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            try:
                answer = self._http.request(method, path, headers=headers, content=content)
            except httpx.TransportError as error:
                if last:
                    raise PortalNotUnderstood(type(error).__name__) from error
            else:
                if last or answer.status_code not in _RETRIED_STATUSES:
                    return _accepted(answer)
            _pause(attempt)
        raise AssertionError("the last attempt returns or raises")

    def _fetch(self, offer: DownloadOffer, session: str | None, to: Path) -> None:
        """Append to ``to`` until it is as long as the offer says."""
        etag = ""
        for attempt in range(ATTEMPTS):
            offset = to.stat().st_size if to.exists() else 0
            headers = self._bearer(session)
            if offset and etag:
                headers |= {"range": f"bytes={offset}-", "if-range": etag}
            try:
                with self._http.stream("GET", offer.url, headers=headers, follow_redirects=True) as answer:
                    if answer.is_error:
                        answer.read()
                    etag = _accepted(answer).headers.get("etag", "")
                    _append(answer, to, whole=answer.status_code == httpx.codes.OK)
            except httpx.TransportError as error:
                if attempt == ATTEMPTS - 1:
                    raise PortalNotUnderstood(type(error).__name__) from error
                _pause(attempt)
            else:
                return


def _append(answer: httpx.Response, to: Path, *, whole: bool) -> None:
    with to.open("wb" if whole else "ab") as file:
        for piece in answer.iter_bytes():
            file.write(piece)


def _pause(attempt: int) -> None:
    # Jitter, so that callers do not all retry at the same time; it needs no secure randomness.
    time.sleep(PAUSE_S * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311


def _accepted(answer: httpx.Response) -> httpx.Response:
    """The answer, unless it is a refusal."""
    if answer.is_success:
        return answer
    wait = answer.headers.get("retry-after", "")
    raise RefusedByPortal(_read(answer, Problem), int(wait) if wait.isdecimal() else None)


def _read(answer: httpx.Response, model: type[Answer]) -> Answer:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError:
        # Without the content, which may come from any server and hold anything.
        raise PortalNotUnderstood(f"status {answer.status_code}") from None
