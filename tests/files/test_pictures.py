"""Pictures are encoded anew: small, upright, without metadata; what would cost too much is not decoded."""

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from oneseat.files.pictures import (
    MAX_ENCODED_BYTES,
    MAX_SIDE,
    PictureRefused,
    PictureTooDetailed,
    PictureUnreadable,
    encode_anew,
)

SECRET = "30.6571N 104.0665E"
RED, BLUE = (200, 30, 30), (30, 30, 200)


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, form, **options)
    return target.getvalue()


def _opened(encoded: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(encoded))
    image.load()
    return image


def _halves(mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (400, 200), BLUE)
    image.paste(RED, (0, 0, 200, 200))
    return image.convert(mode)


def _is_near(pixel: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 40 for one, other in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_the_view_stays_and_everything_else_goes(form: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = SECRET
    exif.get_ifd(0x8825)[1] = "N"
    sent = _saved(_halves(), form, exif=exif)
    assert SECRET.encode() in sent
    encoded = encode_anew(sent)
    image = _opened(encoded)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (400, 200))
    assert _is_near(image.getpixel((50, 100)), RED) and _is_near(image.getpixel((350, 100)), BLUE)
    assert SECRET.encode() not in encoded
    assert not image.getexif() and not {"exif", "comment", "icc_profile"} & set(image.info)


def test_comments_profiles_and_what_lies_behind_the_picture_go() -> None:
    sent = _saved(_halves(), "JPEG", comment=SECRET.encode(), icc_profile=SECRET.encode() * 9)
    assert SECRET.encode() not in encode_anew(sent + SECRET.encode())


def test_a_picture_is_turned_as_the_camera_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = _opened(encode_anew(_saved(_halves(), "JPEG", exif=exif)))
    assert image.size == (200, 400)
    assert _is_near(image.getpixel((100, 50)), RED) and _is_near(image.getpixel((100, 350)), BLUE)


@pytest.mark.parametrize("size", [(8160, 6120), (6120, 8160), (5000, 10)], ids=["50mp", "tall", "flat"])
def test_no_side_is_longer_than_the_limit(size: tuple[int, int]) -> None:
    image = _opened(encode_anew(_saved(Image.new("RGB", size, RED), "JPEG", quality=30)))
    assert max(image.size) == MAX_SIDE
    assert image.size[0] / image.size[1] == pytest.approx(size[0] / size[1], rel=0.5)


def test_noise_is_made_small_enough_all_the_same() -> None:
    noise = Image.frombytes("RGB", (1600, 1600), random.Random(1).randbytes(1600 * 1600 * 3))
    encoded = encode_anew(_saved(noise, "PNG"))
    assert len(encoded) <= MAX_ENCODED_BYTES
    assert min(_opened(encoded).size) > 500


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_png_is_read(mode: str) -> None:
    image = (
        Image.new("I;16", (40, 20), 65535) if mode == "I;16" else Image.new("RGBA", (40, 20)).convert(mode)
    )
    encoded = _opened(encode_anew(_saved(image, "PNG")))
    assert encoded.mode == "RGB"
    if mode in ("LA", "RGBA", "I;16"):
        assert _is_near(encoded.getpixel((20, 10)), (255, 255, 255)), "transparent parts are white"


def test_ink_and_film_are_read() -> None:
    assert _opened(encode_anew(_saved(_halves("CMYK"), "JPEG"))).mode == "RGB"
    several = _saved(_halves(), "MPO", save_all=True, append_images=[Image.new("RGB", (10, 10))])
    moving = _saved(_halves(), "WEBP", save_all=True, append_images=[Image.new("RGB", (400, 200))])
    for sent in (several, moving):
        image = _opened(encode_anew(sent))
        assert image.size == (400, 200) and _is_near(image.getpixel((50, 100)), RED)


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "PPM", "ICO", "PDF"])
def test_no_other_decoder_is_used(form: str) -> None:
    with pytest.raises(PictureUnreadable):
        encode_anew(_saved(Image.new("RGB", (64, 64), RED), form))


def test_too_many_pixels_are_not_decoded() -> None:
    for image, form in ((Image.new("1", (20_000, 20_000)), "PNG"), (Image.new("L", (9000, 6000)), "JPEG")):
        with pytest.raises(PictureTooDetailed):
            encode_anew(_saved(image, form))


def test_a_jpeg_of_very_many_scans_is_not_decoded() -> None:
    sent = _saved(Image.new("RGB", (640, 480), RED), "JPEG", progressive=True)
    first, last = sent.find(b"\xff\xda"), sent.rfind(b"\xff\xda")
    assert first < last
    encode_anew(sent)
    with pytest.raises(PictureTooDetailed):
        encode_anew(sent[:last] + sent[last:-2] * 100 + sent[-2:])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@given(data=st.data())
def test_a_damaged_file_is_refused_or_a_picture(form: str, data: st.DataObject) -> None:
    sent = bytearray(_saved(_halves(), form))
    cut = data.draw(st.integers(0, len(sent)))
    for _ in range(data.draw(st.integers(0, 4))):
        sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
    try:
        encoded = encode_anew(bytes(sent[:cut]))
    except PictureRefused:
        return
    assert _opened(encoded).format == "JPEG"


@given(st.binary(max_size=200))
def test_other_bytes_are_no_picture(sent: bytes) -> None:
    with pytest.raises(PictureRefused):
        encode_anew(sent)


def test_half_a_picture_is_refused() -> None:
    sent = _saved(_halves(), "JPEG")
    with pytest.raises(PictureUnreadable):
        encode_anew(sent[: len(sent) // 2])
