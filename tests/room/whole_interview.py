"""One interview of which there is everything that can be kept of one, from streams to what people wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from oneseat.room.evidence import export, seats
from oneseat.room.evidence.export import Order
from oneseat.state.accounts.operators import Role
from oneseat.state.publishing import orders
from oneseat.state.room import marks, personal
from signing.authority.keys import ORDER
from signing.authority.signer import sign_token
from signing.charter import Measures, PhoneTerms
from signing.clock import FixedClock
from signing.dates import BEIJING
from signing.orders import SignedOrder
from signing.session_times import EXTEND
from tests.room.candidate import Candidate, Segment, arriving, identity_body
from tests.room.films import film
from tests.room.guard import Guard
from tests.room.held_exam import (
    BEFORE,
    ENDS,
    EXAM,
    SECOND,
    STARTS,
    HeldExam,
    RoomKeys,
    RunningRoom,
    running_room,
)
from tests.room.kept import LATER, kept_room, record_film
from tests.room.phone import BUILD, Phone, at_seat
from tests.room.staff_entry import Staff, address, entering, hire
from tests.room.test_help import ask
from tests.room.test_identity import DOCUMENTS
from tests.room.test_verify_export import Exported
from tests.signed_orders import order_of_two

CLOCK = FixedClock(LATER)
ROLES = {"zhang": Role.CHIEF, "li": Role.CHIEF, "sun": Role.JUDGE, "wang": Role.SUPPORT}


def order_token(keys: RoomKeys, number: int, at: datetime, of: tuple[str, ...] = ()) -> str:
    """Two persons lengthen the session by a second."""
    signed = order_of_two(number, at, act=EXTEND, seconds=1, seats=of)
    return sign_token(keys.room.signer(ORDER), SignedOrder.TYP, signed.claims())


def give_order(room: RunningRoom, number: int) -> None:
    token = order_token(room.exam.keys, number, room.clock.now())
    with room.exam.database.writing() as connection:
        assert orders.add(connection, EXAM, number, token, room.clock.now())


def decide(room: RunningRoom, candidate: Candidate) -> None:
    """An operator looks at the photographs, and finds one unclear."""
    with entering(room, Staff) as entered:
        zhang = entered("zhang")
        assert zhang.post(f"{address(candidate)}/identity").status_code == 200
        assert zhang.decide(candidate, "doubtful:unclear", "证件反光").status_code == 303


def invigilate(room: RunningRoom, candidate: Candidate) -> None:
    """What two chiefs write while an attempt runs: each kind of record, two notes in one moment."""
    with entering(room, Staff) as entered:
        zhang, li = entered("zhang"), entered("li")

        def act(who: Staff, what: str, **form: str) -> None:
            assert who.post(f"{address(candidate)}/{what}", **form).status_code == 303, what

        for words in ("敲门声", "换了座位"):
            act(zhang, "note", words=words)
        now = f"{room.clock.now().astimezone(BEIJING):%Y-%m-%dT%H:%M:%S}"
        for clause, words in (("phone", "右手"), ("talking", "低声")):
            act(li, "mark", clause=clause, begins=now, ends=now, words=words)
        with room.exam.database.reading() as connection:
            number = marks.list_of(connection, EXAM, candidate.attempt["nonce"])[1].id
        act(zhang, "unmark", number=str(number))
        act(zhang, "remind", code="light")
        reminder = candidate.beat()["reminder"]
        candidate.call("reminder/shown", id=reminder["id"])
        candidate.call("reminder/read", id=reminder["id"])
        act(zhang, "end-request", reason="danger", words="有人晕倒")
        act(li, "end-decline")
        act(zhang, "end-request", reason="substitute", words="照片不符")
        act(li, "end-confirm")
        act(li, "reopen", words="误判")
    assert candidate.beat()["attempt"]["step"] == "questions"


def find(room: RunningRoom, candidate: Candidate) -> None:
    """What people find after the session."""
    path = f"/staff/review/{candidate.attempt['nonce']}"
    with entering(room, Staff) as entered:
        judge = entered("sun")
        assert judge.post(f"{path}/mark", finding="refer", note="看录像").status_code == 303
        (reference, *_) = re.findall(r'name="evidence" value="([a-z0-9-]+)"', judge.get(path).text)
        form = {"clause": "第三条", "said": "使用手机。", "evidence": reference}
        assert judge.post(f"{path}/judgements", **form).status_code == 303


def ask_about_data(room: RunningRoom, candidate: Candidate) -> None:
    """What the service desk writes: two requests about personal data, of which one is answered."""
    path = f"/staff/personal/{candidate.attempt['nonce']}/requests"
    with entering(room, Staff) as entered:
        desk = entered("wang")
        for kind, said in (("erase", "删除录像"), ("copy", "复制一份")):
            assert desk.post(path, kind=kind, said=said).status_code == 303
        with room.exam.database.reading() as connection:
            number = personal.of_seat(connection, EXAM, candidate.jti)[0].id
        assert desk.post(f"{path}/{number}", outcome="refused", said="到期统一清除").status_code == 303


def film_by_phone(room: RunningRoom, phone: Phone) -> Segment:
    """The phone's take has one playable segment."""
    segment = Segment(phone.takes[-1], 0, film(3))
    (put,) = phone.beat(segments=[segment.body()])["puts"]
    answer = phone.http.put(put["url"].removeprefix(room.exam.origin), content=segment.content)
    assert answer.status_code == 201
    phone.stored(segment)
    phone.beat(takes=[phone.take_body(segment.take, promised=1)])
    return segment


def hold(room: RunningRoom, candidate: Candidate, phone: Phone) -> None:
    """One interview of which there is everything that can be kept of one."""
    candidate.enter().join()
    candidate.agree()
    phone.log_in().place()
    candidate.call("step", step="phone", facts={})
    candidate.call("step", step="devices", facts={"ready": True, "camera": "ok"})
    candidate.call("identity", **identity_body())
    decide(room, candidate)
    candidate.call("step", step="room", facts={})
    candidate.call("permission/leave")
    candidate.call("permission/finish")
    ask(candidate)
    give_order(room, 1)
    segments = [*record_film(candidate, 2), *record_film(candidate, 1, "screen", 7)]
    film_by_phone(room, phone)
    guard = Guard(candidate)
    guard.report(guard.event(), guard.event("displays", count=2))
    room.at(STARTS + timedelta(minutes=1))
    answer = candidate.answer_body(1)
    candidate.call("answer", **answer)
    late = candidate.answer_body(2, previous=answer["hash"])
    candidate.call("answer", **late)
    invigilate(room, candidate)
    room.at(ENDS + 2 * SECOND)
    give_order(room, 2)
    candidate.hand_in(segments, answers_head=late["hash"])
    find(room, candidate)
    ask_about_data(room, candidate)


@contextmanager
def exported_whole(folder: Path, room_keys: RoomKeys) -> Iterator[Exported]:
    """The interview, held and exported."""
    exam = HeldExam(folder / "exam", room_keys, identity_documents=DOCUMENTS)
    bounds = Measures((room_keys.room.signer(ORDER).public_key,), 60, 60, may_end=False)
    phones = PhoneTerms("both", "warn", 20)
    exam.publish(version=2, measures=bounds, phone=phones, builds=("build-1", BUILD))
    hire(exam, ROLES)
    with running_room(exam, FixedClock(BEFORE)) as room, arriving(room) as arrive:
        state = room.app.state
        state.typed_identities.seat_of = at_seat
        state.settings = state.settings.model_copy(update={"portal_token": SecretStr("ost1.x.y")})
        candidate = arrive()
        with closing(Phone(room, candidate.jti)) as phone:
            hold(room, candidate, phone)
    with kept_room(exam) as kept:
        with exam.database.reading() as connection:
            attempts = seats.find(connection, EXAM, candidate.jti).attempts
        export.export(kept, Order(attempts), folder / "out", CLOCK, lambda _: None)
        yield Exported(exam, kept, folder / "out")
    exam.database.close()
