"""Joins the segments of a take into one file that players open, by remuxing: no picture is encoded anew.

Each segment is a file of its own whose times begin near zero. Packets are copied with the end of the segment
before as their offset. Recorders overlap by some milliseconds, so a joined file runs a little longer than the
clock. Memory does not grow with the length.

A segment's bytes are whatever a candidate's computer sent. So each is read as the format of its name alone,
since FFmpeg also knows scripts and playlists that name other files. Its times are believed up to
:data:`LONGEST_SEGMENT_S`, and no fault of one segment stops the export of the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

_COMMENT = "Joined copy of recorded segments; the originals are beside it."
LONGEST_SEGMENT_S = 300
"""More than any segment lasts: a page records 30 s in each."""
_DEMUXERS = {".webm": "matroska", ".mp4": "mp4"}
_WEBM_CODECS = frozenset({"vp8", "vp9", "av1", "opus", "vorbis"})
_LEAST_FRAME = Fraction(1, 30)
"""How long a last packet is taken to be, whose length its file does not say (seconds)."""


@dataclass
class Joined:
    """What became of a take: files in their order, their length, and segments that could not be read.

    There are several files where a recorder changed its format on the way, for example its picture size.
    """

    files: list[str] = field(default_factory=list)
    seconds: float = 0.0
    unreadable: list[str] = field(default_factory=list)


def join(segments: Iterable[Path], folder: Path, stem: str) -> Joined:
    """Join segments into ``stem.webm``, ``.mkv`` or ``.mp4`` in a folder; further ones are ``stem-2``.

    Raises:
        OSError: the files cannot be written.
    """
    joiner = _Joiner(folder, stem)
    with joiner:
        for segment in segments:
            joiner.add(segment)
    return joiner.result


class _Joiner:
    def __init__(self, folder: Path, stem: str) -> None:
        self.result = Joined()
        self._folder, self._stem = folder, stem
        self._output: _Output | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def add(self, segment: Path) -> None:
        """Add a segment. One that cannot be read, or not to its end, is noted."""
        import av

        try:
            with av.open(str(segment), format=_DEMUXERS[segment.suffix]) as source:
                self._copy(source)
        except Exception as error:
            # Made-up codecs and times raise more than FFmpeg's errors, such as AttributeError.
            if isinstance(error, OSError) and not isinstance(error, av.FFmpegError):
                raise
            self.result.unreadable.append(segment.name)

    def _copy(self, source: InputContainer) -> None:
        streams = [stream for stream in source.streams if stream.type in {"video", "audio"}]
        if not streams:
            raise ValueError("nothing to play")
        form = tuple(_form(stream) for stream in streams)
        if self._output is None or self._output.form != form:
            self._close()
            self._output = self._open(streams, form)
        self._output.copy(source, streams)

    def _open(self, streams: list[Any], form: tuple[object, ...]) -> _Output:
        number = len(self.result.files) + 1
        ending = _ending(streams)
        name = f"{self._stem}{'' if number == 1 else f'-{number}'}.{ending}"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        output = _Output(self._folder / name, streams, form)
        self.result.files.append(name)
        return output

    def _close(self) -> None:
        if self._output is not None:
            self._output.close()
            self.result.seconds += float(self._output.end)
            self._output = None


class _Output:
    """One joined file that is being written."""

    def __init__(self, path: Path, streams: list[Any], form: tuple[object, ...]) -> None:
        import av

        self.form = form
        self.end = Fraction(0)
        muxer = {"webm": "webm", "mkv": "matroska", "mp4": "mp4"}[path.suffix[1:]]
        self._container: OutputContainer = av.open(
            str(path), "w", format=muxer, container_options={"fflags": "+bitexact"}
        )
        self._container.metadata["comment"] = _COMMENT
        self._targets = [self._container.add_stream_from_template(stream) for stream in streams]

    def copy(self, source: InputContainer, streams: list[Any]) -> None:
        """Copy a segment's packets behind what is there."""
        targets = {stream.index: target for stream, target in zip(streams, self._targets, strict=True)}
        offset, end = self.end, self.end
        last: dict[int, Fraction] = {}
        try:
            for packet in source.demux(streams):
                if packet.dts is None or packet.pts is None or not packet.time_base:
                    continue  # the empty packet that ends a stream
                base, index = packet.time_base, packet.stream.index
                shift = round(offset / base)
                at = packet.pts * base
                length = max((packet.duration or 0) * base, at - last.get(index, at), _LEAST_FRAME)
                if max(abs(at) + length, abs(packet.dts * base)) > LONGEST_SEGMENT_S:
                    raise ValueError("times beyond any segment")
                last[index] = at
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = targets[index]
                self._container.mux(packet)
                end = max(end, offset + at + length)
        finally:
            self.end = end

    def close(self) -> None:
        """Write the file's end."""
        self._container.close()


def _ending(streams: list[Any]) -> str:
    """What holds these codecs: WebM does not hold H.264, which a recorder may yet write into such a file."""
    codecs = {stream.codec_context.name for stream in streams}
    if any(stream.container.format.name.startswith("mov") for stream in streams):
        return "mp4"
    return "webm" if codecs <= _WEBM_CODECS or codecs <= {*_WEBM_CODECS, "libopus", "libvorbis"} else "mkv"


def _form(stream: Any) -> tuple[object, ...]:  # noqa: ANN401 -- a stream of either kind
    """What two segments must have in common to share a file."""
    context = stream.codec_context
    shape: tuple[object, ...] = ()
    with suppress(AttributeError):
        shape = (context.width, context.height) if stream.type == "video" else (context.sample_rate,)
    extra = context.extradata if context.name in {"h264", "hevc", "aac"} else b""
    return stream.type, context.name, shape, bytes(extra or b"")
