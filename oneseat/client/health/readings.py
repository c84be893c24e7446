"""Parsers for bytes and texts from Windows. Pure functions that accept any input."""

from __future__ import annotations

import array
import math
import re
import struct
import sys
import uuid
from datetime import datetime, timezone
from pathlib import PureWindowsPath
from typing import List, Mapping, Optional, Sequence, Tuple

from oneseat.client.health.probes import Frame, Level

_MAX_COMMAND_WORDS = 16
_LOCAL_PATH = re.compile(r"[A-Za-z]:[\\/]")
_MBR, _GPT = 0, 1
_LAYOUT_HEADER_BYTES = 48
_ENTRY_BYTES = 144
"""DRIVE_LAYOUT_INFORMATION_EX and PARTITION_INFORMATION_EX (Microsoft, ``winioctl.h``)."""
_ENTRY_TYPE_AT = 32

_GPT_KINDS = {
    uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4"): "Linux",
    uuid.UUID("0657fd6d-a4ab-43c4-84e5-0933c84b4f4f"): "Linux (swap)",
    uuid.UUID("e6d6d379-f507-44c2-a23c-238f2a3df928"): "Linux (LVM)",
    uuid.UUID("4f68bce3-e8cd-4db1-96e7-fbcaf984b709"): "Linux (root)",
    uuid.UUID("bc13c2ff-59e6-4262-a352-b275fd6f7172"): "Linux (boot)",
    uuid.UUID("48465300-0000-11aa-aa11-00306543ecac"): "macOS (HFS+)",
    uuid.UUID("7c3457ef-0000-11aa-aa11-00306543ecac"): "macOS (APFS)",
}
"""Partition types of the UEFI specification, Discoverable Partitions Specification, and Apple."""
_MBR_KINDS = {0x82: "Linux (swap)", 0x83: "Linux", 0x8E: "Linux (LVM)", 0xAF: "macOS (HFS+)"}


def foreign_partitions(layout: bytes) -> Tuple[str, ...]:
    """Kinds of partitions of other systems in a DRIVE_LAYOUT_INFORMATION_EX, without duplicates."""
    if len(layout) < _LAYOUT_HEADER_BYTES:
        return ()
    style, count = struct.unpack_from("<II", layout)
    kinds: List[str] = []
    for number in range(min(count, (len(layout) - _LAYOUT_HEADER_BYTES) // _ENTRY_BYTES)):
        entry_at = _LAYOUT_HEADER_BYTES + number * _ENTRY_BYTES
        kind = None
        if style == _GPT:
            raw = layout[entry_at + _ENTRY_TYPE_AT : entry_at + _ENTRY_TYPE_AT + 16]
            kind = _GPT_KINDS.get(uuid.UUID(bytes_le=raw))
        elif style == _MBR:
            kind = _MBR_KINDS.get(layout[entry_at + _ENTRY_TYPE_AT])
        if kind is not None and kind not in kinds:
            kinds.append(kind)
    return tuple(kinds)


def pause_end(text: str) -> Optional[datetime]:
    """Parse ``PauseUpdatesExpiryTime`` (RFC 3339, always with a Z); None if malformed."""
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def program_paths(command: str, windows_folder: str) -> List[str]:
    r"""Paths of the program that a command line may start, most likely first; at most 16.

    A quoted path is taken as it is. Otherwise every prefix that ends before a space is a candidate, with
    ``.exe`` added where there is no extension, as CreateProcessW tries them. Names without a folder are
    looked for in System32. A service's ImagePath may begin with ``\??\``, ``\SystemRoot\`` or
    ``System32\``. Paths in the network are left out: asking for them may take a minute.
    """
    text = command.strip().replace("\0", "")
    if text.startswith('"'):
        prefixes = [text[1:].partition('"')[0]]
    else:
        words = text.split(" ")[:_MAX_COMMAND_WORDS]
        prefixes = [" ".join(words[:count]) for count in range(len(words), 0, -1)]
    paths = [_full_path(prefix.strip(), windows_folder) for prefix in prefixes if prefix.strip()]
    return [path for path in paths if _LOCAL_PATH.match(path)]


def _full_path(path: str, windows_folder: str) -> str:
    for device in ("\\??\\", "\\\\?\\"):
        path = path[len(device) :] if path.startswith(device) else path
    folded = path.casefold()
    if folded.startswith("\\systemroot\\"):
        path = windows_folder + path[len("\\systemroot") :]
    elif folded.startswith("system32\\"):
        path = f"{windows_folder}\\{path}"
    elif "\\" not in path and "/" not in path:
        path = f"{windows_folder}\\System32\\{path}"
    return path if PureWindowsPath(path).suffix else f"{path}.exe"


def is_own_folder(path: str) -> bool:
    """Whether a folder may belong to one program: an absolute path below the root of a drive."""
    folder = PureWindowsPath(path.strip().strip('"'))
    return folder.is_absolute() and len(folder.parts) > 1


def level_of(samples: bytes) -> Level:
    """Level of a recording of signed 16-bit little-endian samples."""
    values = array.array("h")
    values.frombytes(samples[: len(samples) // 2 * 2])
    if sys.byteorder == "big":
        values.byteswap()
    if not values:
        return Level(0.0, 0.0)
    # Cheap inputs have a constant offset, which is no sound.
    offset = sum(values) / len(values)
    peak = max(abs(value - offset) for value in values)
    rms = math.sqrt(sum((value - offset) ** 2 for value in values) / len(values))
    return Level(min(peak / 32768, 1.0), min(rms / 32768, 1.0))


def frame_of(width: int, height: int, pixels: bytes) -> Frame:
    """Brightness of a picture of 32-bit pixels (blue, green, red, unused), from every 16th pixel."""
    greens: Sequence[int] = pixels[1 : width * height * 4 : 64]
    if not greens:
        return Frame(width, height, 0.0, 0)
    return Frame(width, height, sum(greens) / len(greens), max(greens))


_FORBIDDING_POLICIES = {
    "VideoCaptureAllowed": 0,
    "AudioCaptureAllowed": 0,
    "ScreenCaptureAllowed": 0,
    "ForceEphemeralProfiles": 1,
    "ClearBrowsingDataOnExit": 1,
    "BrowserSignin": 2,
}
"""Enterprise policies of Edge and Chrome by name, with the value that stands in the way of an exam room.

Sources: Microsoft's and Google's lists of policies.
"""


def forbidding_policies(values: Mapping[str, object]) -> Tuple[str, ...]:
    """Select the policies that forbid an exam room: recording, or a profile that keeps what was recorded."""
    names = [name for name, value in _FORBIDDING_POLICIES.items() if values.get(name) == value]
    return (*names, "UserDataDir") if values.get("UserDataDir") else tuple(names)


def program_of(command: object) -> str:
    """The path in a value of App Paths, which may be in quotation marks; empty if it is no text."""
    return command.strip().strip('"') if isinstance(command, str) else ""
