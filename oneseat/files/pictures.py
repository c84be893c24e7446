"""Encodes pictures that strangers send anew: as a small JPEG of the same view, with nothing else in it.

Decoding is bounded before it starts: by the number of pixels, and for JPEG by the number of scans. One
picture takes at most about 350 MB of memory while it is decoded. The caller bounds how many at once.
"""

from __future__ import annotations

import io
import re

from PIL import Image, ImageOps

MAX_SIDE = 1600
"""The longest side of a result in pixels: enough to read a screenshot."""
MAX_ENCODED_BYTES = 300 * 1024

_JPEG_PIXELS = 52_000_000
"""The 50-megapixel mode of telephones' cameras. A JPEG is decoded at a fraction of its size."""
_OTHER_PIXELS = 16_000_000
"""Screens of 5K. These formats are decoded at full size, with up to four bytes a pixel and copies of it."""
_MAX_PIXELS = {"JPEG": _JPEG_PIXELS, "MPO": _JPEG_PIXELS, "PNG": _OTHER_PIXELS, "WEBP": _OTHER_PIXELS}
"""By format. MPO is a JPEG with more pictures behind the first, which is the one that counts."""

# In a JPEG's data 0xFF is always followed by 0 or a restart, so this is the marker that starts a scan.
_SCAN = re.compile(rb"\xff\xda")
_MOST_SCANS = 64
"""A progressive JPEG has about ten; each costs a pass over all its pixels, however few bytes it has."""

_QUALITIES = (82, 70, 55)
_SMALLER = 0.75
_PAPER = (255, 255, 255)


class PictureRefused(ValueError):
    """Bytes that are not encoded as a picture."""


class PictureUnreadable(PictureRefused):
    """They are no JPEG, PNG or WebP, or a damaged one."""


class PictureTooDetailed(PictureRefused):
    """The picture has more pixels, or more scans, than are decoded."""


def encode_anew(content: bytes, most_pixels: int = _JPEG_PIXELS, longest_side: int = MAX_SIDE) -> bytes:
    """Encode a JPEG, PNG or WebP as a JPEG of at most ``longest_side`` and :data:`MAX_ENCODED_BYTES`.

    The picture is turned as its metadata says, put on white where it is transparent, and loses its
    metadata, its colour profile, and all frames but the first. ``most_pixels`` lowers the format's limit.

    Raises:
        PictureUnreadable: the bytes are no picture of these formats, or a damaged one.
        PictureTooDetailed: it has too many pixels or scans; nothing was decoded.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
            _check_effort(image, content, most_pixels)
            return _encode(_shrink(image, longest_side))
    except (PictureTooDetailed, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureTooDetailed from None
    except Exception:  # noqa: BLE001 -- decoders raise OSError, SyntaxError, ValueError, struct.error and more
        raise PictureUnreadable from None


def size_of(content: bytes) -> tuple[int, int]:
    """Read width and height of a picture without decoding it.

    Raises:
        PictureUnreadable: the bytes are no picture of these formats.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
            return image.size
    except Exception:  # noqa: BLE001 -- as above
        raise PictureUnreadable from None


def _check_effort(image: Image.Image, content: bytes, most_pixels: int) -> None:
    if image.width * image.height > min(most_pixels, _MAX_PIXELS[image.format or ""]):
        raise PictureTooDetailed
    if image.format in ("JPEG", "MPO") and len(_SCAN.findall(content)) > _MOST_SCANS:
        raise PictureTooDetailed


def _shrink(image: Image.Image, longest_side: int) -> Image.Image:
    """The view in RGB, turned the right way up, with no side longer than ``longest_side``."""
    # Decodes a JPEG at an eighth, a quarter or a half of its size where that is enough.
    image.draft("RGB", (longest_side, longest_side))
    exif = image.getexif()
    see_through = image.has_transparency_data
    small = image.convert("RGBA" if see_through else "RGB")
    small.thumbnail((longest_side, longest_side))
    small.getexif().update(exif)
    small = ImageOps.exif_transpose(small)
    if not see_through:
        return small
    paper = Image.new("RGB", small.size, _PAPER)
    paper.paste(small, mask=small.getchannel("A"))
    return paper


def _encode(image: Image.Image) -> bytes:
    """The first JPEG that is short enough, at ever lower quality and then size."""
    while True:
        for quality in _QUALITIES:
            encoded = _as_jpeg(image, quality)
            if len(encoded) <= MAX_ENCODED_BYTES:
                return encoded
        image = image.resize((_smaller(image.width), _smaller(image.height)))


def _smaller(side: int) -> int:
    return max(1, int(side * _SMALLER))


def _as_jpeg(image: Image.Image, quality: int) -> bytes:
    """A JPEG of a bare copy, since ``save`` would also write what the original's ``info`` holds."""
    bare = Image.frombytes("RGB", image.size, image.tobytes())
    target = io.BytesIO()
    bare.save(target, "JPEG", quality=quality, optimize=True)
    return target.getvalue()
