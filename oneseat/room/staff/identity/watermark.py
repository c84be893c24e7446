"""Writes the looking operator's name and the time across a photograph, into its pixels."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

_EVERY_PX = 120
_SIZE = 22
_FAINT = 70
"""Of 255: the photograph stays clear below it."""


def marked(photo: bytes, text: str) -> bytes:
    """Return the JPEG with ``text`` (ASCII) across it, again and again."""
    with Image.open(io.BytesIO(photo)) as opened:
        picture = opened.convert("RGB")
    overlay = Image.new("RGBA", picture.size, (255, 255, 255, 0))
    pen, font = ImageDraw.Draw(overlay), ImageFont.load_default(_SIZE)
    step = int(pen.textlength(text, font=font)) + _EVERY_PX // 2
    for row, y in enumerate(range(0, picture.height, _EVERY_PX)):
        for x in range(-(row % 2) * step // 2, picture.width, step):
            pen.text((x + 1, y + 1), text, font=font, fill=(0, 0, 0, _FAINT))
            pen.text((x, y), text, font=font, fill=(255, 255, 255, _FAINT + 30))
    target = io.BytesIO()
    Image.alpha_composite(picture.convert("RGBA"), overlay).convert("RGB").save(target, "JPEG", quality=88)
    return target.getvalue()
