"""The device is guessed from the user agent, a guess is words only, and a visitor can overrule it."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.portal.rules.devices import HINTS, DeviceClass, chosen_device, device_of
from oneseat.portal.tokens.signed_values import SHORT_CODE_SLOT_S, SignedValues
from signing.charter import CompanionApp
from tests.portal.published_exam import EXAM, INSIDE, SECOND, PublishedExam, Running
from tests.portal.user_agents import USER_AGENTS

EDGE = USER_AGENTS["edge on windows 10"][1]
HOME = f"/e/{EXAM}/"
SEEN = {
    "wechat": "微信里不能下载",
    "qq": "QQ 里不能下载",
    "phone": "手机、平板上只装手机端",
    "harmony-next": "鸿蒙 5 或更高版本",
    "iphone": "iPhone 不能作为第二机位",
    "ipad": "iPad 不能作为第二机位",
    "tablet": "手机、平板上只装手机端",
    "mac": "<h2>不支持苹果电脑",
    "windows-32": "这台电脑可能是 32 位的",
    "windows-old": "Windows 版本可能不符合要求",
}


@pytest.mark.parametrize("name", USER_AGENTS)
def test_each_user_agent_has_its_class(name: str) -> None:
    kind, user_agent = USER_AGENTS[name]
    device = device_of(user_agent)
    assert device.kind == kind
    mobile = any(word in user_agent for word in ("Mobile", "Tablet", "MRX-AL09"))
    assert device.hand_held == mobile


def test_beneath_a_messenger_the_device_is_known() -> None:
    assert device_of(USER_AGENTS["wechat iphone"][1]).beneath is DeviceClass.IPHONE
    assert device_of(USER_AGENTS["wechat windows"][1]).beneath is DeviceClass.WINDOWS
    assert device_of(USER_AGENTS["chrome on a phone"][1]).beneath is None


@pytest.mark.parametrize(
    ("hints", "kind", "windows"),
    [
        ({"sec-ch-ua-platform-version": '"15.0.0"'}, "windows", "11"),
        ({"sec-ch-ua-platform-version": '"10.0.0"'}, "windows", "10"),
        ({"sec-ch-ua-platform-version": '"0.1.0"'}, "windows", "7"),
        ({"sec-ch-ua-platform-version": '"0.3.0"'}, "windows", "8.1"),
        ({"sec-ch-ua-platform-version": "junk"}, "windows", ""),
        ({"sec-ch-ua-bitness": '"32"'}, "windows-32", ""),
        ({"sec-ch-ua-bitness": '"64"'}, "windows", ""),
    ],
)
def test_client_hints_say_what_the_user_agent_hides(hints: dict[str, str], kind: str, windows: str) -> None:
    device = device_of(EDGE, hints)
    assert (device.kind, device.windows) == (kind, windows)


def test_a_tablet_that_asks_for_a_computers_pages_is_known_by_its_hints() -> None:
    linux = USER_AGENTS["firefox on linux"][1]
    hints = {"sec-ch-ua-platform": '"Android"', "sec-ch-ua-mobile": "?0"}
    assert device_of(linux, hints).kind is DeviceClass.TABLET


def test_a_version_that_the_exam_does_not_accept_counts_as_old() -> None:
    eleven = device_of(EDGE, {"sec-ch-ua-platform-version": '"15.0.0"'})
    assert eleven.among(("7", "10")).kind is DeviceClass.WINDOWS_OLD
    assert eleven.among(("10", "11")) == eleven
    assert device_of(EDGE).among(("7",)).kind is DeviceClass.WINDOWS, "10 and 11 look alike: no hint"


@given(st.text(), st.dictionaries(st.sampled_from(HINTS), st.text()))
def test_any_header_has_a_class(user_agent: str, hints: dict[str, str]) -> None:
    assert device_of(user_agent, hints).kind in DeviceClass


def test_every_class_can_be_chosen_and_nothing_else() -> None:
    assert all(chosen_device(kind.value) is not None for kind in DeviceClass)
    assert chosen_device("toaster") is None


def page(portal: Running, exam: PublishedExam, user_agent: str, path: str = HOME) -> httpx.Response:
    with portal.candidate(exam.people[0]) as candidate:
        candidate.http.headers["user-agent"] = user_agent
        return candidate.http.get(path)


@pytest.mark.parametrize("kind", DeviceClass)
def test_every_class_gets_its_hint_the_login_form_and_a_way_to_overrule_it(
    portal: Running, exam: PublishedExam, kind: DeviceClass
) -> None:
    user_agent = next(text for named, text in USER_AGENTS.values() if named == kind)
    answer = page(portal, exam, user_agent)
    assert answer.status_code == 200
    shown = {named for named, words in SEEN.items() if words in answer.text}
    assert shown >= ({kind.value} if kind in SEEN else set())
    if kind not in SEEN:
        assert shown == set()
    assert "不是这样？" in answer.text
    assert 'name="admission_number"' in answer.text
    overruled = page(portal, exam, user_agent, f"{HOME}?device=windows")
    assert not any(words in overruled.text for words in SEEN.values())


def test_a_choice_lasts_until_the_browser_closes(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        candidate.http.headers["user-agent"] = USER_AGENTS["safari on a mac"][1]
        answer = candidate.http.get(f"{HOME}?device=windows")
        cookie = next(text for text in answer.headers.get_list("set-cookie") if "oneseat-device" in text)
        assert "max-age" not in cookie.lower()
        assert SEEN["mac"] not in candidate.http.get(HOME).text
        candidate.http.get(f"{HOME}?device=toaster")
        assert SEEN["mac"] not in candidate.http.get(HOME).text
        assert SEEN["mac"] in candidate.http.get(f"{HOME}?device=mac").text


def test_pages_say_what_they_depend_on_and_are_not_cached(portal: Running, exam: PublishedExam) -> None:
    answer = page(portal, exam, EDGE)
    varies = {name.strip().lower() for name in answer.headers["vary"].split(",")}
    assert {"user-agent", "cookie", *HINTS} <= varies
    assert answer.headers["cache-control"] == "no-store"
    assert "Sec-CH-UA-Bitness" in answer.headers["accept-ch"]


def test_the_download_page_shows_a_phone_its_app_before_the_client(
    portal: Running, exam: PublishedExam
) -> None:
    exam.publish_charter(version=2, companion_app=CompanionApp("https://store.example/app", ""))
    with portal.candidate(exam.people[0]) as candidate:
        candidate.http.headers["user-agent"] = USER_AGENTS["chrome on a phone"][1]
        text = candidate.log_in().text
    assert 0 < text.index("https://store.example/app") < text.index("data-download")
    assert f"{portal.url.partition('://')[2]}{HOME}" in text
    assert f'data-copy="{portal.url}{HOME}"' in text


def test_the_short_code_on_a_phone_opens_the_exams_page_on_a_computer(
    portal: Running, exam: PublishedExam
) -> None:
    served = portal.app.state.portal.exams[EXAM]
    code = served.signed_values.short_code(INSIDE)
    shown = f"{code[:4]}-{code[4:]}"
    assert shown in page(portal, exam, USER_AGENTS["chrome on a phone"][1]).text
    with portal.candidate(exam.people[0]) as computer:
        assert computer.http.get("/c").status_code == 200
        for typed in (shown, code.lower(), f" {code[:4]} {code[4:]} "):
            answer = computer.http.get("/c", params={"code": typed})
            assert (answer.status_code, answer.headers["location"]) == (303, HOME)
            assert "set-cookie" not in answer.headers, "it opens a page and logs nobody in"
        assert "考生登录" in computer.http.get(HOME).text
        wrong = computer.http.get("/c", params={"code": "0000-0000"})
        assert wrong.status_code == 404
        assert "OS-956" in wrong.text


def test_a_short_code_lives_for_a_quarter_of_an_hour_and_belongs_to_its_exam() -> None:
    values, other = SignedValues(b"k" * 32, "a"), SignedValues(b"k" * 32, "b")
    code = values.short_code(INSIDE)
    assert len(code) == 8
    slot = timedelta(seconds=SHORT_CODE_SLOT_S)
    assert values.is_short_code(code, INSIDE + slot)
    assert not values.is_short_code(code, INSIDE + 2 * slot)
    assert not values.is_short_code(code, INSIDE - SECOND - slot)
    assert not other.is_short_code(code, INSIDE)
    assert not values.is_short_code("", INSIDE)


@given(st.text(max_size=120))
def test_no_text_breaks_the_comparison_of_short_codes(text: str) -> None:
    assert not SignedValues(b"k" * 32, "a").is_short_code(text, INSIDE)
