"""An operator who uses the desk as a browser would."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

import httpx

from oneseat.state.accounts import credentials, operators
from oneseat.state.accounts.operators import NewOperator, Role
from signing.authority.signer import Signer, sign_token
from signing.charter import TYP
from signing.clock import FixedClock
from tests.portal.published_exam import CLOSES, EXAM, PublishedExam
from tests.simulator import form_token

PASSWORD = "correct horse battery staple"
HASHED = credentials.hash_password(PASSWORD)
HOME = f"/desk/{EXAM}/"
TOTP_SECRET = b"12345678901234567890"


def hire(exam: PublishedExam, name: str, role: Role, *, totp: bool = False) -> None:
    """Make an account, as the command line does."""
    sealed = credentials.seal_totp(exam.pepper, EXAM, name, TOTP_SECRET) if totp else None
    with exam.database.writing() as connection:
        assert operators.add(
            connection,
            NewOperator(EXAM, name, role, HASHED, sealed),
            FixedClock(exam.charter.issued_at).now(),
        )


class Served(Protocol):
    """A portal in this process or in one of its own."""

    url: str


class DeskBrowser:
    """One browser in front of the desk."""

    def __init__(self, portal: Served) -> None:
        self.http = httpx.Client(base_url=portal.url, timeout=30, trust_env=False, follow_redirects=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def log_in(self, name: str, password: str = PASSWORD, code: str = "") -> httpx.Response:
        """Fill in the login form."""
        page = self.http.get(f"{HOME}login")
        form = {"name": name, "password": password, "code": code, "form_token": form_token(page)}
        return self.http.post(f"{HOME}login", data=form)

    def send(self, page: str, to: str, **fields: str) -> httpx.Response:
        """Open a page and send a form from it."""
        shown = self.http.get(page)
        return self.http.post(to, data={"form_token": form_token(shown), **fields})

    def find(self, admission_number: str) -> httpx.Response:
        """Type an admission number into the form on the overview."""
        return self.send(HOME, f"{HOME}candidate", admission_number=admission_number)

    def act(self, jti: str, act: str, **fields: str) -> httpx.Response:
        """Do something for a seat."""
        page = f"{HOME}seats/{jti}"
        return self.send(page, f"{page}/{act}", **fields)

    def upload(self, token: str) -> httpx.Response:
        """Upload a charter, and confirm what it changes if it is not refused."""
        preview = self.preview(token)
        if preview.status_code != 200:
            return preview
        confirmation = {"form_token": (None, form_token(preview)), "token": (None, token)}
        return self.http.post(f"{HOME}charter", files=confirmation)

    def preview(self, token: str) -> httpx.Response:
        """Upload a charter."""
        page = self.http.get(f"{HOME}settings")
        files = {"file": ("2.jws", token.encode(), "application/jose")}
        return self.http.post(f"{HOME}charter", data={"form_token": form_token(page)}, files=files)


def signed_charter(
    exam: PublishedExam, /, closes: datetime = CLOSES, signer: Signer | None = None, **changes: Any
) -> str:
    """A charter token as the authority signs it outside the portal, never published."""
    made = replace(exam.charter, download=exam.window(closes), **changes)
    return sign_token(signer or exam.keys.authority.signer("root"), TYP, made.claims())


def code_of(answer: httpx.Response) -> str:
    """The refusal's code on a page, or nothing."""
    found = re.search(r"OS-\d{3,4}", answer.text)
    return found[0] if found else ""
