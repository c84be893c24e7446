"""The exam file's model (pydantic), and its parser.

Every setting has a description here; the reference and ``exam new`` are generated from this
model. Unknown keys are refused, and all faults are reported at once
(:class:`oneseat.pipeline.exam.errors.ExamInvalid`), each with its key and, where it has one, its line.
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic.types import AwareDatetime

from oneseat.files import toml_faults
from oneseat.files.model_faults import Fault, join_faults, model_faults
from oneseat.files.toml_lines import line_index
from oneseat.pipeline.exam import values
from oneseat.pipeline.exam.errors import ExamInvalid, ExamUnreadable
from oneseat.pipeline.exam.rules import rule_faults
from signing.charter import OWN_ROOM, ROOM_PROGRAM
from signing.os_faults import system_reason
from signing.text import Text

_LARGEST_FILE = 1 << 20
OWN_ROOM_ENTRY = "/enter"
"""The path at which this project's room takes the ticket."""

Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    AfterValidator(values.require_visible),
]
Link = Annotated[str, StringConstraints(pattern=r"^(https?://\S+)?$", max_length=500)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 -]{2,24}$")]
RecordNumber = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=60), AfterValidator(values.require_visible)
]
Positive = Annotated[float, Field(gt=0, le=10_000)]
ExamId = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9](-?[a-z0-9]){1,39}$"), AfterValidator(values.require_file_name)
]
Duration = Annotated[str, StringConstraints(max_length=10), AfterValidator(values.require_duration)]
Moment = Annotated[AwareDatetime, AfterValidator(values.require_likely_year)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Bilingual(_Part):
    """A text in two languages."""

    zh: Words = Field(description="in Chinese")
    en: Words = Field(description="in English")

    def text(self) -> Text:
        """Return the kernel's form of the text."""
        return Text(self.en, self.zh)


class AdmissionNumber(_Part):
    """The form of the exam's admission numbers."""

    length: int | None = Field(
        default=None,
        ge=1,
        le=40,
        description="how many characters every number has; with it, lost leading zeros are noticed",
    )
    digits_only: bool = Field(default=True, description="whether numbers are made of digits only")


class Download(_Part):
    """When installers may be downloaded."""

    opens: Moment = Field(description="the first second in which a download may begin")
    closes: Moment = Field(description="the first second in which none may begin any more")
    grace_minutes: int = Field(
        default=60, ge=0, le=1440, description="how long a download granted in time may go on, with resumes"
    )


class Session(_Part):
    """A span of time in which a mock interview may be taken."""

    opens: Moment = Field(description="when the mock may be entered")
    closes: Moment = Field(description="when it ends; midnight at the end of a day is 00:00 of the next")


class Mock(_Part):
    """The mock interviews."""

    required: Literal["gate", "warn"] = Field(
        description="gate: no formal interview without a mock; warn: only told so"
    )
    sessions: list[Session] = Field(min_length=1, description="one a day; a candidate takes one mock in each")
    wait: Duration = Field(
        default="3min", description="from the candidate's start to the first question, in this project's room"
    )
    answer: Duration | None = Field(
        default=None, description="answer time in this project's room; left out: the first formal session's"
    )
    counts: Literal["started", "finished"] = Field(
        default="started", description="which mock counts as taken: one that was started, or handed in"
    )


class FormalSession(_Part):
    """One formal interview."""

    login_opens: Moment = Field(description="when candidates may log in")
    starts: Moment = Field(description="when the interview begins")
    login_closes: Moment = Field(description="the first second in which nobody may enter any more")
    ends: Moment = Field(description="when papers are handed in, none earlier, none later")


class Formal(_Part):
    """The formal interviews."""

    sessions: list[FormalSession] = Field(min_length=1, description="in any order, without overlap")


class SupportHours(_Part):
    """A span of time in which hotline and desk answer."""

    opens: Moment = Field(description="when they begin to answer")
    closes: Moment = Field(description="when they end; midnight at the end of a day is 00:00 of the next")


class Support(_Part):
    """Who helps candidates."""

    hotline: Phone = Field(description="the number to call")
    calls_from: list[Phone] = Field(description="the numbers that call candidates; never to be called back")
    desk_name: Bilingual = Field(description="what the support desk is called")
    desk_url: Link = Field(default="", description="where the support desk is; empty when there is no page")
    device_change: Literal["hotline", "desk"] = Field(
        default="hotline", description="where candidates ask for another computer"
    )
    hours: list[SupportHours] = Field(
        default_factory=list,
        description="when hotline and desk answer, in any order, without overlap; left out: not shown",
    )


class Manual(_Part):
    """A document that candidates must read."""

    title: Bilingual = Field(description="its title")
    url: Link = Field(
        default="",
        description="where it is; the portal has two of its own: `/e/ID/manuals/conduct` and `.../phone`",
    )


class Organiser(_Part):
    """Who holds the exam, and the record numbers of its site. The portal's pages end with them."""

    host: Bilingual = Field(description="who holds the exam")
    technical_support: Bilingual | None = Field(
        default=None, description="who runs its technology; left out: not shown"
    )
    icp_record: RecordNumber = Field(default="", description="number of the ICP filing; empty: not shown")
    police_record: RecordNumber = Field(
        default="", description="number of the public security filing; empty: not shown"
    )


class PersonalData(_Part):
    """One kind of personal data."""

    what: Bilingual = Field(description="what is collected")
    why: Bilingual = Field(description="what it is needed for")
    seen_by: Bilingual = Field(description="who sees it")
    kept: Bilingual = Field(description="how long it is kept")


class Privacy(_Part):
    """The privacy notice, which candidates read before the download."""

    controller: Bilingual = Field(description="who processes the data")
    contact: Bilingual = Field(description="who takes requests about it, with an address or number")
    otherwise: Bilingual = Field(description="what a candidate who does not agree can do")
    mock_watched: bool = Field(description="whether people watch the mock interview too")
    data: list[PersonalData] = Field(min_length=1, description="one table for each kind of data")


class Companion(Bilingual):
    """The phone app: its name, and how this project's exam room uses it."""

    kind: Literal["", "app", "page", "both"] = Field(
        default="",
        description="app: each seat has an app of its own; page: the exam room's page in a browser; both: "
        "either; left out: the room asks for no phone",
    )
    order: Literal["gate", "warn", "off"] = Field(
        default="gate",
        description="gate: the computer goes on once the phone is there; warn: without it too, with a "
        "remark; off: no phone is asked for",
    )
    sweep: Duration = Field(default="20s", description="how long the phone films the surroundings at least")

    @property
    def has_app(self) -> bool:
        """Whether each seat has an app of its own."""
        return self.kind in ("app", "both")


class CompanionApp(_Part):
    """Where candidates get the phone app. The portal shows the link and a QR code of it."""

    url: Annotated[str, StringConstraints(pattern=r"^https://[!-~]+$", max_length=300)] = Field(
        description="the app's file on a server of yours, or its page in a store; https"
    )
    sha256: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = Field(
        default="", description="of the file, in lower-case hex; empty for a store's page"
    )


class ExamRoom(_Part):
    """Where interviews take place. The client hands the entry ticket to a page or to a program: give one."""

    kind: Literal["", "oneseat"] = Field(
        default="",
        description="oneseat: the room that `room serve` runs, with `url` its address and `/enter`; "
        "left out: a third party's",
    )
    url: Annotated[str, StringConstraints(max_length=280)] = Field(
        default="", description="takes the ticket by POST; https, or http on this computer only"
    )
    program: Annotated[
        str, StringConstraints(pattern=rf"^({ROOM_PROGRAM})?$"), AfterValidator(values.require_path)
    ] = Field(
        default="",
        description=r"path below Program Files, such as `Room\Room.exe`; takes the ticket on standard input",
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if bool(self.url) == bool(self.program):
            raise ValueError("give url or program, and not both")
        return self

    @property
    def api(self) -> str:
        """The origin of this project's room; empty for a third party's."""
        return self.url.removesuffix(OWN_ROOM_ENTRY) if self.kind == OWN_ROOM else ""


class Room(_Part):
    """Times of this project's exam room; they mean nothing to a third party's."""

    tail: Duration = Field(default="60s", description="how long recorders may go on after the end")
    gates_until: Duration = Field(
        default="10min",
        description="how long before a formal start a check that is not passed keeps nobody out any more",
    )
    upload_until: Duration = Field(
        default="72h", description="how long recordings may be uploaded after the end"
    )


class Retention(_Part):
    """How long this project's exam room keeps what it records; `room purge` erases what is due."""

    mock_recordings: Duration = Field(
        default="7d", description="recordings of mock interviews, from the end of the last formal session"
    )
    formal_recordings: Duration = Field(
        description="recordings of formal interviews; usually until appeals are closed, and at least 180d"
    )
    identity: Duration = Field(description="pictures of face and card, and what was typed with them")
    requests: Duration = Field(
        default="30d", description="help in the room and callback numbers, from the last formal session"
    )
    events: Duration = Field(
        description="attempts, answers, events and decisions; no shorter than any other class"
    )
    results_at: Moment | None = Field(
        default=None,
        description="when results are published, from which formal recordings, identity and events are kept; "
        "left out: from the end of the last formal session",
    )


class Measures(_Part):
    """How far signed orders may change a formal session on the day; all orders together count."""

    postpone: Duration = Field(default="30min", description="how much later a session may start")
    extend: Duration = Field(default="30min", description="how much longer a session may last")
    may_end: bool = Field(default=True, description="whether a session may be ended early")
    may_repeat: bool = Field(
        default=False, description="whether named candidates may be given another session in place of theirs"
    )


USUAL_DOCUMENTS = (
    Bilingual(zh="居民身份证", en="resident identity card"),
    Bilingual(zh="临时居民身份证", en="temporary resident identity card"),
    Bilingual(zh="护照", en="passport"),
    Bilingual(zh="带照片的户籍证明", en="proof of household registration with a photograph"),
)
"""What may be held to the camera where the exam file names no documents."""


class IdentityStep(_Part):
    """The identity step of this project's exam room; it means nothing to a third party's.

    Candidates photograph face and card, and type name and number once. Operators decide.
    """

    step: Literal["on", "off"] = Field(default="on", description="off: candidates go on without it")
    documents: list[Bilingual] = Field(
        default=list(USUAL_DOCUMENTS),
        min_length=1,
        description="documents with a photograph that a candidate may hold to the camera",
    )


class Computer(_Part):
    """What a candidate's computer must have."""

    windows: list[Literal["7", "8.1", "10", "11"]] = Field(
        min_length=1, description="accepted versions, 64-bit"
    )
    memory_gib: Positive = Field(description="installed memory")
    memory_usable_gib: Positive = Field(description="least usable memory; firmware may reserve some of it")
    memory_free_gib: Positive = Field(description="free memory")
    disk_free_gib: Positive = Field(description="free space on C:")
    bandwidth_mbps: Positive = Field(description="bandwidth in Mbit/s")
    external_screens: bool = Field(default=False, description="whether a second screen is allowed")


class MobileDevice(_Part):
    """What a candidate's phone or tablet must have."""

    android_min: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}(\.[0-9]{1,2})?$")] = Field(
        description="oldest Android; HarmonyOS passes"
    )
    free_gib: Positive = Field(description="free storage")
    battery_hours: Positive = Field(description="how long it must record")
    sign_out: list[Words] = Field(
        default_factory=list, description="chat apps to sign out of on the phone before an interview"
    )


class Software(_Part):
    """Software that must be uninstalled or closed. Names only: updated by a charter, without a new build."""

    name: Words = Field(description="what people call it")
    role: Literal["antivirus", "chat", "remote", "camera", "capture"] = Field(
        description="why it is in the way; camera: a virtual camera, capture: takes or shares the screen"
    )
    action: Literal["block", "warn"] = Field(
        description="block: nothing goes on while it is there; warn: told so"
    )
    processes: list[Words] = Field(default_factory=list, description="process names without .exe")
    services: list[Words] = Field(default_factory=list, description="Windows service names")
    uninstall: list[Words] = Field(default_factory=list, description="uninstall keys or display names")


class Exam(_Part):
    """A validated exam file."""

    id: ExamId = Field(description="lower-case letters, digits and hyphens; part of addresses and folders")
    title: Bilingual = Field(description="the exam's title")
    product: Bilingual = Field(description="the name of the computer client")
    companion: Companion = Field(description="the phone app's name, and how the exam room uses it")
    publisher: Bilingual = Field(description="who publishes both")
    portal_url: str = Field(description="the download portal; https, or http on this computer only")
    timezone: str = Field(description="IANA name of the zone in which times are shown")
    document_kinds: list[str] = Field(min_length=1, description="identity documents that are accepted")
    ends: Moment = Field(description="the outermost date: licences end there")
    device_change_until: Moment = Field(description="until when support may move a seat to another computer")
    keep_until: Moment | None = Field(
        default=None, description="until when the client must stay installed; left out: unknown, so keep it"
    )
    admission_number: AdmissionNumber = Field(
        default=AdmissionNumber(), description="the form of the numbers"
    )
    download: Download = Field(description="the download window")
    mock: Mock = Field(description="the mock interviews")
    formal: Formal = Field(description="the formal interviews")
    support: Support = Field(description="who helps")
    manuals: list[Manual] = Field(default_factory=list, description="what candidates must read")
    computer: Computer = Field(description="the computer's requirements")
    phone: MobileDevice = Field(description="the phone's requirements")
    companion_app: CompanionApp | None = Field(
        default=None, description="where the phone app is; left out: the exam notice says it"
    )
    exam_room: ExamRoom | None = Field(
        default=None,
        description="the page or program that sessions are held in; left out: none opens",
    )
    room: Room = Field(default=Room(), description="times of this project's exam room")
    retention: Retention | None = Field(
        default=None,
        description="how long this project's exam room keeps what it records; left out: `room purge` refuses",
    )
    measures: Measures | None = Field(
        default=None,
        description="bounds of orders on the day; left out: no orders, only a new charter",
    )
    identity: IdentityStep | None = Field(
        default=None,
        description="the identity step of this project's exam room; left out: on, with the usual documents",
    )
    organiser: Organiser | None = Field(
        default=None, description="who holds the exam; left out: pages name the publisher only"
    )
    privacy: Privacy | None = Field(
        default=None, description="the privacy notice; left out: the portal has no page for it"
    )
    software: list[Software] = Field(default_factory=list, description="what must be uninstalled or closed")

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this exam's times are shown."""
        return ZoneInfo(self.timezone)

    @property
    def last_interview_ends(self) -> datetime:
        """When the last formal interview ends."""
        return max(session.ends for session in self.formal.sessions)

    @property
    def mock_answer_s(self) -> int:
        """The answer time of a mock interview in this project's room, in seconds."""
        if self.mock.answer is not None:
            return values.seconds_of(self.mock.answer)
        first = min(self.formal.sessions, key=lambda session: session.starts)
        return int((first.ends - first.starts).total_seconds())

    @property
    def shown_documents(self) -> tuple[Text, ...]:
        """The documents of the identity step; none where the step is off."""
        identity = self.identity or IdentityStep()
        return tuple(each.text() for each in identity.documents if identity.step == "on")

    def local(self, moment: datetime) -> datetime:
        """Convert ``moment`` to the exam's zone."""
        return moment.astimezone(self.zone)


def load(path: Path) -> Exam:
    """Read and validate an exam file.

    Raises:
        ExamUnreadable: the file is missing, unreadable, or not TOML.
        ExamInvalid: the file has faults; all are reported.
    """
    return parse(read(path), path.name)


def parse(text: str, file_name: str = "exam.toml") -> Exam:
    """Validate the text of an exam file.

    Raises:
        ExamUnreadable: the text is not TOML.
        ExamInvalid: the text has faults; all are reported.
    """
    exam, faults = examine(text, file_name)
    if exam is None or faults:
        raise ExamInvalid(file=file_name, count=len(faults), faults=join_faults(faults))
    return exam


def examine(text: str, file_name: str = "exam.toml") -> tuple[Exam | None, list[Fault]]:
    """Return the exam, or None if it cannot be decoded, and every fault by line.

    Raises:
        ExamUnreadable: the text is not TOML.
    """
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ExamUnreadable(file=file_name, reason=toml_faults.explain(error, text)) from None
    exam, faults = None, []
    try:
        exam = Exam.model_validate(data)
    except ValidationError as error:
        faults = model_faults(error, Exam)
    # One fault a key is enough: what the model reported already is not reported as a broken rule too.
    faults += [fault for fault in rule_faults(data) if fault.key not in {known.key for known in faults}]
    lines = line_index(text)
    return exam, sorted((fault.with_line(lines) for fault in faults), key=lambda fault: fault.line or 0)


def read(path: Path) -> str:
    """Read the text of an exam file, with or without a byte order mark.

    Raises:
        ExamUnreadable: the file is missing, unreadable, larger than 1 MiB, or not UTF-8.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ExamUnreadable(file=path.name, reason=Text("it is larger than 1 MiB", "文件超过 1 MiB"))
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ExamUnreadable(file=path.name, reason=Text("it is not UTF-8", "不是 UTF-8 编码")) from None
    except OSError as error:
        raise ExamUnreadable(file=path, reason=system_reason(error)) from None
