"""Pydantic models of the API's bodies and answers, for the portal and its typed client."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from oneseat.portal.rules.help_rules import MAX_WORDS, Reason
from oneseat.portal.rules.ticket_rules import Kind, MockState
from signing.text import printable

Typed = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""Typed text without control characters, which some databases refuse."""
Encoded = Annotated[str, Field(min_length=1, max_length=200)]
SignedText = Annotated[str, Field(min_length=1, max_length=1024)]
Token = Annotated[str, Field(min_length=1, max_length=4096)]
ReportedCode = Annotated[str, Field(max_length=24, pattern=r"^(OS-[0-9]{3,4}|[a-z][a-z-]*)$")]
ClientNonce = Annotated[str, Field(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


_RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]")


def _text(value: object) -> object:
    """A time as RFC 3339 writes it: a bare number might be anything."""
    if not isinstance(value, str) or not _RFC3339.match(value):
        raise ValueError("not a time as in RFC 3339")
    return value


def _legible(value: str) -> str:
    """Words as they are shown: nothing in them that does not print, and blanks at no end."""
    if value != printable(value, keep="\n\u3000").strip():
        raise ValueError("words that cannot be shown")
    return value


class Body(BaseModel):
    """What comes in: exactly the members shown, of exactly their types."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


# ------------------------------------------------------------------------------------ refusals


class Said(BaseModel):
    """A text in both languages."""

    en: str
    zh: str


class Question(BaseModel):
    """A question whose answer, sent as ``reply`` with the same request, spares the wait."""

    stamp: str
    question: Said


class Problem(BaseModel):
    """A refusal (RFC 9457): what happened and what to do, to be shown as they are, beside the code."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    cause: Said
    remedy: Said
    challenge: Question | None = None


# ------------------------------------------------------------------------------- who asks for what


class ReplyBody(Body):
    """The answer to the question that a refusal carried as ``challenge``; it spares the wait."""

    stamp: SignedText
    answer: Typed


class IdentityBody(Body):
    """Who asks: as on the ID document and the admission ticket.

    ``client_address`` is the candidate's network address as a portal in front saw it; it
    takes a service token with the scope ``authenticate``.
    """

    name: Typed
    id_number: Typed
    admission_number: Typed
    reply: ReplyBody | None = None
    client_address: Annotated[str, Field(min_length=2, max_length=45)] | None = None


class DownloadOffer(BaseModel):
    """Where the seat's installer is, and how to know it again."""

    url: str
    size: int
    sha256: str
    filename: str


class Authenticated(BaseModel):
    """A session for one seat. ``download`` is null when nothing may be fetched now."""

    session: str
    jti: str
    state: str
    download: DownloadOffer | None
    fetch_until: str | None
    install_code: str


class LinkAnswer(BaseModel):
    """An address that gives the installer without a session, until ``expires``.

    ``phone_url`` gives the phone app likewise; null where the exam has none of its own.
    """

    url: str
    expires: str
    phone_url: str | None = None


class NumberBody(Body):
    """A candidate, by admission number."""

    admission_number: Typed


class Attended(BaseModel):
    """A session that the candidate got a ticket for; start, end and upload are the exam room's word.

    ``upload_left_bytes`` and ``upload_until`` are null where no room has reported them, ``completed_at``
    until answers and recordings were all received.
    """

    kind: Kind
    session: int
    day: str
    ticket_at: str
    started_at: str | None
    ended_at: str | None
    upload_left_bytes: int | None = None
    upload_until: str | None = None
    completed_at: str | None = None


class SeatStatus(BaseModel):
    """How far one seat is. Times are RFC 3339; null where it has not happened.

    ``window`` is the phase of the download window for all seats, ``may_fetch`` whether
    this seat may fetch now and ``fetch_until`` for how long. ``heard_at`` is when its
    device last checked in, ``build`` what it ran then. ``phone_began_at`` and ``phone_downloaded_at``
    are of the phone app, where the exam has one of its own.
    """

    jti: str
    revoked: bool
    window: Literal["before", "open", "between", "closed"]
    may_fetch: bool
    fetch_until: str | None
    granted_at: str | None
    download_began_at: str | None
    downloaded_at: str | None
    activated_at: str | None
    heard_at: str | None
    build: str | None
    sessions: list[Attended]
    phone_began_at: str | None = None
    phone_downloaded_at: str | None = None


# ----------------------------------------------------------------------------------------- devices


class NonceBody(Body):
    """The client's own nonce, over which the portal signs its time."""

    client_nonce: ClientNonce


class NonceAnswer(BaseModel):
    """A challenge to sign, and the portal's time over the client's nonce."""

    nonce: str
    time: str


TraitName = Literal["machine-guid", "system-uuid", "board-serial", "system-disk", "system-volume"]
TraitHash = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""32 bytes in base64url."""


class ActivationBody(Body):
    """A device's request for its seat. Binary members are base64url without padding.

    ``signature`` is Ed25519 by the device key over `oneseat/activate/v1`, nonce, licence and device_key,
    each behind its length as four big-endian bytes. With ``traits`` it is over `oneseat/activate/v2`, the
    same three, then name and hash (32 bytes) of each trait, sorted by name.

    ``traits`` are keyed hashes of the traits that the computer has, by which the portal recognises it after
    it lost its device key: HMAC-SHA256, keyed with the seat's jti as text, over
    `oneseat/activation-trait/v1`, name and value, each behind its length. Makers' placeholders are no traits.

    ``seat_key_proof`` is HMAC-SHA256 under the seat key, which the install code carries. An activation with
    the right one does not wait for the delay of failed ones (OS-171).
    """

    licence: Token
    id_number: Typed
    admission_number: Typed
    device_key: Encoded
    nonce: SignedText
    signature: Encoded
    traits: dict[TraitName, TraitHash] | None = None
    seat_key_proof: Encoded | None = None


class ActivationAnswer(BaseModel):
    """The activation token, and the seat key in base64url."""

    activation: str
    seat_key: str


class CheckInBody(Body):
    """A device that says it is there.

    ``signature`` is Ed25519 by the device key, in base64url, over `oneseat/check-in/v1`,
    nonce, activation, client_nonce and build, each behind its length as four big-endian
    bytes.

    ``codes`` may hold what the client refused since its last check-in (`OS-026`), and the names of the
    health checks that block (`antivirus`). They say nothing about a person. The signature does not cover
    them.
    """

    activation: Token
    nonce: SignedText
    client_nonce: ClientNonce
    build: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
    signature: Encoded
    codes: Annotated[list[ReportedCode], Field(max_length=16)] | None = None


class CheckInAnswer(BaseModel):
    """That the seat is this device's still, the charter's newest version, and the portal's signed time.

    ``mock`` is how far the candidate came in the mock interviews. It is null where the exam has none.
    ``terms`` is a token, signed with the key of tickets, of the seat's own formal session and extra time.
    ``orders`` is the number of the newest order that changes sessions, 0 without one.
    """

    time: str
    charter_version: int
    mock: MockState | None = None
    terms: str | None = None
    orders: int = 0


class TicketBody(BaseModel):
    """A device's request to enter.

    ``activation`` is the activation token, or null while the enrolment is provisional.
    ``signature`` is Ed25519 by the device key, in base64url, over `oneseat/ticket/v1`,
    nonce, activation and kind, each behind its length as four big-endian bytes.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    activation: Token | None = None
    kind: Kind
    nonce: SignedText
    signature: Annotated[str, Field(max_length=200)] = ""


class Warned(BaseModel):
    """What the candidate is to be told before they go on."""

    code: str
    en: str
    zh: str


class TicketAnswer(BaseModel):
    """The ticket for the exam room, and the end of its session, which nothing moves for one candidate."""

    ticket: str
    session_ends: str
    warning: Warned | None


# --------------------------------------------------------------------------------------- exam rooms


class ReportBody(BaseModel):
    """What happened to the bearer of a ticket. ``at`` is when, by the room's clock; just now unless given."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    ticket: Token
    at: Annotated[AwareDatetime, BeforeValidator(_text)] | None = None


class ReportAnswer(BaseModel):
    """The place as the portal knows it; ``in_force`` is whether the ticket still lets its bearer in."""

    jti: str
    kind: str
    session: int
    day: str
    started_at: str | None
    ended_at: str | None
    in_force: bool


class SeatsBody(Body):
    """Which page of the seats. ``after`` is the ``next`` of the page before, empty for the first.

    ``since`` is the ``version`` that the room has: where it is the newest still, no seats are listed.
    """

    after: Annotated[str, Field(max_length=400)] = ""
    since: Annotated[str, Field(max_length=64)] = ""
    limit: Annotated[int, Field(ge=1, le=1000)] = 500


class RoomSeat(BaseModel):
    """What a roster gave a seat. ``session`` is a position, as in tickets; null where the seat has none.

    ``adjustments`` are codes: `assistant`, `head_covering`, `hearing_aid`, `large_type`, `screen_reader`,
    `text_only`, `wheelchair`.
    """

    jti: str
    session: int | None
    paper: str | None
    extra_minutes: int
    adjustments: list[str]


class SeatsAnswer(BaseModel):
    """Seats that have something of their own; every other seat has the charter's times.

    ``version`` changes with any of them. Where it differs between two pages, begin again. ``unchanged`` says
    that it is ``since``. ``next`` is null on the last page.
    """

    version: str
    unchanged: bool
    seats: list[RoomSeat]
    next: str | None


class UploadBody(BaseModel):
    """How far the recordings of a handed-in interview are uploaded. ``at`` is when, by the room's clock.

    ``left_bytes`` is what the candidate's computer still has, null where the room cannot tell; ``until`` is
    how long it may send it. ``complete`` says that everything was received: that is final.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    ticket: Token
    until: Annotated[AwareDatetime, BeforeValidator(_text)]
    complete: Annotated[bool, Field(strict=True)]
    left_bytes: Annotated[int, Field(ge=0, lt=1 << 53, strict=True)] | None = None
    at: Annotated[AwareDatetime, BeforeValidator(_text)] | None = None


class UploadAnswer(BaseModel):
    """The upload as the portal knows it: from the latest report, or the completion."""

    jti: str
    kind: str
    session: int
    day: str
    left_bytes: int | None
    until: str | None
    completed_at: str | None


class IdentityCheckBody(Body):
    """What a candidate typed in the exam room, at the seat of ``jti`` (a ticket has it).

    Where no ticket names the seat, such as on a phone, ``admission_number`` is typed instead.
    """

    jti: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None
    admission_number: Typed | None = None
    name: Typed
    id_number: Typed

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.jti is None) == (self.admission_number is None):
            raise ValueError("give jti or admission_number, and not both")
        return self


class IdentityCheckAnswer(BaseModel):
    """Whether all are the seat's; ``jti`` is its licence's, where an admission number agrees."""

    agrees: bool
    jti: str | None = None


class OrderBody(Body):
    """A signed order (``oneseat-order+jws``)."""

    order: Annotated[str, Field(min_length=1, max_length=65_536, pattern=r"^[A-Za-z0-9_.-]+$")]


class OrderAnswer(BaseModel):
    """The order's number, and whether the portal had it before."""

    number: int
    known: bool


class OrderList(BaseModel):
    """Signed orders, by their numbers."""

    orders: list[str]


class IncidentBody(BaseModel):
    """An incident of an exam room as it is now: open, or over since ``closed_at``.

    ``words`` are shown to all candidates as they are; line breaks and printable characters alone.
    ``reason`` is that of the help requests that they answer; null for all. ``opened_by`` is who opened it,
    for the desk. Only ``closed_at`` may differ between two bodies of one incident.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: Reason | None = None
    words: Annotated[str, Field(min_length=1, max_length=MAX_WORDS), AfterValidator(_legible)]
    opened_at: Annotated[AwareDatetime, BeforeValidator(_text)]
    opened_by: Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[a-z0-9._-]+$")]
    closed_at: Annotated[AwareDatetime, BeforeValidator(_text)] | None = None


class IncidentAnswer(BaseModel):
    """Whether candidates see the incident now, and whether the portal knew all of it before."""

    number: int
    open: bool
    known: bool


class AdmissionBody(BaseModel):
    """A device that a room admitted without a ticket at ``at``, by the room's clock."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    activation: Token
    kind: Kind
    at: Annotated[AwareDatetime, BeforeValidator(_text)]


class AdmissionAnswer(BaseModel):
    """The ticket as of the time of the admission, or the code of what the rules object to."""

    ticket: str | None
    refusal: str | None


# ------------------------------------------------------------------------------------------- health


# -------------------------------------------------------------------------------------------- help


class HelpBody(Body):
    """A request for help. ``callback`` is null for who cannot take calls, and then needs ``words``.

    ``codes`` are error codes and checks (``OS-103``, ``camera:fail``); others are left out. ``door``
    and ``stage`` count for programs only: where the candidate asked, and whether questions are being
    answered or the candidate waits for them; ``time_left_s`` is how long that goes on, in seconds. Without
    ``stage`` the charter's sessions decide how urgent the request is.
    """

    reason: Annotated[Reason, Field(strict=False)]
    words: Annotated[str, Field(max_length=MAX_WORDS, pattern=r"^[^\x00]*$")] = ""
    callback: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    codes: Annotated[
        tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=50, strict=False)
    ] = ()
    door: Literal["room", "phone"] | None = None
    stage: Literal["questions", "waiting"] | None = None
    time_left_s: Annotated[int, Field(ge=0, le=86_400)] | None = None


class DeviceHelpBody(Body):
    """A request for help, a look at it or its withdrawal, signed by the seat's device.

    ``content`` is a :class:`HelpBody` as JSON text, exactly as it was signed; empty for ``read`` and
    ``withdraw``.
    """

    activation: Token
    nonce: SignedText
    act: Literal["submit", "read", "withdraw"]
    content: Annotated[str, Field(max_length=8192)] = ""
    signature: Encoded


class HelpReply(BaseModel):
    """An answer of the service desk."""

    at: str
    words: str


class HelpIncident(BaseModel):
    """A fault that the desk has announced. Its words never change; ``since`` is when they were announced."""

    words: str
    since: str


class NoHelpRequest(BaseModel):
    """The seat has made no request for help yet."""

    has_request: Literal[False]


class HelpCall(BaseModel):
    """A seat that the service desk is calling now: its licence, and the request that is called about."""

    jti: str
    number: str
    reason: Reason


class HelpCalls(BaseModel):
    """All seats that the service desk is calling now."""

    calls: list[HelpCall]


class HelpPicture(BaseModel):
    """A picture of a help request. Its content is not given out again."""

    id: int
    added_at: str


class HelpPictures(BaseModel):
    """The pictures of a help request, oldest first, how many it may have, and what can be done now.

    ``not_before`` is when pictures can be added again, after the answer time that runs; null outside one.
    """

    pictures: tuple[HelpPicture, ...]
    most: int
    may_add: bool
    may_take_away: bool
    not_before: str | None


class HelpAnswer(BaseModel):
    """A request for help as its candidate sees it.

    ``place`` is null where the request does not wait; ``wait_minutes`` also where no estimate can be
    made. ``callback`` is masked. Calls come only from the numbers in ``calls_from``; while one is made,
    ``calling_from`` is its number. ``incidents`` are the words of ``announcements``. ``answered_from`` is
    when support begins to answer again, or null.
    """

    number: str
    reason: Reason
    status: str
    status_words: Said
    open: bool
    submitted_at: str
    place: int | None
    wait_minutes: int | None
    callback: str | None
    calls_from: tuple[str, ...]
    calling_from: str | None
    answers: tuple[HelpReply, ...]
    incidents: tuple[str, ...]
    announcements: tuple[HelpIncident, ...]
    answered_from: str | None
    pictures: HelpPictures


class PublicKey(BaseModel):
    """A key of the exam as a JWK (RFC 8037); ``oneseat_use`` is the kind of token that it signs."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    kid: str
    alg: Literal["Ed25519"]
    use: Literal["sig"]
    oneseat_use: str


class KeySet(BaseModel):
    """The exam's public keys (RFC 7517, section 5), as the charter in force lists them."""

    keys: list[PublicKey]


class HealthAnswer(BaseModel):
    """That the portal runs."""

    status: str
    rehearsal: bool


class ServedAnswer(BaseModel):
    """What candidates of one exam are served: the charter's version, and the client's build."""

    charter: int
    build: str


class ReadyAnswer(BaseModel):
    """That candidates of every exam can be served."""

    status: str
    exams: dict[str, ServedAnswer]
