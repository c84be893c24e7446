"""Small pictures of one shade, by which a test tells them apart."""

from __future__ import annotations

import io

from PIL import Image


def picture(shade: int = 128, size: tuple[int, int] = (120, 160), kind: str = "JPEG") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, (shade, shade, shade)).save(target, kind)
    return target.getvalue()


def shade_of(content: bytes) -> int:
    """The shade of a picture's middle."""
    with Image.open(io.BytesIO(content)) as image:
        middle = image.convert("L").getpixel((image.width // 2, image.height // 2))
    assert isinstance(middle, int)
    return middle
