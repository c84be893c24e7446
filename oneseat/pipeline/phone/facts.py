"""The facts of an exam that are fixed in its phone app: names, the room's address, the application id."""

from __future__ import annotations

import json
from dataclasses import dataclass

from oneseat import __version__
from oneseat.pipeline.phone.errors import PhoneHasNoRoom
from signing.charter import Charter
from signing.text import Text

MIN_SDK = 26
"""Android 8.0, the oldest that the exam notices admit."""
TARGET_SDK = 34
"""Android 14: foreground services have types, and the window is not yet drawn behind the system's bars."""

PAGE = "/phone/"
"""The path of the phone page in the exam room."""


@dataclass(frozen=True)
class PhoneFacts:
    """The values of an exam that become part of its phone app.

    ``room_url`` is the room's address without a final slash.
    """

    exam: str
    app: Text
    title: Text
    publisher: Text
    room_url: str

    @classmethod
    def of(cls, charter: Charter) -> PhoneFacts:
        """Read the facts from a charter.

        Raises:
            PhoneHasNoRoom: the charter names no exam room of this project.
        """
        address = "" if charter.exam_room is None else charter.exam_room.api or ""
        if not address:
            raise PhoneHasNoRoom(exam=charter.exam)
        return cls(charter.exam, charter.companion, charter.title, charter.publisher, address.rstrip("/"))

    @property
    def application_id(self) -> str:
        """The application id: one for each exam, so that the apps of two exams live side by side.

        Android wants letters, digits and underscores in each part, with a letter first.
        """
        return "oneseat.phone.e_" + self.exam.replace("-", "_")

    @property
    def file_name(self) -> str:
        """The name of the base's file."""
        return f"OneSeat-{self.exam}-Phone.apk"

    def exam_file(self, build: str) -> str:
        """Return the app's asset `oneseat.json`, which the shell reads."""
        members = {
            "exam": self.exam,
            "room_url": self.room_url,
            "page_url": self.room_url + PAGE,
            "build": build,
            "title": self.title._asdict(),
        }
        return json.dumps(members, ensure_ascii=False, sort_keys=True, indent=2) + "\n"


def version_code(version: str = __version__) -> int:
    """Return Android's number of a version, which grows with it: ``1.2.3`` is 1002003."""
    major, minor, patch = (int(part) for part in version.split(".")[:3])
    return major * 1_000_000 + minor * 1_000 + patch
