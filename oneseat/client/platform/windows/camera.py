"""Takes one picture with a camera, by Media Foundation.

Sources: Microsoft's pages on MFEnumDeviceSources, MFCreateSourceReaderFromMediaSource, IMFSourceReader and
IMFMediaBuffer; the order of methods is that of ``mfobjects.h`` and ``mfreadwrite.h``. All functions exist
since Windows 7, but not in editions without media features (N), so they are loaded on demand. Only size and
brightness of a picture leave this module.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import uuid
from ctypes import wintypes
from typing import Iterator, List, Optional, Tuple

from oneseat.client.health.check import Unanswered
from oneseat.client.health.probes import Frame
from oneseat.client.health.readings import frame_of
from signing.text import Text

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

_MF_VERSION = 0x00020070
_MF_LITE = 1
_SOURCE_TYPE = uuid.UUID("c60ac5fe-252a-478f-a0ef-bc8fa5f7cad3")
_VIDEO_CAPTURE = uuid.UUID("8ac3587a-4ae7-42d8-99e0-0a6013eef90f")
_MAJOR_TYPE = uuid.UUID("48eba18e-f8c9-4687-bf11-0a74c9f96a8f")
_SUBTYPE = uuid.UUID("f7e34c9a-42e8-4714-b74b-cb29d72c35e5")
_VIDEO = uuid.UUID("73646976-0000-0010-8000-00aa00389b71")
_RGB32 = uuid.UUID("00000016-0000-0010-8000-00aa00389b71")
_FRAME_SIZE = uuid.UUID("1652c33d-d6b2-4012-b834-72030849a37d")
_CONVERT = uuid.UUID("fb394f3d-ccf1-42ee-bbb3-f9b845d5681d")
"""MF_SOURCE_READER_ENABLE_VIDEO_PROCESSING: converts the cameras' YUV or JPEG to RGB."""
_IID_MEDIA_SOURCE = uuid.UUID("279a808d-aec7-40c8-9c6b-a6b492c78a66")
_FIRST_VIDEO_STREAM = 0xFFFFFFFC
_ENDED_OR_BROKEN = 0x1 | 0x2
_SETTLING_FRAMES = 10
"""The first pictures are dark until the camera has adjusted its exposure."""
_MOST_READS = 60

_RELEASE = 2
_GET_UINT64, _SET_UINT32, _SET_GUID = 8, 21, 24
_ACTIVATE_OBJECT = 33
_GET_CURRENT_TYPE, _SET_CURRENT_TYPE, _READ_SAMPLE = 6, 7, 9
_TO_CONTIGUOUS = 41
_LOCK, _UNLOCK = 3, 4
_SHUT_DOWN_SOURCE = 12
"""Indices of methods in their interfaces' tables."""

_NO_MEDIA = Unanswered(
    Text("this Windows has no media features", "系统缺少媒体功能"),
    Text(
        "Install the Media Feature Pack of Windows, then check again.",
        "请安装 Windows 媒体功能包（Media Feature Pack）后重新检测。",
    ),
)


class _Object:
    """COM object; methods are called by their index."""

    def __init__(self, pointer: ctypes.c_void_p) -> None:
        self.pointer = pointer

    def call(self, index: int, *arguments: object) -> None:
        """Call the method at an index.

        Raises:
            OSError: the method failed; the error has the HRESULT.
        """
        table = ctypes.cast(self.pointer, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
        method = ctypes.WINFUNCTYPE(ctypes.HRESULT)(table[index])
        method(self.pointer, *arguments)

    def release(self) -> None:
        """Release the reference."""
        table = ctypes.cast(self.pointer, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
        ctypes.WINFUNCTYPE(wintypes.ULONG)(table[_RELEASE])(self.pointer)


class _Objects(contextlib.ExitStack):
    """COM objects, released in reverse order at the end of a with block."""

    def add(self, pointer: ctypes.c_void_p) -> _Object:
        """Wrap the object at a pointer, and release it at the end."""
        if not pointer:
            raise Unanswered(Text("the camera gave no picture", "摄像头没有送出画面"))
        item = _Object(pointer)
        self.callback(item.release)
        return item


class _Media:
    """Functions of Media Foundation, if this Windows has them."""

    def __init__(self) -> None:
        try:
            self.platform = ctypes.OleDLL("mfplat")
            self.sources = ctypes.OleDLL("mf")
            self.reading = ctypes.OleDLL("mfreadwrite")
            self._present = (
                self.platform.MFStartup,
                self.sources.MFEnumDeviceSources,
                self.reading.MFCreateSourceReaderFromMediaSource,
            )
        except (OSError, AttributeError):
            raise _NO_MEDIA from None

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Start COM and Media Foundation for this thread, and stop them after the block."""
        ole = ctypes.OleDLL("ole32")
        ole.CoInitializeEx(None, 0)
        try:
            self.platform.MFStartup(_MF_VERSION, _MF_LITE)
            try:
                yield
            finally:
                self.platform.MFShutdown()
        finally:
            ctypes.WinDLL("ole32").CoUninitialize()


def frame() -> Frame:
    """Take a picture with the first camera that works.

    Raises:
        Unanswered: no camera works, or this Windows has no media features.
    """
    media = _Media()
    problem: Optional[OSError] = None
    with media.running(), _Objects() as objects:
        for activate in _cameras(media, objects):
            try:
                return _picture(media, activate)
            except OSError as fault:
                problem = fault
    if problem is None:
        raise Unanswered(Text("Media Foundation sees no camera", "媒体组件未发现摄像头"))
    code = f"{(problem.winerror or 0) & 0xFFFFFFFF:#010x}"
    raise Unanswered(Text(f"no camera answers ({code})", f"摄像头无应答（{code}）"))


def _cameras(media: _Media, objects: _Objects) -> List[_Object]:
    attributes = _attributes(media, objects)
    attributes.call(_SET_GUID, _SOURCE_TYPE.bytes_le, _VIDEO_CAPTURE.bytes_le)
    sources = ctypes.POINTER(ctypes.c_void_p)()
    count = ctypes.c_uint32()
    media.sources.MFEnumDeviceSources(attributes.pointer, ctypes.byref(sources), ctypes.byref(count))
    try:
        return [objects.add(ctypes.c_void_p(sources[number])) for number in range(count.value)]
    finally:
        ctypes.WinDLL("ole32").CoTaskMemFree(sources)


def _attributes(media: _Media, objects: _Objects) -> _Object:
    pointer = ctypes.c_void_p()
    media.platform.MFCreateAttributes(ctypes.byref(pointer), 2)
    return objects.add(pointer)


def _picture(media: _Media, activate: _Object) -> Frame:
    with _Objects() as objects:
        pointer = ctypes.c_void_p()
        activate.call(_ACTIVATE_OBJECT, _IID_MEDIA_SOURCE.bytes_le, ctypes.byref(pointer))
        source = objects.add(pointer)
        objects.callback(_shut_down, source)
        reader = _reader(media, objects, source)
        width, height = _negotiate_size(media, objects, reader)
        return _read(reader, width, height)


def _shut_down(source: _Object) -> None:
    with contextlib.suppress(OSError):
        source.call(_SHUT_DOWN_SOURCE)


def _reader(media: _Media, objects: _Objects, source: _Object) -> _Object:
    options = _attributes(media, objects)
    options.call(_SET_UINT32, _CONVERT.bytes_le, ctypes.c_uint32(1))
    pointer = ctypes.c_void_p()
    media.reading.MFCreateSourceReaderFromMediaSource(source.pointer, options.pointer, ctypes.byref(pointer))
    return objects.add(pointer)


def _negotiate_size(media: _Media, objects: _Objects, reader: _Object) -> Tuple[int, int]:
    """Set the format to 32-bit pixels, and return width and height."""
    pointer = ctypes.c_void_p()
    media.platform.MFCreateMediaType(ctypes.byref(pointer))
    wanted = objects.add(pointer)
    wanted.call(_SET_GUID, _MAJOR_TYPE.bytes_le, _VIDEO.bytes_le)
    wanted.call(_SET_GUID, _SUBTYPE.bytes_le, _RGB32.bytes_le)
    stream = wintypes.DWORD(_FIRST_VIDEO_STREAM)
    reader.call(_SET_CURRENT_TYPE, stream, None, wanted.pointer)
    agreed = ctypes.c_void_p()
    reader.call(_GET_CURRENT_TYPE, stream, ctypes.byref(agreed))
    size = ctypes.c_uint64()
    objects.add(agreed).call(_GET_UINT64, _FRAME_SIZE.bytes_le, ctypes.byref(size))
    return size.value >> 32, size.value & 0xFFFFFFFF


def _read(reader: _Object, width: int, height: int) -> Frame:
    """Read pictures until the camera has settled, and return the last."""
    last: Optional[Frame] = None
    settled = 0
    for _ in range(_MOST_READS):
        flags, sample = wintypes.DWORD(), ctypes.c_void_p()
        reader.call(
            _READ_SAMPLE,
            wintypes.DWORD(_FIRST_VIDEO_STREAM),
            wintypes.DWORD(0),
            None,
            ctypes.byref(flags),
            None,
            ctypes.byref(sample),
        )
        if sample:
            last = _frame(sample, width, height)
            settled += 1
        if settled >= _SETTLING_FRAMES or flags.value & _ENDED_OR_BROKEN:
            break
    if last is None:
        raise Unanswered(Text("the camera gave no picture", "摄像头没有送出画面"))
    return last


def _frame(sample: ctypes.c_void_p, width: int, height: int) -> Frame:
    with _Objects() as objects:
        pointer = ctypes.c_void_p()
        objects.add(sample).call(_TO_CONTIGUOUS, ctypes.byref(pointer))
        buffer = objects.add(pointer)
        data, length = ctypes.c_void_p(), wintypes.DWORD()
        buffer.call(_LOCK, ctypes.byref(data), None, ctypes.byref(length))
        try:
            return frame_of(width, height, ctypes.string_at(data, length.value))
        finally:
            buffer.call(_UNLOCK)
