"""Draws the installer's icon and bitmaps: `python -m oneseat.pipeline.base.artwork` writes the files.

The files are kept in the repository, so that a build needs no drawing library. A test compares them with
what this module draws. No text is drawn, since fonts differ between computers.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from oneseat.pipeline.base.templates import ARTWORK

DEEP = (18, 58, 122)
BRIGHT = (43, 124, 211)
WHITE = (255, 255, 255)
ICON_SIZES = (16, 24, 32, 48, 64, 128, 256)
# Twice the sizes that NSIS has named since 1998, so that they stay sharp on a screen of 200 %.
HEADER_SIZE = (300, 114)
SIDEBAR_SIZE = (328, 628)
_OVERSAMPLING = 4

# A chair from the side on a square of 100: back, seat, legs, as boxes with their corner's radius.
CHAIR = ((31, 18, 40, 60, 4.5), (31, 51, 70, 60, 4.5), (31, 56, 38, 82, 3.5), (63, 56, 70, 82, 3.5))
# The one candidate who sits in it.
HEAD = (50, 20, 66, 36)
BODY = (46, 38, 70, 56, 8)


def draw_icon(size: int) -> Image.Image:
    """Draw the icon: one person on one seat, on a blue tile."""
    scale = size * _OVERSAMPLING
    tile = _gradient((scale, scale)).convert("RGBA")
    mask = Image.new("L", (scale, scale), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, scale - 1, scale - 1), radius=scale * 0.2, fill=255)
    tile.putalpha(mask)
    _draw_seat(tile, (0, 0), scale)
    return tile.resize((size, size), Image.Resampling.LANCZOS)


def draw_header() -> Image.Image:
    """Draw the header in the upper right corner of every page: the icon on white."""
    width, height = HEADER_SIZE
    header = Image.new("RGB", HEADER_SIZE, WHITE)
    icon = draw_icon(int(height * 0.74))
    header.paste(icon, (width - icon.width - int(height * 0.14), (height - icon.height) // 2), icon)
    return header


def draw_sidebar() -> Image.Image:
    """Draw the left side of the first and last page: rows of empty seats, and one that is taken."""
    width, height = SIDEBAR_SIZE
    sidebar = _gradient(SIDEBAR_SIZE).convert("RGBA")
    seats = Image.new("RGBA", SIDEBAR_SIZE, (0, 0, 0, 0))
    step = width // 4
    for row in range(height // step + 1):
        for column in range(-1, 5):
            corner = (column * step + (row % 2) * step // 2, row * step)
            _draw_seat(seats, corner, step, person=False, colour=(*WHITE, 26))
    sidebar.alpha_composite(seats)
    size = int(width * 0.62)
    corner = ((width - size) // 2, int(height * 0.34))
    halo = Image.new("RGBA", SIDEBAR_SIZE, (0, 0, 0, 0))
    margin = size // 7
    circle = (corner[0] - margin, corner[1] - margin, corner[0] + size + margin, corner[1] + size + margin)
    ImageDraw.Draw(halo).ellipse(circle, fill=(*DEEP, 255), outline=(*WHITE, 90), width=3)
    sidebar.alpha_composite(halo)
    _draw_seat(sidebar, corner, size)
    return sidebar.convert("RGB")


def _gradient(size: tuple[int, int]) -> Image.Image:
    """Draw a vertical gradient from the bright to the deep colour."""
    column = Image.new("RGB", (1, size[1]))
    for y in range(size[1]):
        share = y / max(1, size[1] - 1)
        mixed = [round(top + (low - top) * share) for top, low in zip(BRIGHT, DEEP, strict=True)]
        column.putpixel((0, y), (mixed[0], mixed[1], mixed[2]))
    return column.resize(size)


def _draw_seat(
    image: Image.Image,
    corner: tuple[int, int],
    size: int,
    *,
    person: bool = True,
    colour: tuple[int, int, int, int] = (*WHITE, 255),
) -> None:
    """Draw the chair, with a person or empty, in a square; oversampled for smooth edges."""
    layer = Image.new("RGBA", (size * 2, size * 2), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    unit = size * 2 / 100
    for left, top, right, bottom, radius in (*CHAIR, *([BODY] if person else [])):
        box = (left * unit, top * unit, right * unit, bottom * unit)
        draw.rounded_rectangle(box, radius * unit, fill=(*colour[:3], 255))
    if person:
        draw.ellipse(tuple(edge * unit for edge in HEAD), fill=(*colour[:3], 255))
    layer = layer.resize((size, size), Image.Resampling.LANCZOS)
    layer.putalpha(layer.getchannel("A").point(lambda alpha: alpha * colour[3] // 255))
    image.alpha_composite(layer, (max(0, corner[0]), max(0, corner[1])), _overhang(corner))


def _overhang(corner: tuple[int, int]) -> tuple[int, int]:
    """Return how much of a square is outside the image, left and above."""
    return (max(0, -corner[0]), max(0, -corner[1]))


def write(folder: Path) -> None:
    """Write `icon.ico`, `header.bmp` and `sidebar.bmp`."""
    folder.mkdir(parents=True, exist_ok=True)
    icons = [draw_icon(size) for size in ICON_SIZES]
    icons[-1].save(folder / "icon.ico", sizes=[(size, size) for size in ICON_SIZES], append_images=icons[:-1])
    draw_header().save(folder / "header.bmp")
    draw_sidebar().save(folder / "sidebar.bmp")


if __name__ == "__main__":
    write(ARTWORK)
