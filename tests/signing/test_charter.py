"""A charter says what it said, and what came later than its first version may be missing."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signing import charter as charters
from signing import jws
from signing.charter import (
    Charter,
    CharterKey,
    CompanionApp,
    ExamRoom,
    Manual,
    Measures,
    Organiser,
    PersonalData,
    PhoneTerms,
    Privacy,
    RetentionTerms,
    RoomTerms,
    Window,
    from_claims,
)
from signing.fields import Fields, decode, encode
from signing.refusals import CharterRejected, TokenMalformed
from signing.text import Text
from tests.charters import at, charter

WHOLE = charter(CharterKey("licence", bytes(range(32))))
APP = CompanionApp("https://store.example/app", "ab" * 32)
FULL = replace(
    charter(CharterKey("licence", bytes(range(32))), CharterKey("ticket", bytes(32))),
    keep_until=at(31, 0),
    manuals=(Manual(Text("Rules", "规范"), "https://x.example/rules"),),
    requirements=replace(WHOLE.requirements, phone_sign_out=("微信", "QQ")),
    support=replace(WHOLE.support, hours=(Window(at(4, 9), at(5, 0)),)),
    companion_app=APP,
    batch_keys=(bytes(range(1, 33)),),
    exam_room=ExamRoom("", "Exam Room\\Room.exe"),
    measures=Measures((bytes(range(3, 35)),), 1800, 600, may_end=True),
    phone=PhoneTerms("both", "gate", 20),
    room=RoomTerms(
        (bytes(range(2, 34)),),
        180,
        600,
        60,
        600,
        259200,
        "finished",
        RetentionTerms(7, 180, 30, 31, 181),
        (Text("Identity card", "身份证"),),
    ),
    organiser=Organiser(Text("Host", "主办"), Text("Support", "支持"), "ICP 1", "P 1"),
    privacy=Privacy(
        Text("Host", "主办"),
        Text("Call", "电话"),
        Text("Ask", "咨询"),
        mock_watched=True,
        data=(
            PersonalData(
                Text("name", "姓名"), Text("check", "核对"), Text("staff", "人员"), Text("a year", "一年")
            ),
        ),
    ),
)
"""A charter in which no member is empty."""
GOLDEN = (
    '{"batch_keys":["AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"],'
    '"builds":["build-1"],'
    '"catalogue":[{"action":"block","name":"测试杀毒","processes":["testav"],"role":"antivirus",'
    '"services":[],"uninstall":["TestAV"]}],'
    '"companion":{"en":"Test Phone App","zh":"测试手机端"},'
    '"companion_app":{"sha256":"abababababababababababababababababababababababababababababababab",'
    '"url":"https://store.example/app"},'
    '"device_change_until":"2035-01-06T00:00:00+08:00",'
    '"document_kinds":["resident-id","passport"],'
    '"download":{"closes":"2035-01-05T23:00:00+08:00","opens":"2035-01-04T10:00:00+08:00"},'
    '"download_grace_s":1800,'
    '"ends":"2035-01-31T00:00:00+08:00",'
    '"exam":"test",'
    '"exam_room":{"api":"","kind":"","program":"Exam Room\\\\Room.exe","url":""},'
    '"formals":[{"ends":"2035-01-10T11:10:00+08:00","login_closes":"2035-01-10T11:00:00+08:00",'
    '"login_opens":"2035-01-10T10:10:00+08:00","starts":"2035-01-10T11:00:00+08:00"}],'
    '"issued_at":"2035-01-01T09:00:00+08:00",'
    '"keep_until":"2035-01-31T00:00:00+08:00",'
    '"keys":[{"use":"licence","x":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"},{"use":"ticket",'
    '"x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}],'
    '"manuals":[{"title":{"en":"Rules","zh":"规范"},"url":"https://x.example/rules"}],'
    '"measures":{"extend_s":600,"may_end":true,"may_repeat":false,'
    '"order_keys":["AwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISI"],"postpone_s":1800},'
    '"mock_required":"gate",'
    '"mocks":[{"closes":"2035-01-05T00:00:00+08:00","opens":"2035-01-04T10:00:00+08:00"},{'
    '"closes":"2035-01-06T00:00:00+08:00","opens":"2035-01-05T10:00:00+08:00"}],'
    '"organiser":{"host":{"en":"Host","zh":"主办"},"icp_record":"ICP 1","police_record":"P 1",'
    '"technical_support":{"en":"Support","zh":"支持"}},'
    '"phone":{"kind":"both","order":"gate","sweep_s":20},'
    '"portal_url":"http://127.0.0.1:9",'
    '"privacy":{"contact":{"en":"Call","zh":"电话"},"controller":{"en":"Host","zh":"主办"},'
    '"data":[{"kept":{"en":"a year","zh":"一年"},"seen_by":{"en":"staff","zh":"人员"},'
    '"what":{"en":"name","zh":"姓名"},"why":{"en":"check","zh":"核对"}}],'
    '"mock_watched":true,"otherwise":{"en":"Ask","zh":"咨询"}},'
    '"product":{"en":"Test Client","zh":"测试考生端"},'
    '"publisher":{"en":"Test Authority","zh":"测试考试机构"},'
    '"requirements":{"android_min":"8.0","bandwidth_mbps":4,"disk_free_gib":20,'
    '"external_screens":false,"memory_free_gib":2,"memory_gib":4,"memory_usable_gib":3.5,'
    '"phone_battery_hours":3,"phone_free_gib":2,"phone_sign_out":["微信","QQ"],"windows":["7","10"]},'
    '"room":{"gates_until_s":600,"identity_documents":[{"en":"Identity card","zh":"身份证"}],'
    '"mock_answer_s":600,"mock_counts":"finished","mock_wait_s":180,'
    '"receipt_keys":["AgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICE"],"retention":{"events_s":181,"formal_recordings_s":180,"identity_s":30,"mock_recordings_s":7,'
    '"requests_s":31,"results_at":null},"tail_s":60,"upload_until_s":259200},'
    '"support":{"calls_from":["000-00000000"],"desk_name":{"en":"Test desk","zh":"测试客服平台"},'
    '"desk_url":"","device_change":"hotline","hotline":"000-000-0000",'
    '"hours":[{"closes":"2035-01-05T00:00:00+08:00","opens":"2035-01-04T09:00:00+08:00"}]},'
    '"timezone":"Asia/Shanghai",'
    '"title":{"en":"Test interview","zh":"测试面试"},'
    '"version":1}'
)
"""The bytes that are signed for :data:`FULL`. Those of the older members never change."""


def read_back(said: Charter) -> Charter:
    return from_claims(json.loads(json.dumps(said.claims())))


@pytest.mark.parametrize("app", [None, APP])
def test_a_charter_survives_its_own_claims(app: CompanionApp | None) -> None:
    needs = replace(WHOLE.requirements, phone_sign_out=("微信", "QQ"))
    said = replace(WHOLE, companion_app=app, requirements=needs)
    assert read_back(said) == said


def test_a_charter_from_before_the_phone_app_was_named_stays_readable() -> None:
    claims = WHOLE.claims()
    del claims["companion_app"]
    del claims["requirements"]["phone_sign_out"]
    old = from_claims(claims)
    assert old == WHOLE
    assert old.companion_app is None
    assert old.requirements.phone_sign_out == ()


@pytest.mark.parametrize("wrong", ["https://store.example", [], {"url": 1, "sha256": ""}, {"url": "x"}])
def test_a_malformed_phone_app_is_refused_by_name(wrong: object) -> None:
    with pytest.raises(TokenMalformed) as refused:
        from_claims({**WHOLE.claims(), "companion_app": wrong})
    assert "companion_app" in str(refused.value)


OWN = ExamRoom("https://room.example/enter", "", "oneseat", "https://room.example")
TERMS = RoomTerms((bytes(32),), 180, 600, 60, 600, 259200)


def test_a_charter_names_this_projects_own_room_with_its_terms() -> None:
    said = read_back(replace(WHOLE, exam_room=OWN, room=TERMS))
    assert said.exam_room is not None
    assert said.exam_room.is_own
    assert said.room == TERMS


def test_a_room_of_a_kind_to_come_is_a_third_partys() -> None:
    said = read_back(replace(WHOLE, exam_room=ExamRoom("https://room.example/enter", "", "later")))
    assert said.exam_room is not None
    assert not said.exam_room.is_own


@pytest.mark.parametrize(
    ("room", "terms"),
    [
        (OWN, None),
        (OWN, replace(TERMS, receipt_keys=())),
        (OWN, replace(TERMS, receipt_keys=(bytes(31),))),
        (OWN, replace(TERMS, mock_answer_s=0)),
        (OWN, replace(TERMS, mock_counts="never")),
        (replace(OWN, api=""), TERMS),
        (replace(OWN, api="https://other.example"), TERMS),
        (replace(OWN, api="https://room.example/enter"), TERMS),
    ],
)
def test_an_own_room_without_origin_times_or_keys_is_refused(
    room: ExamRoom, terms: Optional[RoomTerms]
) -> None:
    with pytest.raises(CharterRejected):
        read_back(replace(WHOLE, exam_room=room, room=terms))


@pytest.mark.parametrize(
    "room",
    [
        ExamRoom("https://room.example/enter", ""),
        ExamRoom("http://127.0.0.1:8766/enter", ""),
        ExamRoom("", r"Exam Room\bin\Room-2.exe"),
    ],
)
def test_a_charter_names_an_exam_room(room: ExamRoom) -> None:
    assert read_back(replace(WHOLE, exam_room=room)).exam_room == room
    claims = WHOLE.claims()
    del claims["exam_room"]
    assert from_claims(claims).exam_room is None


@pytest.mark.parametrize(
    "room",
    [
        ExamRoom("", ""),
        ExamRoom(url="https://room.example/", program=r"Room\Room.exe"),
        ExamRoom("http://room.example/", ""),
        ExamRoom("http://127.0.0.1.room.example/", ""),
        ExamRoom("http://localhost@room.example/", ""),
        ExamRoom("http://localhost:1@room.example/", ""),
        ExamRoom("https://user@room.example/", ""),
        ExamRoom("https://room.example\\@elsewhere.example/", ""),
        ExamRoom("https://room.example/a b", ""),
        ExamRoom("https://", ""),
        ExamRoom("https://room.example/" + "x" * 300, ""),
        ExamRoom("javascript:alert(1)", ""),
        ExamRoom("", r"..\Windows\System32\cmd.exe"),
        ExamRoom("", r"Room\..\..\Windows\cmd.exe"),
        ExamRoom("", r"C:\Windows\System32\cmd.exe"),
        ExamRoom("", r"\\server\share\Room.exe"),
        ExamRoom("", "Room.exe"),
        ExamRoom("", r"Room\Room.bat"),
        ExamRoom("", r"Room\Room.exe -x"),
    ],
)
def test_an_exam_room_that_leads_elsewhere_is_refused(room: ExamRoom) -> None:
    with pytest.raises(CharterRejected):
        read_back(replace(WHOLE, exam_room=room))


@pytest.mark.parametrize("phone", [PhoneTerms("", "gate", 20), PhoneTerms("app", "never", 20)])
def test_terms_of_a_phone_that_are_not_known_are_refused(phone: PhoneTerms) -> None:
    with pytest.raises(CharterRejected):
        read_back(replace(WHOLE, phone=phone))


def test_a_charter_is_written_in_the_same_bytes_as_ever() -> None:
    assert jws.canonical_json(FULL.claims()).decode() == GOLDEN
    assert from_claims(json.loads(GOLDEN)) == FULL


RECORDS: List[Any] = [kind for kind in vars(charters).values() if dataclasses.is_dataclass(kind)]
MEMBERS = [(kind, field) for kind in RECORDS for field in dataclasses.fields(kind)]
NAMES = [f"{kind.__name__}.{field.name}" for kind, field in MEMBERS]
LATER = {
    "Measures.may_repeat",
    *("Requirements.phone_sign_out", "Charter.companion_app", "Charter.batch_keys", "Charter.exam_room"),
    *("Charter.room", "ExamRoom.kind", "ExamRoom.api", "RoomTerms.mock_counts"),
    *("RoomTerms.retention", "RetentionTerms.results_at"),
    *("RoomTerms.identity_documents", "Charter.measures", "Charter.phone"),
    *("Charter.organiser", "Charter.privacy", "Support.device_change", "Support.hours"),
    *("Organiser.technical_support", "Organiser.icp_record", "Organiser.police_record"),
}
"""Members that the first charters lack."""
TIMES = st.builds(
    lambda moment, minutes: moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes))),
    st.datetimes(),
    st.integers(-14 * 60, 14 * 60),
)
PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=8),
    int: st.integers(0, 1 << 53),
    float: st.floats(0, allow_infinity=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=40),
    datetime: TIMES,
}


def samples(value: Any) -> Dict[type, Any]:
    """One record of each class in a value."""
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        parts = value
    elif dataclasses.is_dataclass(value):
        parts = tuple(vars(value).values())
    else:
        return {}
    found = {type(value): value} if dataclasses.is_dataclass(value) else {}
    for part in parts:
        found.update(samples(part))
    return found


SAMPLES = samples(FULL)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of an annotation."""
    arguments = get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if get_origin(kind) is Union:
        return st.none() | values(arguments[0])
    if get_origin(kind) is tuple:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    return st.builds(kind, **{name: values(its_kind) for name, its_kind in get_type_hints(kind).items()})


def is_optional(kind: Any, field: Any) -> bool:
    return (
        type(None) in get_args(get_type_hints(kind)[field.name]) or field.default is not dataclasses.MISSING
    )


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: str(kind.__name__))
@settings(max_examples=50)
@given(data=st.data())
def test_every_record_is_read_back_as_it_was_written(kind: Any, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    written = json.loads(json.dumps(encode(value)))
    assert decode(kind, Fields(written)) == value


@pytest.mark.parametrize(("kind", "field"), MEMBERS, ids=NAMES)
def test_a_member_may_be_absent_where_it_is_optional_and_nowhere_else(kind: Any, field: Any) -> None:
    value = SAMPLES[kind]
    lacking = {name: item for name, item in encode(value).items() if name != field.name}
    for members in (lacking, {**lacking, field.name: None}):
        if is_optional(kind, field):
            default = None if field.default is dataclasses.MISSING else field.default
            assert decode(kind, Fields(members)) == replace(value, **{field.name: default})
        else:
            with pytest.raises(TokenMalformed) as refused:
                decode(kind, Fields(members, "there."))
            assert f"there.{field.name} is not" in str(refused.value)


@pytest.mark.parametrize(("kind", "field"), MEMBERS, ids=NAMES)
def test_a_member_of_another_type_is_refused_by_name(kind: Any, field: Any) -> None:
    written = encode(SAMPLES[kind])
    wrong: List[Any] = [-1, [1], [[]], "no time, number or = base64url", {"unknown": 1}, True]
    allowed = {str: [wrong[3]], bool: [True]}
    for value in wrong:
        if value in allowed.get(get_type_hints(kind)[field.name], []):
            continue
        with pytest.raises(TokenMalformed) as refused:
            decode(kind, Fields({**written, field.name: value}, "there."))
        is_named = f"there.{field.name}" in str(refused.value)
        assert is_named or "base64url" in str(refused.value)


def test_an_annotation_that_json_has_no_value_for_is_an_error_of_the_programmer() -> None:
    record = dataclasses.make_dataclass("Odd", [("when", timedelta)])
    with pytest.raises(TypeError, match="timedelta"):
        decode(record, Fields({"when": {}}))


def test_only_what_came_later_may_be_absent() -> None:
    optional = {name for name, (kind, field) in zip(NAMES, MEMBERS) if is_optional(kind, field)}
    assert optional == LATER | {"Charter.keep_until"}


@dataclasses.dataclass(frozen=True)
class Wider(Charter):
    """A charter with one more optional setting, as a later version may have."""

    colour: Optional[str] = None
    rooms: Tuple[ExamRoom, ...] = ()


@pytest.mark.parametrize(
    "more", [{}, {"colour": "blue"}, {"rooms": [{"url": "a", "program": "", "kind": "", "api": ""}]}]
)
def test_a_new_optional_setting_needs_nothing_but_its_annotation(more: Dict[str, Any]) -> None:
    claims = {**FULL.claims(), **more}
    wider = decode(Wider, Fields(claims))
    assert encode(wider) == {**FULL.claims(), "colour": None, "rooms": [], **more}
    assert from_claims(claims) == FULL, "and an older client passes it over"
