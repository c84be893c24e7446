"""A minimal memcached for Swift, which without one asks its container servers at every request.

Run as a program: ``python tests/memory_cache.py PORT``. It has the commands of the text protocol that Swift
uses:
https://github.com/memcached/memcached/blob/master/doc/protocol.txt
"""

from __future__ import annotations

import asyncio
import sys
import time


class Cache:
    """Values by key, each with its flags and expiry time."""

    def __init__(self) -> None:
        self._values: dict[bytes, tuple[bytes, bytes, float]] = {}

    def get(self, keys: list[bytes]) -> bytes:
        """Respond to ``get``."""
        now = time.time()
        matches = [(key, self._values[key]) for key in keys if self._values.get(key, (b"", b"", 0))[2] > now]
        lines = (
            b"VALUE %b %b %d\r\n%b\r\n" % (key, flags, len(value), value)
            for key, (flags, value, _) in matches
        )
        return b"".join(lines) + b"END\r\n"

    def keep(self, words: list[bytes], value: bytes) -> bytes:
        """Respond to ``set`` and ``add``."""
        command, key, flags, life = words[0], words[1], words[2], int(words[3])
        if command == b"add" and self.get([key]) != b"END\r\n":
            return b"NOT_STORED\r\n"
        thirty_days = 30 * 86400  # larger values are Unix times
        until = life if life > thirty_days else time.time() + (life or thirty_days)
        self._values[key] = (flags, value, until)
        return b"STORED\r\n"

    def drop(self, key: bytes) -> bytes:
        """Respond to ``delete``."""
        return b"NOT_FOUND\r\n" if self._values.pop(key, None) is None else b"DELETED\r\n"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        while words := (await reader.readline()).split():
            if words[0] in (b"set", b"add"):
                value = (await reader.readexactly(int(words[4]) + 2))[:-2]
                writer.write(self.keep(words, value))
            elif words[0] == b"get":
                writer.write(self.get(words[1:]))
            elif words[0] == b"delete":
                writer.write(self.drop(words[1]))
            else:
                writer.write(b"ERROR\r\n")
            await writer.drain()
        writer.close()


async def main(port: int) -> None:
    """Serve on loopback until the process ends."""
    server = await asyncio.start_server(Cache().serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
