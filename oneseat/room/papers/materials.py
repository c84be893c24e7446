"""Reads the pictures and sounds of a paper from the files beside it, within bounds, as the page gets them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from oneseat.files.pictures import PictureTooDetailed, PictureUnreadable, encode_anew
from oneseat.room.papers.form import PictureMaterial, SoundMaterial, TextMaterial
from signing.os_faults import system_reason
from signing.text import Text

MAX_PICTURE_BYTES = 20 << 20
"""A picture's file. It is encoded anew, as a JPEG of at most 300 KiB."""
MAX_SOUND_BYTES = 1 << 20
"""About a minute of MP3. A sound is handed out as it is."""
_SOUNDS = (
    (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"),
    (b"\xff\xf3", 0, "audio/mpeg"),
    (b"OggS", 0, "audio/ogg"),
    (b"WAVE", 8, "audio/wav"),
    (b"ftyp", 4, "audio/mp4"),
)
"""First bytes of the formats that all browsers of the interview play: bytes, their place, the type."""


class MaterialFault(Exception):
    """A file that cannot be a material; ``problem`` says why and what to do."""

    def __init__(self, problem: Text) -> None:
        super().__init__(problem.en)
        self.problem = problem


def read_material(folder: Path, material: TextMaterial | PictureMaterial | SoundMaterial) -> dict[str, Any]:
    """A material as the page gets it.

    Raises:
        MaterialFault: its file cannot be read, is too large, or is not of its kind.
    """
    if isinstance(material, TextMaterial):
        return material.model_dump(mode="json")
    if isinstance(material, PictureMaterial):
        mime, data = "image/jpeg", _picture(_content(folder / material.file, MAX_PICTURE_BYTES))
    else:
        data = _content(folder / material.file, MAX_SOUND_BYTES)
        mime = _sound_type(data)
    words = material.model_dump(mode="json", exclude={"file"})
    return {**words, "mime": mime, "data": base64.b64encode(data).decode()}


def _content(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        reason = system_reason(error)
        raise MaterialFault(
            Text(f"{path.name} cannot be read: {reason.en}", f"无法读取 {path.name}（{reason.zh}）")
        ) from None
    if len(content) > limit:
        size = limit >> 20
        raise MaterialFault(
            Text(
                f"{path.name} is larger than {size} MiB: make it smaller",
                f"{path.name} 超过 {size} MiB，请缩小后再用",
            )
        )
    return content


def _picture(content: bytes) -> bytes:
    try:
        return encode_anew(content)
    except PictureTooDetailed:
        raise MaterialFault(Text("has too many pixels: scale it down", "图片像素过多，请缩小尺寸")) from None
    except PictureUnreadable:
        raise MaterialFault(
            Text("is no JPEG, PNG or WebP picture", "不是可识别的 JPEG、PNG 或 WebP 图片，请转换格式")
        ) from None


def _sound_type(content: bytes) -> str:
    for first, place, mime in _SOUNDS:
        if content[place : place + len(first)] == first:
            return mime
    raise MaterialFault(
        Text(
            "is no MP3, Ogg, WAV or M4A sound: convert it",
            "不是可识别的 MP3、Ogg、WAV 或 M4A 声音，请转换格式",
        )
    )
