"""The demonstration's exam, and the same without a phone app of its own.

Most tests of issuing and publishing are about the installer: an exam with a phone app wants its base too.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

DEMO = Path(__file__).parents[1] / "exams" / "demo.toml"
PHONES = ', kind = "both", order = "gate", sweep = "3s"'
"""What the file says of phones."""


def _without_phones() -> Path:
    text = DEMO.read_text("utf-8")
    assert text.count(PHONES) == 1
    folder = Path(tempfile.mkdtemp(prefix="oneseat-exam-"))
    folder.chmod(0o755)  # tests read it as another user, too
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / DEMO.name).write_text(text.replace(PHONES, ""), "utf-8")
    (folder / "papers").symlink_to(DEMO.parent / "papers")
    return folder / DEMO.name


WITHOUT_PHONES = _without_phones()
"""A file of the demonstration's exam without phones, for this process."""
