"""Renders the Jinja2 templates of ``templates/portal`` in two languages; serves static files."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from fastapi import Request
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from oneseat.files.resources import templates
from oneseat.portal.http.application import portal_of
from oneseat.portal.http.visitor_device import describe_variants, visitor_device
from oneseat.web.pages import page_environment
from oneseat.web.refusals import PageUnknown
from signing import service_hours
from signing.charter import Charter
from signing.text import Text

TEMPLATES = templates("portal")
STATIC = TEMPLATES / "static"
LANGUAGES = ("zh", "en")
LANGUAGE_COOKIE = "oneseat-lang"

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True)
class StaticFile:
    """A static file, under a path that changes with its content."""

    content: bytes
    media_type: str
    path: str


def load_static(folder: Path = STATIC) -> dict[str, StaticFile]:
    """The static files by name, read once."""
    files = {}
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:12]
        files[file.name] = StaticFile(content, _TYPES[file.suffix], f"/static/{digest}/{quote(file.name)}")
    return files


class Views:
    """The portal's templates, compiled once per process."""

    def __init__(self) -> None:
        self.static = load_static()
        self._environment = page_environment(TEMPLATES)
        self._environment.filters.update(
            size=size_words, figure=figure, grouped=grouped, unbroken=unbroken, own=own_path
        )
        self._environment.globals.update(
            all_hours=service_hours.all_hours, present_hours=service_hours.present_hours
        )
        self._environment.globals["static"] = lambda name: self.static[name].path

    def page(self, request: Request, template: str, status: int = 200, **facts: object) -> HTMLResponse:
        """A page in the visitor's language. Caches must not store it, since it may be personal."""
        language = language_of(request)
        portal = portal_of(request)
        now = portal.clock.now()
        context = {
            "lang": language,
            "t": chooser(language),
            "say": lambda text: getattr(text, language),
            "now": now,
            "rehearsal": portal.rehearsal,
            "device": visitor_device(request),
            "public_url": portal.public_url,
            "address": portal.public_url.partition("://")[2],
            "here": _switch_target(request, facts),
            "switch": f"{_switch_target(request, facts)}?lang={'en' if language == 'zh' else 'zh'}",
            **facts,
        }
        content = self._environment.get_template(template).render(context)
        response = HTMLResponse(
            content, status, {"cache-control": "no-store", "content-language": _TAGS[language]}
        )
        self._remember_language(request, response)
        describe_variants(request, response)
        return response

    def file(self, name: str) -> Response:
        """A static file. Its path changes with its content, so caches may keep it for ever.

        Raises:
            PageUnknown: there is no such file.
        """
        file = self.static.get(name)
        if file is None:
            raise PageUnknown
        caching = {"cache-control": f"public, max-age={_YEAR_S}, immutable"}
        return Response(file.content, media_type=file.media_type, headers=caching)

    def _remember_language(self, request: Request, response: Response) -> None:
        chosen = request.query_params.get("lang")
        if chosen in LANGUAGES:
            secure = portal_of(request).settings.secure
            response.set_cookie(
                LANGUAGE_COOKIE, chosen, _YEAR_S, secure=secure, httponly=True, samesite="lax"
            )


def views_of(request: Request) -> Views:
    """The compiled templates of the application that answers."""
    views: Views = request.app.state.views
    return views


def _switch_target(request: Request, facts: Mapping[str, object]) -> str:
    """The target of the language switch: this page, or the page of a posted form."""
    return "" if request.method == "GET" else str(facts.get("home", "/"))


_TAGS = {"zh": "zh-CN", "en": "en-GB"}


def language_of(request: Request) -> str:
    """The visitor's choice, by link or cookie; Chinese where none was made."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in LANGUAGES:
            return chosen
    return "zh"


def chooser(language: str) -> Callable[[str, str], str]:
    """The templates' ``t(zh, en)``: templates have both languages side by side."""
    return lambda zh, en: zh if language == "zh" else en


def figure(number: float) -> str:
    """A number without a needless fraction."""
    return f"{number:g}"


def size_words(size_bytes: int) -> str:
    """A file's size as people read it."""
    return (
        f"{size_bytes / 1_000_000:.1f} MB" if size_bytes >= 1_000_000 else f"{max(1, size_bytes // 1000)} kB"
    )


_DATE_PARTS = re.compile(
    r"(?:(?:\d{4}年)?\d{1,2}月\d{1,2}日(?:（星期[一二三四五六日]）)?"
    r"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?\d{1,2} (?:January|February|March|April|May|June|July|August"
    r"|September|October|November|December)(?: \d{4})?"
    r"|\d\d:\d\d(?::\d\d)?(?:(?:\s?–\s?| 至 | to )\d\d:\d\d(?::\d\d)?)?"
    r"|\d{3,4}(?:-\d{3,8})+)[，。；：、）]*"  # a line must not begin with the mark that follows
)


@functools.lru_cache(maxsize=1024)
def unbroken(text: str) -> Markup:
    """Text in which no date, time, range of times or telephone number is broken over two lines.

    Cached, since most such texts are the charter's and the same on every page.
    """
    pieces, at = [], 0
    for match in _DATE_PARTS.finditer(text):
        # The pattern matches no character that HTML would need escaped.
        pieces += [escape(text[at : match.start()]), f'<span class="unbroken">{match[0]}</span>']
        at = match.end()
    return Markup("".join([*pieces, escape(text[at:])]))  # noqa: S704 -- escaped piece by piece


def grouped(digest: str) -> list[str]:
    """A digest in groups of eight, to be compared by eye."""
    return [digest[at : at + 8] for at in range(0, len(digest), 8)]


def own_path(url: str, charter: Charter) -> str:
    """An address of the exam's own pages as a path; any other as it is.

    The exam file gives whole addresses, since the client shows them too. Readers who came by another name, as
    in a rehearsal, stay there.
    """
    origin = charter.portal_url.rstrip("/")
    return url[len(origin) :] if url.startswith(f"{origin}/e/{charter.exam}/") else url


@dataclass(frozen=True)
class Countdown:
    """A countdown, which the page continues from the server's time."""

    now_ms: int
    until_ms: int

    @classmethod
    def between(cls, now: datetime, until: datetime) -> Countdown:
        """From ``now`` to ``until``."""
        return cls(int(now.timestamp() * 1000), int(until.timestamp() * 1000))

    @property
    def parts(self) -> tuple[tuple[str, int, Text], ...]:
        """Days, hours, minutes and seconds left, each with its name."""
        left = max(timedelta(0), timedelta(milliseconds=self.until_ms - self.now_ms))
        hours, remainder = divmod(left.seconds, 3600)
        minutes, seconds = divmod(remainder, 60)
        return (
            ("d", left.days, Text("days", "天")),
            ("h", hours, Text("hours", "时")),
            ("m", minutes, Text("minutes", "分")),
            ("s", seconds, Text("seconds", "秒")),
        )
