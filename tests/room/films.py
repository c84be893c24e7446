"""Small recordings as a browser's recorder makes them: WebM with VP8 and Opus, each segment a whole file."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import cache
from pathlib import Path

import av

FRAMES_PER_S = 10
SAMPLES_PER_S = 48_000


@cache
def film(number: int, seconds: int = 1, width: int = 64, *, sound: bool = True) -> bytes:
    """A segment whose pictures have a brightness of their own, with a tone beside them."""
    target = io.BytesIO()
    with av.open(target, "w", format="webm") as container:
        video = container.add_stream("libvpx", rate=FRAMES_PER_S)
        video.width, video.height, video.pix_fmt = width, 48, "yuv420p"
        audio = container.add_stream("libopus", rate=SAMPLES_PER_S) if sound else None
        for index in range(seconds * FRAMES_PER_S):
            frame = av.VideoFrame(width, 48, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([40 + 20 * (number % 10)]) * plane.buffer_size)
            frame.pts, frame.time_base = index, Fraction(1, FRAMES_PER_S)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if audio is not None:
            for index in range(seconds * 50):
                samples = av.AudioFrame(format="s16", layout="mono", samples=960)
                samples.planes[0].update(bytes(samples.planes[0].buffer_size))
                samples.sample_rate, samples.pts = SAMPLES_PER_S, index * 960
                samples.time_base = Fraction(1, SAMPLES_PER_S)
                container.mux(audio.encode(samples))
            container.mux(audio.encode())
    return target.getvalue()


def play(path: Path) -> tuple[int, float]:
    """Decode a file to its end; return its pictures and how long they last (seconds)."""
    pictures, end = 0, 0.0
    with av.open(str(path)) as container:
        for frame in container.decode():
            end = max(end, frame.time or 0.0)
            pictures += isinstance(frame, av.VideoFrame)
    return pictures, end


def film_with_pause(seconds: int) -> bytes:
    """A segment whose pictures after the first come so many seconds later, by its own times."""
    target = io.BytesIO()
    with (
        av.open(target, "w", format="webm") as made,
        av.open(io.BytesIO(film(1, sound=False)), "r") as source,
    ):
        (video,) = source.streams.video
        copy = made.add_stream_from_template(video)
        for number, packet in enumerate(source.demux(video)):
            if packet.pts is None or packet.time_base is None:
                continue
            packet.pts = packet.dts = packet.pts + (int(seconds / packet.time_base) if number else 0)
            packet.stream = copy
            made.mux(packet)
    return target.getvalue()
