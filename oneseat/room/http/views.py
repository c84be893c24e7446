"""Renders the Jinja2 templates of ``templates/room``; serves static files under one digest of them all.

Scripts import each other by relative paths, so all files share one folder in their addresses, which changes
when any of them does.
"""

from __future__ import annotations

import hashlib

from fastapi import Request
from starlette.responses import HTMLResponse, Response

from oneseat.files.resources import templates
from oneseat.web.pages import page_environment
from oneseat.web.refusals import PageUnknown

TEMPLATES = templates("room")
STATIC = TEMPLATES / "static"
STATIC_PATH = "/room/static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}


class Views:
    """The room's templates, compiled once per process, and its static files, read once."""

    def __init__(self) -> None:
        self._static = {
            path.name: path.read_bytes() for path in sorted(STATIC.iterdir()) if path.suffix in _TYPES
        }
        digest = hashlib.sha256()
        for name, content in self._static.items():
            digest.update(f"{name} {len(content)} ".encode() + content)
        self.digest = digest.hexdigest()[:12]
        self._environment = page_environment(TEMPLATES)
        self._environment.globals["static"] = lambda name: f"{STATIC_PATH}/{self.digest}/{name}"

    def page(self, template: str, status: int = 200, **facts: object) -> HTMLResponse:
        """A page. Caches must not store it, since it is a candidate's."""
        headers = {"cache-control": "no-store", "content-language": "zh-CN"}
        return HTMLResponse(self.fragment(template, **facts), status, headers)

    def fragment(self, template: str, **facts: object) -> str:
        """A part of a page, as HTML."""
        return self._environment.get_template(template).render(facts)

    def file(self, digest: str, name: str) -> Response:
        """A static file; caches may keep it for ever.

        Raises:
            PageUnknown: there is no such file in this version.
        """
        content = self._static.get(name)
        if content is None or digest != self.digest:
            raise PageUnknown
        return Response(content, media_type=_TYPES[f".{name.rpartition('.')[2]}"], headers=_FOR_EVER)


def views_of(request: Request) -> Views:
    """The compiled templates of the application that answers."""
    views: Views = request.app.state.views
    return views
