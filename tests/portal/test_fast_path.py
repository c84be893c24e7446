"""The setting ``fast_path`` chooses how logins and hot routes are run, and changes no answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from oneseat.commands.portal import portal as portal_commands
from oneseat.portal.settings import PortalSettings
from oneseat.state.database import Database
from oneseat.state.nowait import OpenTransaction
from oneseat.web.fast_routes import FastRoute
from signing.clock import FixedClock
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running, running

API = f"/api/v1/exams/{EXAM}"


@pytest.fixture
def without(exam: PublishedExam) -> Iterator[Running]:
    """The same exam without the fast path."""
    with running(exam.settings(fast_path=False), FixedClock(INSIDE)) as portal:
        yield portal


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps of the fast path that are taken, by name."""
    steps: list[str] = []
    begin, answer = Database.begin_nowait, FastRoute.answer

    def begun(database: Database) -> OpenTransaction | None:
        steps.append("batch")
        return begin(database)

    async def answered(route: FastRoute, *arguments: Any) -> Any:
        steps.append("route")
        return await answer(route, *arguments)

    monkeypatch.setattr(Database, "begin_nowait", begun)
    monkeypatch.setattr(FastRoute, "answer", answered)
    return steps


def test_with_it_logins_are_batched_and_hot_routes_dispatched_first(
    portal: Running, exam: PublishedExam, taken: list[str]
) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        assert candidate.authenticate().status_code == 200
    assert taken == ["route", "batch"]


def test_without_it_neither_is(without: Running, exam: PublishedExam, taken: list[str]) -> None:
    with without.candidate(exam.people[0]) as candidate:
        assert candidate.authenticate().status_code == 200
        assert candidate.authenticate(name="x").status_code == 401
    assert taken == []


JSON = {"content-type": "application/json"}
BROKEN: dict[str, Callable[[PublishedExam], dict[str, Any]]] = {
    "no body": lambda _: {},
    "not JSON": lambda _: {"content": b"{", "headers": JSON},
    "another media type": lambda _: {"content": b"{}", "headers": {"content-type": "text/plain"}},
    "a member missing": lambda exam: {"json": {"name": exam.people[0].name}},
    "a member too many": lambda exam: {"json": {**exam.people[0].body(), "colour": "red"}},
    "a member of another type": lambda exam: {"json": {**exam.people[0].body(), "name": 7}},
    "a body too long": lambda _: {"content": b" " * 20_000, "headers": JSON},
    "wrong details": lambda exam: {"json": {**exam.people[0].body(), "name": "x"}},
    "no such number": lambda exam: {"json": {**exam.people[0].body(), "admission_number": "999"}},
    "a key too short": lambda exam: {
        "json": {**exam.people[0].body(), "name": "x"},
        "headers": {"idempotency-key": "short"},
    },
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("route", ["authenticate", "nonces", "activations"])
def test_a_refusal_is_the_same_either_way(
    portal: Running,
    without: Running,
    exam: PublishedExam,
    broken: Callable[[PublishedExam], dict[str, Any]],
    route: str,
) -> None:
    answers = []
    for served in (portal, without):
        answer = httpx.post(f"{served.url}{API}/{route}", **broken(exam))
        answers.append((answer.status_code, answer.headers["content-type"], answer.json()))
        exam.reset_budget(exam.people[0])
    assert answers[0] == answers[1]
    assert answers[0][0] >= 400


def test_text_that_is_not_unicode_is_refused_either_way(
    portal: Running, without: Running, exam: PublishedExam
) -> None:
    """The two JSON parsers name different places, so only status and code can be the same."""
    body = json.dumps({**exam.people[0].body(), "name": "\ud800"}).encode()
    for served in (portal, without):
        answer = httpx.post(f"{served.url}{API}/authenticate", content=body, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (400, "OS-184")


@pytest.mark.parametrize(
    ("options", "variable", "fast"),
    [((), "", True), (("--no-fast-path",), "", False), ((), "0", False), (("--fast-path",), "0", True)],
)
def test_portal_serve_takes_it_as_an_option_and_from_the_environment(
    tmp_path: Path,
    exam: PublishedExam,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    variable: str,
    fast: bool,
) -> None:
    served: list[PortalSettings] = []
    monkeypatch.setattr("oneseat.portal.serve.serve", lambda settings, *_: served.append(settings))
    monkeypatch.setenv("ONESEAT_FAST_PATH", variable)
    (tmp_path / "pass").write_text("x")
    own = exam.exam_settings()
    (tmp_path / "portal.toml").write_text(
        f"""[[exams]]
exam = "{own.exam}"
keys = "{own.keys.as_posix()}"
passphrase_file = "pass"
root_public_key = "{own.root_public_key}"
state = "{own.state}"
store = "{own.store}"
""",
        "utf-8",
    )
    command = ["serve", "--settings", str(tmp_path / "portal.toml"), *options]
    ended = CliRunner().invoke(portal_commands, command, obj=object(), catch_exceptions=False)
    assert ended.exit_code == 0
    assert [settings.fast_path for settings in served] == [fast]
