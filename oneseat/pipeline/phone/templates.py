"""Paths of the phone app's sources, and their rendering with escaping for XML and Android's resources."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from oneseat.pipeline.checkout import layout
from oneseat.pipeline.errors import TemplateBroken
from signing.text import untranslated

SOURCES = layout.PROJECT / "templates" / "phone"
JAVA = SOURCES / "src"
STUBS = SOURCES / "stubs"
RESOURCES = SOURCES / "res"
MANIFEST_TEMPLATE = SOURCES / "AndroidManifest.xml.j2"
STRINGS_TEMPLATE = SOURCES / "strings.xml.j2"

# What a string resource reads as markup (Android developers' guide, "String resources").
_ANDROID_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": " ", "@": "\\@", "?": "\\?"})


def xml_text(text: object) -> str:
    """Escape a text for an XML attribute in double quotes."""
    return escape(str(text), {'"': "&quot;"})


def android_text(text: object) -> str:
    """Escape a text for an Android string resource."""
    return escape(str(text).translate(_ANDROID_ESCAPES))


def render(template: Path, **values: object) -> str:
    """Render a template with values.

    Raises:
        TemplateBroken: the template is missing or malformed, or uses a value that was not given.
    """
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - resources, not pages; values are escaped by the filters below
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"xml": xml_text, "android": android_text}
    try:
        return environment.get_template(template.name).render(**values)
    except TemplateError as error:
        raise TemplateBroken(template=template.name, reason=untranslated(error)) from error
