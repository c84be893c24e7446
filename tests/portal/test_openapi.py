"""The API keeps what its description says, whatever is sent; the description says all that it should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, note, settings
from openapi_spec_validator import validate
from schemathesis.config import SchemathesisConfig as Config
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from oneseat.portal.app import api_routes, fast_routes
from oneseat.portal.openapi import describe
from oneseat.state.accounts.service_tokens import Scope
from signing.clock import FixedClock
from tests.effort import LONG, examples
from tests.portal.published_exam import EXAM, INSIDE, Keys, PublishedExam, Running, running
from tests.signing.signed_files import Base

MANY = 10_000_000
HEX = re.compile(r"[0-9a-f]{32}")
DESCRIPTION = describe(api_routes())
PATHS = ("fast", "plain")
ON_FAST_PATH = {route.path for route in fast_routes()}
"""Other requests go through the fast path's portal as through the plain one."""
# A body that is too long in a member may be too long as a whole, which is told first.
REFUSED = ["400", "401", "403", "404", "405", "413", "415", "422", "429"]
CHECKS = {"negative_data_rejection": {"expected-statuses": REFUSED}}
schema = schemathesis.openapi.from_dict(DESCRIPTION, config=Config.from_dict({"checks": CHECKS}))


@dataclass(frozen=True)
class Served:
    """A portal and its exam, and what each kind of caller brings as its bearer token."""

    portal: Running
    exam: PublishedExam
    bearers: dict[str, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, keys: Keys, base: Base) -> Iterator[dict[str, Served]]:
    """A portal with the fast path and one without it, each for all that is tried.

    The limit per address is out of the way, budgets are not.
    """
    with ExitStack() as running_portals:
        yield {
            name: running_portals.enter_context(
                _served(tmp_path_factory.mktemp("described"), keys, base, fast)
            )
            for name, fast in zip(PATHS, (True, False), strict=True)
        }


@contextmanager
def _served(folder: Path, keys: Keys, base: Base, fast_path: bool) -> Iterator[Served]:
    exam = PublishedExam(folder, keys, base, fast_path=fast_path).publish_everything()
    generous = exam.settings(address_burst=MANY, address_per_minute=MANY, refusal_floor_s=0)
    with running(generous, FixedClock(INSIDE)) as portal:
        with portal.candidate(exam.people[0]) as candidate:
            session = str(candidate.session()["session"])
        bearers = {"nobody": "", "a candidate": session, "a program": exam.service_token(*Scope)}
        yield Served(portal, exam, bearers)
    exam.database.close()


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Keeps connections between requests, and nothing else: no cookies, no settings of the environment."""
    with requests.Session() as kept:
        kept.trust_env = False
        kept.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield kept


@schema.parametrize()
@settings(
    max_examples=examples(20),
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_sent_is_answered_as_described(
    case: schemathesis.Case[Any], served: dict[str, Served], session: requests.Session
) -> None:
    """Every kind of caller sends each case; what the fast path answers, the plain portal is asked as well."""
    for path in PATHS if LONG or case.operation.path in ON_FAST_PATH else PATHS[:1]:
        for caller, bearer in served[path].bearers.items():
            note(f"the portal's path: {path}; sent by {caller}")
            _send(case.derive(), served[path], bearer, session)


def _send(case: schemathesis.Case[Any], at: Served, bearer: str, session: requests.Session) -> None:
    case.path_parameters = known(case.path_parameters, at.exam)
    headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
    left_out = [
        # What has the right form is still refused where it is nobody's: that is what the portal is for.
        positive_data_acceptance,
        # Takes away what it generated itself, and would meet our bearer token; "nobody" brings none.
        ignored_auth,
    ]
    if case.query:
        # A query may hold more than is described: it is passed over, as HTTP servers do.
        left_out.append(negative_data_rejection)
    case.call_and_validate(base_url=at.portal.url, session=session, headers=headers, excluded_checks=left_out)


def known(given: Any, exam: PublishedExam) -> dict[str, Any]:
    """The path with the exam and a seat that are there, half of the time; what is malformed stays so."""
    path = dict(given or {})
    if "exam" in path and len(path["exam"]) % 2:
        path["exam"] = EXAM
    if HEX.fullmatch(str(path.get("jti", ""))) and int(path["jti"], 16) % 2:
        path["jti"] = exam.jti(exam.people[0])
    return path


def test_the_description_is_valid_and_served(served: dict[str, Served]) -> None:
    validate(DESCRIPTION)
    for at in served.values():
        with at.portal.candidate(at.exam.people[0]) as candidate:
            assert candidate.http.get("/api/v1/openapi.json").json() == DESCRIPTION


def test_what_the_fast_path_answers_is_described() -> None:
    assert {"authenticate", "activations"} <= {path.rpartition("/")[2] for path in ON_FAST_PATH}
    assert DESCRIPTION["paths"].keys() >= ON_FAST_PATH


def test_every_answer_but_success_is_a_problem_document() -> None:
    operations = [one for path in DESCRIPTION["paths"].values() for one in path.values()]
    assert len(operations) >= 15
    for operation in operations:
        said = operation["responses"]
        assert list(said["default"]["content"]) == ["application/problem+json"]
        assert all(status == "default" or int(status) < 400 for status in said)
        assert operation["security"]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
