"""Digests of the files that the tools are given: specification, version resource, scripts for makensis.

So a change of any text or function that a template uses changes the build id, wherever it is written.
Folders, build id and charter are not known when the id is computed: fixed values and
:meth:`InstallerRules.sample` stand in for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from oneseat.pipeline.base import launcher
from oneseat.pipeline.base.freeze import specification, version_resource
from oneseat.pipeline.base.installer import script
from oneseat.pipeline.base.names import ExamNames
from oneseat.pipeline.base.rules import InstallerRules

_BUILD_ID = "0" * 64


def digests(names: ExamNames) -> Iterator[tuple[str, str]]:
    """Yield the name and the SHA-256 of each rendered file.

    Raises:
        TemplateBroken: a template cannot be rendered.
    """
    yield "client.spec", _sha256(specification(str))
    yield "version.txt", _sha256(version_resource(names, _BUILD_ID))
    yield "launcher.nsi", _sha256(launcher.script(names))
    yield "installer.nsi", _sha256(script(names, _BUILD_ID, InstallerRules.sample()))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
