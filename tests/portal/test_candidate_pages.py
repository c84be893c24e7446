"""The pages say what there is to do now, in two languages, safely and accessibly."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import httpx
import pytest

from oneseat.portal.http.views import load_static
from oneseat.state.candidates import seat_support
from oneseat.web.qr import qr_svg
from signing.charter import CompanionApp
from tests.portal.published_exam import CLOSES, EXAM, INSIDE, OPENS, SECOND, PublishedExam, Running


class Page(HTMLParser):
    """What matters of a page's markup."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def addresses(self) -> list[str]:
        named = (attributes.get(name) for _, attributes in self.tags for name in ("href", "src", "action"))
        return [address for address in named if address]


def every_page(portal: Running, exam: PublishedExam) -> dict[str, httpx.Response]:
    """Each page that a candidate can come to."""
    pages = {}
    with portal.candidate(exam.people[0]) as candidate, portal.candidate(exam.people[1]) as late:
        portal.at(OPENS - SECOND)
        pages["before"] = candidate.http.get(f"/e/{EXAM}/")
        portal.at(CLOSES - timedelta(hours=1))
        pages["login"] = candidate.http.get(f"/e/{EXAM}/")
        pages["refused"] = candidate.log_in(name="x")
        pages["download"] = candidate.log_in()
        candidate.http.get(candidate.session()["download"]["url"])
        offer = candidate.session()["download"]["url"]
        assert candidate.http.get(offer).status_code == 200, "the cookie counts for the download"
        portal.at(CLOSES)
        pages["grace"] = candidate.http.get(f"/e/{EXAM}/download")
        pages["closed"] = late.http.get(f"/e/{EXAM}/")
        pages["too late"] = late.log_in()
        portal.at(CLOSES + timedelta(hours=2))
        pages["code only"] = candidate.http.get(f"/e/{EXAM}/download")
        pages["unknown exam"] = candidate.http.get("/e/nowhere/")
        pages["unknown"] = candidate.http.get("/nowhere")
    return pages


@pytest.fixture
def pages(portal: Running, exam: PublishedExam) -> dict[str, httpx.Response]:
    return every_page(portal, exam)


def test_each_state_has_its_page_and_status(pages: dict[str, httpx.Response]) -> None:
    said = {
        "before": (200, "下载尚未开放"),
        "login": (200, "考生登录"),
        "refused": (401, "OS-170"),
        "download": (200, "SHA-256"),
        "grace": (200, "下载完成"),
        "closed": (200, "下载通道已关闭"),
        "too late": (403, "OS-174"),
        "code only": (200, "安装包不能再次下载"),
        "unknown exam": (404, "OS-176"),
        "unknown": (404, "OS-186"),
    }
    for name, (status, words) in said.items():
        assert pages[name].status_code == status, name
        assert words in pages[name].text, name
        assert pages[name].headers["content-type"] == "text/html; charset=utf-8"
        assert pages[name].headers["cache-control"] == "no-store"


def test_no_page_needs_anything_from_elsewhere_or_runs_anything_inline(
    pages: dict[str, httpx.Response],
) -> None:
    for name, answer in pages.items():
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        page = Page(answer)
        assert all(script.get("src") for script in page.all("script")), name
        assert page.all("style") == []
        for _, attributes in page.tags:
            assert not [key for key in attributes if key.startswith("on") or key == "style"], name
        for address in page.addresses():
            assert re.match(r"/(?!/)|\?|#|tel:", address), f"{name}: {address}"


def test_no_address_holds_a_number_or_name_of_the_candidate(
    pages: dict[str, httpx.Response], exam: PublishedExam
) -> None:
    for person in exam.people[:2]:
        for answer in pages.values():
            text = " ".join([*Page(answer).addresses(), str(answer.url)])
            assert person.admission_number not in text
            # A refused form comes back as it was sent, in its fields and nowhere else.
            others = re.sub(r'(<input[^>]*) value="[^"]*"', r"\1", answer.text)
            assert person.id_number not in others
            assert person.admission_number not in others


def test_what_was_typed_is_in_the_answer_to_its_own_form_only(
    pages: dict[str, httpx.Response], exam: PublishedExam
) -> None:
    typed = {name for name, answer in pages.items() if exam.people[0].id_number in answer.text}
    assert typed == {"refused"}
    assert pages["refused"].request.method == "POST"
    assert pages["refused"].headers["cache-control"] == "no-store"


def test_every_field_has_a_label_and_every_refusal_is_tied_to_the_fields(
    pages: dict[str, httpx.Response],
) -> None:
    for name in ("login", "refused", "closed", "too late"):
        page = Page(pages[name])
        fields = [field for field in page.all("input") if field.get("type") != "hidden"]
        assert {field["id"] for field in fields} == {label["for"] for label in page.all("label")}
        assert len(fields) == 3
        refused = name in ("refused", "too late")
        assert all(("refusal" in str(field.get("aria-describedby"))) == refused for field in fields), name
        assert ("alert" in [attributes.get("role") for _, attributes in page.tags]) == refused
    for answer in pages.values():
        page = Page(answer)
        assert page.all("html")[0]["lang"] == "zh-CN"
        assert len(page.all("h1")) == 1
        assert all("alt" in image for image in page.all("img"))


def test_the_countdown_is_the_servers(portal: Running, exam: PublishedExam) -> None:
    portal.at(OPENS - timedelta(days=2, hours=3, minutes=4, seconds=5))
    with portal.candidate(exam.people[0]) as candidate:
        text = candidate.http.get(f"/e/{EXAM}/").text
    figures = re.findall(r'<b data-unit="(.)">(\d+)</b>', text)
    assert figures == [("d", "2"), ("h", "03"), ("m", "04"), ("s", "05")]
    assert f'data-until="{int(OPENS.timestamp()) * 1000}"' in text


def test_the_download_page_says_what_a_candidate_needs(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        page = candidate.log_in().text
        granted = candidate.session()
    shown = re.sub(r"<[^>]+>", "", page)
    assert granted["install_code"] in shown
    assert granted["download"]["sha256"] in re.sub(r"\s", "", shown)
    assert granted["download"]["filename"] in shown
    for words in (
        "测试杀毒",
        "000-000-0000",
        "2035年1月10日（星期三）11:00 至 11:10",
        "成绩公布前",
        "测试手机端",
    ):
        assert words in shown, words


def test_english_is_a_switch_away_and_remembered(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        assert "考生登录" in candidate.http.get(f"/e/{EXAM}/").text
        assert "Log in" in candidate.http.get(f"/e/{EXAM}/?lang=en").text
        again = candidate.http.get(f"/e/{EXAM}/")
        assert 'lang="en"' in again.text
        assert again.headers["content-language"] == "en-GB"
        body = again.text.partition("<main")[2].partition("</main>")[0]
        chinese = set(re.findall(r"[\u4e00-\u9fff]+", body))
        assert chinese <= {"测试杀毒"}, "names of Chinese software stay, nothing else does"
        assert "考生登录" in candidate.http.get(f"/e/{EXAM}/?lang=zh").text
        assert candidate.http.get(f"/e/{EXAM}/?lang=xx").status_code == 200


def test_the_start_page_leads_to_the_only_exam(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        assert candidate.http.get("/").headers["location"] == f"/e/{EXAM}/"
        candidate.log_in()
        assert candidate.http.get(f"/e/{EXAM}/").headers["location"] == f"/e/{EXAM}/download"


def test_static_files_may_be_kept_for_good_because_their_address_changes(
    portal: Running, exam: PublishedExam
) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        for file in load_static().values():
            answer = candidate.http.get(file.path)
            assert answer.content == file.content
            assert "immutable" in answer.headers["cache-control"]
        assert candidate.http.get("/static/x/../portal.css.bak").status_code == 404


def test_a_session_of_a_withdrawn_seat_sees_the_closed_page(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        candidate.log_in()
        exam.revoke(exam.people[0])
        page = candidate.http.get(f"/e/{EXAM}/download")
        assert page.status_code == 403
        assert "OS-179" in page.text


def test_after_a_refused_login_switching_the_language_and_reloading_lead_back(
    portal: Running, exam: PublishedExam
) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        refused = candidate.log_in(name="x")
        assert f"/e/{EXAM}/?lang=en" in Page(refused).addresses()
        for form in ("login", "logout"):
            assert candidate.http.get(f"/e/{EXAM}/{form}").headers["location"] == f"/e/{EXAM}/"
        odd = candidate.http.get(f"{portal.url}//elsewhere.example/")
        assert not [address for address in Page(odd).addresses() if address.startswith("//")]


def test_an_empty_field_costs_nothing(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        for _ in range(8):
            assert candidate.log_in(name=" ").status_code == 401
        assert candidate.log_in().status_code == 200


def test_the_window_may_end_while_somebody_reads_the_page(portal: Running, exam: PublishedExam) -> None:
    portal.at(CLOSES - SECOND)
    with portal.candidate(exam.people[0]) as candidate:
        candidate.log_in()
        portal.at(CLOSES)
        page = candidate.http.get(f"/e/{EXAM}/download")
    assert page.status_code == 403
    assert "OS-174" in page.text
    assert INSIDE < CLOSES


def test_the_phone_app_is_a_link_and_a_code_of_it_made_here(portal: Running, exam: PublishedExam) -> None:
    url = "https://store.example/app?id=1&from=exam"
    with portal.candidate(exam.people[0]) as candidate:
        page = candidate.log_in()
        assert candidate.http.get(f"/e/{EXAM}/app.svg").status_code == 404
        assert "下载地址尚未公布" in page.text
        exam.publish_charter(version=2, companion_app=CompanionApp(url, "ab" * 32))
        page = candidate.http.get(f"/e/{EXAM}/download")
        code = candidate.http.get(f"/e/{EXAM}/app.svg")
    assert url in Page(page).addresses()
    assert "abababab" in page.text
    assert code.headers["content-type"] == "image/svg+xml"
    assert code.content == qr_svg(url) != qr_svg(url + "x")


def test_a_seat_that_support_admitted_is_told_until_when(portal: Running, exam: PublishedExam) -> None:
    person, until = exam.people[0], CLOSES + timedelta(hours=4)
    with exam.database.writing() as connection:
        seat_support.allow(connection, EXAM, person.admission_number, until, CLOSES)
    portal.at(CLOSES + timedelta(hours=2))
    with portal.candidate(person) as candidate:
        page = candidate.log_in()
        shown = re.sub(r"<[^>]+>", "", page.text)
        assert "经核实，您可在 2035年1月6日（星期六）03:00 前单独下载" in shown
        portal.at(until)
        assert candidate.http.get(f"/e/{EXAM}/download").status_code == 403
    with portal.candidate(exam.people[1]) as other:
        assert other.log_in().status_code == 403
