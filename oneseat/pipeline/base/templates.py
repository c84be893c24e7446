"""Renders the templates of a build, with escaping for each language."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from oneseat.pipeline.checkout import layout
from oneseat.pipeline.errors import TemplateBroken
from signing.text import untranslated

TEMPLATES = layout.PROJECT / "templates"
SPEC_TEMPLATE = TEMPLATES / "client.spec.j2"
START_HOOK = TEMPLATES / "client-start.py"
VERSION_TEMPLATE = TEMPLATES / "client-version.j2"
INSTALLER_TEMPLATE = TEMPLATES / "installer.nsi.j2"
LAUNCHER_TEMPLATE = TEMPLATES / "launcher.nsi.j2"
ARTWORK = TEMPLATES / "installer"

# NSIS reads a string until its quote; `$` starts a variable, and `$\` an escape (NSIS manual, 4.1).
_NSIS_ESCAPES = str.maketrans({"$": "$$", '"': '$\\"', "\r": "", "\n": "$\\r$\\n", "\t": " "})


def nsis_text(text: object) -> str:
    """Escape a text for an NSIS string in double quotes."""
    return str(text).translate(_NSIS_ESCAPES)


def python_text(text: object) -> str:
    """Format a text or path as a Python literal."""
    return repr(str(text))


def gib_text(mib: int) -> str:
    """Format MiB as GiB, without a trailing ``.0``."""
    return f"{mib / 1024:.1f}".removesuffix(".0")


def render(template: Path, **values: object) -> str:
    """Render a template with values.

    Raises:
        TemplateBroken: the template is missing or malformed, or uses a value that was not given.
    """
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - scripts, not pages; values are escaped by the filters below
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"nsis": nsis_text, "py": python_text, "gib": gib_text}
    try:
        return environment.get_template(template.name).render(**values)
    except TemplateError as error:
        raise TemplateBroken(template=template.name, reason=untranslated(error)) from error
