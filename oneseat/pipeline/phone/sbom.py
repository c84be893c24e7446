"""Generates the phone app's software bill of materials: no library ships, and its tools are excluded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oneseat.pipeline.base.sbom import Subject, document
from oneseat.pipeline.checkout import layout, phone
from oneseat.pipeline.phone.inputs import PhoneInputs

if TYPE_CHECKING:
    from cyclonedx.model.component import Component


def generate(inputs: PhoneInputs) -> str:
    """Generate the document. It depends on the inputs only."""
    facts = inputs.facts
    app = Subject(f"OneSeat phone app ({facts.exam})", facts.app.en, facts.publisher.en, inputs.build_id)
    return document(app, [_system(), *_tools(inputs), *_packages()])


def _system() -> Component:
    """Describe what the app runs on: nothing of it ships."""
    from cyclonedx.model.component import Component, ComponentScope, ComponentType

    return Component(
        name="Android",
        version="8.0",
        type=ComponentType.OPERATING_SYSTEM,
        bom_ref="android",
        scope=ComponentScope.REQUIRED,
        description="the phone's own, or a later one; its WebView shows the page",
    )


def _tools(inputs: PhoneInputs) -> Iterator[Component]:
    from cyclonedx.model.component import Component, ComponentScope, ComponentType

    for name, version in inputs.tools:
        yield Component(
            name=name,
            version=version,
            type=ComponentType.APPLICATION,
            bom_ref=f"tool-{name}",
            scope=ComponentScope.EXCLUDED,
        )


def _packages() -> Iterator[Component]:
    """Yield the npm packages that tools were taken out of."""
    from cyclonedx.model.component import Component, ComponentScope, ComponentType
    from packageurl import PackageURL

    for pin in phone.pins(layout.PHONE_PINS):
        name, _, version = pin.package.rpartition("@")
        namespace, _, short = name.rpartition("/")
        purl = PackageURL("npm", namespace or None, short, version)
        yield Component(
            name=name,
            version=version,
            type=ComponentType.LIBRARY,
            bom_ref=purl.to_string(),
            purl=purl,
            scope=ComponentScope.EXCLUDED,
            description=f"{pin.file_name}; archive {pin.integrity}",
        )
