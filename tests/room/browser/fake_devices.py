"""Files that Chromium's fake camera and microphone play: a film that can be changed, and a sound."""

from __future__ import annotations

import functools
import math
import random
import struct
import wave
from pathlib import Path

from PIL import Image, ImageChops

WIDTH, HEIGHT, FRAMES_PER_S = 640, 480, 15
FRAMES = 60
SQUARE = 32
PERSON = 224
FIELD, BITS = 48, 6
SAMPLES_PER_S = 48000
_HEADER = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_PER_S}:1 Ip A1:1 C420jpeg\n".encode()
_FRAME = b"FRAME\n"
_CHROMA = bytes([128]) * (WIDTH * HEIGHT // 2)


class CameraFile:
    """A Y4M file that Chromium reads again and again, frame by frame: what is written now is seen next."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._moving = _moving_frames()
        self.move()

    def move(self) -> None:
        """Show somebody who moves."""
        self._write(self._moving)

    def blacken(self) -> None:
        """Show what a covered lens shows."""
        self._write([bytes([16]) * (WIDTH * HEIGHT)] * FRAMES)

    def freeze(self) -> None:
        """Show one picture for ever."""
        self._write(self._moving[:1] * FRAMES)

    def _write(self, lumas: list[bytes]) -> None:
        content = _HEADER + b"".join(_FRAME + luma + _CHROMA for luma in lumas)
        # In place: Chromium has the file open.
        with self.path.open("r+b" if self.path.exists() else "wb") as file:
            file.write(content)


@functools.cache
def _moving_frames() -> list[bytes]:
    """A room with a sensor's noise, before which somebody moves: what a camera shows in an interview."""
    chance = random.Random(7)
    noise = bytes(chance.randrange(-2, 3) % 256 for _ in range(2 * WIDTH * HEIGHT))
    room = _squares(chance, WIDTH, HEIGHT)
    person = _squares(chance, PERSON, PERSON)
    return [_frame(room, person, noise[chance.randrange(WIDTH * HEIGHT) :], n) for n in range(FRAMES)]


def _squares(chance: random.Random, width: int, height: int) -> Image.Image:
    """Soft squares of random brightness."""
    small = Image.new("L", (width // SQUARE, height // SQUARE))
    small.putdata([chance.randrange(40, 200) for _ in range(small.width * small.height)])
    return small.resize((width, height), Image.Resampling.BICUBIC)


def _frame(room: Image.Image, person: Image.Image, noise: bytes, n: int) -> bytes:
    picture = room.copy()
    turn = 2 * math.pi * n / FRAMES
    picture.paste(person, (220 + round(40 * math.sin(turn)), 140 + round(16 * math.cos(2 * turn))))
    _write_number(picture, n)
    grain = Image.frombytes("L", picture.size, noise[: WIDTH * HEIGHT])
    return ImageChops.add_modulo(picture, grain).tobytes()


def _write_number(picture: Image.Image, n: int) -> None:
    """Write a frame's number as black and white fields in the upper left, for `read_number`."""
    for bit in range(BITS):
        picture.paste(225 if n >> bit & 1 else 30, (bit * FIELD, 0, (bit + 1) * FIELD, FIELD))


def read_number(luma: bytes, stride: int) -> int:
    """Read the number of a frame from its brightness as recorded, of which a row takes ``stride`` bytes."""
    middle = FIELD // 2 * (stride + 1)
    return sum((luma[middle + bit * FIELD] > 128) << bit for bit in range(BITS))


def write_sound(path: Path, seconds: float) -> Path:
    """Write a WAV file with noise that swells, as speech does, and a silent end.

    Played with ``%noloop``, Chromium repeats the last buffer for ever: so the silence lasts.
    """
    chance = random.Random(7)
    count = int(seconds * SAMPLES_PER_S)
    samples = [int(chance.uniform(-1, 1) * 9000 * (0.2 + (n % 24000) / 24000)) for n in range(count)]
    samples += [0] * (SAMPLES_PER_S // 2)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLES_PER_S)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return path
