"""The charter: an exam's rules and public keys, signed by the exam's root key.

A charter is verified with the root's public key, so it may come from anywhere. The highest
version that verifies is used, and a lower one is never accepted after it. Windows can
therefore be moved on the day by publishing a newer charter, without a new build.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict, Iterable, Mapping, Optional, Tuple

from signing import jws, urls
from signing.fields import Fields, decode, encode
from signing.refusals import CharterRejected, LicenceForOtherExam
from signing.text import Text

TYP = "oneseat-charter+jws"
KEY_USES = ("licence", "activation", "ticket")
"""Uses of a key in the charter. The activation key also signs portal time."""
MOCK_COUNTS = ("started", "finished")
_KEY_BYTES = 32
_MAX_ROOM_URL = 300
_MAX_SHORT_NAME = 3
OWN_ROOM = "oneseat"
"""The kind of an exam room that is this project's own."""
ROOM_PROGRAM = r"([A-Za-z0-9][A-Za-z0-9 ._()-]{0,60}\\){1,8}[A-Za-z0-9][A-Za-z0-9 ._()-]{0,60}\.exe"
"""A program's path below Program Files, as a regular expression for the whole of it."""


@dataclass(frozen=True)
class CharterKey:
    """A public key of the exam: ``use`` is one of :data:`KEY_USES`, ``x`` its 32 bytes."""

    use: str
    x: bytes

    @property
    def kid(self) -> str:
        """The RFC 7638 thumbprint."""
        return jws.thumbprint(self.x)


@dataclass(frozen=True)
class Window:
    """A span of time from ``opens`` (inclusive) to ``closes`` (exclusive)."""

    opens: datetime
    closes: datetime

    def contains(self, moment: datetime) -> bool:
        """Whether ``moment`` is inside the window."""
        return self.opens <= moment < self.closes


@dataclass(frozen=True)
class FormalSession:
    """One formal interview: when login opens, start, last login and end.

    No candidate leaves before ``ends``, and none enters after ``login_closes`` for the first time.
    """

    login_opens: datetime
    starts: datetime
    login_closes: datetime
    ends: datetime


@dataclass(frozen=True)
class Support:
    """Contacts for help, and the numbers that call candidates (never to be called back).

    ``device_change`` says who moves a seat to another computer: ``hotline``, or ``desk``. ``hours`` are the
    times at which hotline and desk answer, in order; empty if the exam file gives none.
    """

    hotline: str
    calls_from: Tuple[str, ...]
    desk_name: Text
    desk_url: str
    device_change: str = "hotline"
    hours: Tuple[Window, ...] = ()


@dataclass(frozen=True)
class Manual:
    """A document that candidates must read."""

    title: Text
    url: str


@dataclass(frozen=True)
class Organiser:
    """Who holds the exam and who runs its technology, with the site's record numbers; empty: not shown.

    ``icp_record`` is the number of the ICP filing, ``police_record`` that of the public security filing.
    """

    host: Text
    technical_support: Optional[Text] = None
    icp_record: str = ""
    police_record: str = ""


@dataclass(frozen=True)
class PersonalData:
    """One kind of personal data: what it is, why it is needed, who sees it, and how long it is kept."""

    what: Text
    why: Text
    seen_by: Text
    kept: Text


@dataclass(frozen=True)
class Privacy:
    """The privacy notice (Personal Information Protection Law of the PRC, article 17).

    ``controller`` processes the data, ``contact`` takes requests about it. ``otherwise`` says what is open to
    a candidate who does not agree. ``mock_watched`` says whether people watch the mock interview too.
    """

    controller: Text
    contact: Text
    otherwise: Text
    mock_watched: bool
    data: Tuple[PersonalData, ...]


@dataclass(frozen=True)
class CompanionApp:
    """The phone app's address: a file with its SHA-256 (hex), or an app store's page, without one."""

    url: str
    sha256: str


@dataclass(frozen=True)
class ExamRoom:
    """Where interviews take place: a web page, or an installed program below Program Files.

    ``url`` takes the ticket by POST. ``program`` is a relative path with backslashes; it takes the
    ticket on standard input. Exactly one of them is not empty.

    ``kind`` is :data:`OWN_ROOM` for the room of this project, which the client opens in a window of its own
    and stays in touch with at ``api``, its origin. Any other kind is a third party's room: the client hands
    the ticket over and does no more.
    """

    url: str
    program: str
    kind: str = ""
    api: str = ""

    @property
    def is_own(self) -> bool:
        """Whether it is this project's room, and has a page."""
        return self.kind == OWN_ROOM and bool(self.url)


@dataclass(frozen=True)
class RetentionTerms:
    """How long this project's room keeps each class of data, in seconds.

    Recordings of mock interviews and help requests are kept from the end of the last formal session on, the
    other classes from ``results_at`` on, once it is known. ``events_s`` is for all that no other class names:
    attempts, answers, events, decisions.
    """

    mock_recordings_s: int
    formal_recordings_s: int
    identity_s: int
    requests_s: int
    events_s: int
    results_at: Optional[datetime] = None


@dataclass(frozen=True)
class RoomTerms:
    """What an exam sets for this project's room. All times are in seconds.

    ``receipt_keys`` are the Ed25519 public keys that sign hand-in receipts. A mock interview starts
    ``mock_wait_s`` after the candidate asked for it, and lasts ``mock_answer_s``. Recorders stop at most
    ``tail_s`` after the attempt's end. In a formal interview, checks that are not passed are recorded and no
    longer required from ``gates_until_s`` before the start. Recordings may be uploaded for
    ``upload_until_s`` after the attempt's end. ``mock_counts`` is ``started`` or ``finished``: which mock
    interview counts. ``retention`` says how long data are kept; None if the exam file does not say it.
    ``identity_documents`` names the documents that a candidate may hold to the camera in the identity step;
    without any there is no such step.
    """

    receipt_keys: Tuple[bytes, ...]
    mock_wait_s: int
    mock_answer_s: int
    tail_s: int
    gates_until_s: int
    upload_until_s: int
    mock_counts: str = "started"
    retention: Optional[RetentionTerms] = None
    identity_documents: Tuple[Text, ...] = ()

    @property
    def receipt_keys_by_kid(self) -> Mapping[str, bytes]:
        """The public keys by ``kid`` that may sign receipts."""
        return {jws.thumbprint(x): x for x in self.receipt_keys}


@dataclass(frozen=True)
class Measures:
    """How far signed orders may change a formal session on the day (:mod:`signing.orders`), in seconds.

    ``order_keys`` are the Ed25519 public keys that sign orders. Of all orders together, a session starts at
    most ``postpone_s`` later, and lasts at most ``extend_s`` longer; it never ends after the exam's ``ends``.
    ``may_end`` says whether an order may end one early, ``may_repeat`` whether one may give named seats
    another session in its place.
    """

    order_keys: Tuple[bytes, ...]
    postpone_s: int
    extend_s: int
    may_end: bool
    may_repeat: bool = False

    @property
    def order_keys_by_kid(self) -> Mapping[str, bytes]:
        """The public keys by ``kid`` that may sign orders."""
        return {jws.thumbprint(x): x for x in self.order_keys}


PHONE_KINDS = ("app", "page", "both")
"""Where the candidate's phone may come from: an app of its own, the room's page in a browser, or either."""
PHONE_ORDERS = ("gate", "warn", "off")
"""Whether a phone must be there before the computer goes on: yes, with a remark, or not at all."""


@dataclass(frozen=True)
class PhoneTerms:
    """The phone that films the candidate in this project's own room.

    ``kind`` is one of :data:`PHONE_KINDS`, ``order`` one of :data:`PHONE_ORDERS`. Before it is put in its
    place, the phone films the surroundings for at least ``sweep_s`` seconds.
    """

    kind: str
    order: str
    sweep_s: int

    @property
    def has_app(self) -> bool:
        """Whether each seat has an app of its own."""
        return self.kind in ("app", "both")

    @property
    def has_page(self) -> bool:
        """Whether the room's page in a browser will do."""
        return self.kind in ("page", "both")


@dataclass(frozen=True)
class Requirements:
    """Requirements of a candidate's computer and phone. Sizes in GiB, bandwidth in Mbit/s.

    ``phone_sign_out`` names the apps to be signed out of on the phone before an interview.
    """

    windows: Tuple[str, ...]
    memory_gib: float
    memory_usable_gib: float
    memory_free_gib: float
    disk_free_gib: float
    bandwidth_mbps: float
    external_screens: bool
    android_min: str
    phone_free_gib: float
    phone_battery_hours: float
    phone_sign_out: Tuple[str, ...] = ()


def is_short_latin(name: str) -> bool:
    """Whether a name is too short to be a prefix of displayed names: up to three ASCII characters."""
    return name.isascii() and len(name) <= _MAX_SHORT_NAME


@dataclass(frozen=True)
class Software:
    """Software that must be uninstalled or closed before the exam.

    ``role`` is antivirus, chat or remote; ``action`` is block or warn. Names are matched
    without regard to case; processes without ``.exe``.
    """

    name: str
    role: str
    action: str
    processes: Tuple[str, ...]
    services: Tuple[str, ...]
    uninstall: Tuple[str, ...]

    @property
    def shown_names(self) -> Tuple[str, ...]:
        """Names with which a displayed name in Programs and Features may begin.

        Short Latin names are left out: "MSC" is a key of McAfee, but "MSC Adams" is by another maker. Client
        and installer both match by this rule.
        """
        return tuple(name for name in self.uninstall if not is_short_latin(name))


@dataclass(frozen=True)
class Charter:
    """An exam's rules, as all parts of OneSeat read them.

    A member with a default was added after the first charters. Every new member needs a default,
    so that older charters stay readable.

    ``ends`` is the exam's outermost date: licences end there. ``mock_required`` is
    ``gate`` (no formal interview without a mock) or ``warn``. ``keep_until`` is the date
    until which the client must stay installed; None is unknown, which means keep.
    ``companion_app`` is the phone app's address; None if only the exam notice gives it.
    ``batch_keys`` sign published batches (:mod:`signing.authority.batch_log`). They are not among ``keys``
    because earlier builds of the client refuse a key of an unknown use.
    ``exam_room`` is where the client enters sessions; None if there is no room yet. ``room`` holds the terms
    of this project's own room; None with any other.
    ``measures`` bounds orders that change sessions on the day; None allows none.
    ``phone`` holds the terms of the phone in this project's own room; None asks for none.
    ``organiser`` and ``privacy`` are shown on the portal's pages; None if the exam file has none.
    """

    exam: str
    version: int
    issued_at: datetime
    title: Text
    product: Text
    companion: Text
    publisher: Text
    portal_url: str
    timezone: str
    ends: datetime
    document_kinds: Tuple[str, ...]
    download: Window
    download_grace_s: int
    mock_required: str
    mocks: Tuple[Window, ...]
    formals: Tuple[FormalSession, ...]
    device_change_until: datetime
    keep_until: Optional[datetime]
    support: Support
    manuals: Tuple[Manual, ...]
    requirements: Requirements
    catalogue: Tuple[Software, ...]
    keys: Tuple[CharterKey, ...]
    builds: Tuple[str, ...]
    companion_app: Optional[CompanionApp] = None
    batch_keys: Tuple[bytes, ...] = ()
    exam_room: Optional[ExamRoom] = None
    organiser: Optional[Organiser] = None
    privacy: Optional[Privacy] = None
    room: Optional[RoomTerms] = None
    measures: Optional[Measures] = None
    phone: Optional[PhoneTerms] = None

    def keys_for(self, use: str) -> Mapping[str, bytes]:
        """Return the public keys by ``kid`` that may sign tokens of one use."""
        return {key.kid: key.x for key in self.keys if key.use == use}

    @property
    def batch_keys_by_kid(self) -> Mapping[str, bytes]:
        """The public keys by ``kid`` that may sign tree heads; empty if the exam publishes no batches."""
        return {jws.thumbprint(x): x for x in self.batch_keys}

    def claims(self) -> Dict[str, Any]:
        """Return the charter as the JSON object that the root key signs."""
        return dict(encode(self))


def from_claims(claims: Mapping[str, Any]) -> Charter:
    """Decode a charter from verified claims.

    Unknown members are ignored, so that a newer charter can add members without a new build.

    Raises:
        TokenMalformed: a member is missing or has the wrong type.
        CharterRejected: the members contradict each other.
    """
    charter = decode(Charter, Fields(claims, "charter."))
    _check(charter)
    return charter


def _check(charter: Charter) -> None:
    if any(key.use not in KEY_USES or len(key.x) != _KEY_BYTES for key in charter.keys):
        raise CharterRejected(reason=Text("a key has no known use or length", "有密钥的用途或长度不明"))
    if any(len(x) != _KEY_BYTES for x in charter.batch_keys):
        raise CharterRejected(reason=Text("a batch key has not 32 bytes", "批次密钥不是 32 字节"))
    if charter.measures is not None and any(len(x) != _KEY_BYTES for x in charter.measures.order_keys):
        raise CharterRejected(reason=Text("a key for orders has not 32 bytes", "考务指令密钥不是 32 字节"))
    if charter.phone is not None and not _is_valid_phone(charter.phone):
        raise CharterRejected(reason=Text("the phone's terms are not known ones", "手机端的设置不明"))
    if charter.download.closes <= charter.download.opens:
        raise CharterRejected(reason=Text("the download window is reversed", "下载时间的起止颠倒"))
    if charter.mock_required not in ("gate", "warn"):
        raise CharterRejected(
            reason=Text("mock_required is neither gate nor warn", "mock_required 既不是 gate 也不是 warn")
        )
    room = charter.exam_room
    if room is not None and (bool(room.url) == bool(room.program) or not _is_valid_room(room)):
        raise CharterRejected(
            reason=Text(
                "the exam room is neither one safe page nor one program",
                "考场既不是安全的网址，也不是一个程序",
            )
        )
    if room is not None and room.kind == OWN_ROOM and not _has_own_terms(charter, room):
        raise CharterRejected(
            reason=Text(
                "the exam room's address, times or receipt keys are missing",
                "缺少考场的地址、时间或回执密钥",
            )
        )
    if not charter.keys_for("licence"):
        raise CharterRejected(reason=Text("no licence key is listed", "没有列出许可密钥"))


def _is_valid_phone(phone: PhoneTerms) -> bool:
    return phone.kind in PHONE_KINDS and phone.order in PHONE_ORDERS


def _is_valid_room(room: ExamRoom) -> bool:
    """Whether a room is an https page (http on loopback), or a program's path below Program Files."""
    if room.url:
        return len(room.url) <= _MAX_ROOM_URL and urls.is_secure(room.url)
    return bool(re.fullmatch(ROOM_PROGRAM, room.program))


def _has_own_terms(charter: Charter, room: ExamRoom) -> bool:
    """Whether this project's room has an origin that its page belongs to, its times, and keys of 32 bytes."""
    terms, origin = charter.room, urls.parse(room.api)
    if terms is None or origin is None or not origin.is_origin or not room.url.startswith(f"{room.api}/"):
        return False
    keys_fit = bool(terms.receipt_keys) and all(len(x) == _KEY_BYTES for x in terms.receipt_keys)
    return keys_fit and terms.mock_answer_s > 0 and terms.mock_counts in MOCK_COUNTS


def verify(token: str, root_public_key: bytes) -> Charter:
    """Verify a charter token against the root public key (32 bytes) and decode it.

    Raises:
        TokenMalformed: it is no token of this form, or a member is missing or of the wrong type.
        TokenTypeWrong: it is a token of another kind.
        KeyUnknown, SignatureInvalid: the root key did not sign it.
        CharterRejected: it is signed, and says something impossible.
    """
    keys = {jws.thumbprint(root_public_key): root_public_key}
    return from_claims(jws.verify(token, TYP, keys, max_bytes=jws.MAX_CHARTER_BYTES))


def newest(charters: Iterable[Charter], exam: str) -> Charter:
    """Return the charter with the highest version among verified charters of one exam.

    Raises:
        LicenceForOtherExam: a charter is another exam's.
        CharterRejected: there are no charters.
    """
    best: Optional[Charter] = None
    for charter in charters:
        if charter.exam != exam:
            raise LicenceForOtherExam
        if best is None or charter.version > best.version:
            best = charter
    if best is None:
        raise CharterRejected(reason=Text("there is none", "没有考试规程"))
    return best
