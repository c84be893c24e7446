"""Reading files in chunks of bounded size."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import BinaryIO

CHUNK_BYTES = 1 << 20


def chunks(source: BinaryIO, length: int = sys.maxsize) -> Iterator[bytes]:
    """At most ``length`` bytes of an open file from its position on, in chunks of at most 1 MiB.

    It ends early where the file does; the caller decides whether that is a fault.
    """
    while length > 0 and (chunk := source.read(min(length, CHUNK_BYTES))):
        length -= len(chunk)
        yield chunk
