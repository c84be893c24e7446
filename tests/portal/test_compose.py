"""A composed body is prefix then tail, in bounded pieces, for however large a base."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Message, Scope

from oneseat.portal.delivery.compose import (
    SLICE_BYTES,
    ComposedInstaller,
    ComposedResponse,
    SharedPrefix,
    content_disposition,
)
from oneseat.portal.rules.ranges import Span
from tests.effort import examples

HEAD = 3 * SLICE_BYTES + 12_345
TAIL = b"tail" * 2046


@pytest.fixture(scope="module")
def installer(tmp_path_factory: pytest.TempPathFactory) -> ComposedInstaller:
    path = tmp_path_factory.mktemp("compose") / "base.exe"
    path.write_bytes((b"%07d\n" * (HEAD // 8 + 1000)) % tuple(range(HEAD // 8 + 1000)))
    prefix = SharedPrefix(path, HEAD)
    digest = hashlib.sha256(bytes(prefix.view) + TAIL).hexdigest()
    return ComposedInstaller(prefix, TAIL, digest, "考生端.exe")


@pytest.fixture(scope="module")
def whole(installer: ComposedInstaller) -> memoryview:
    return memoryview(bytes(installer.prefix.view) + TAIL)


@settings(deadline=None, max_examples=examples(40))  # a busy machine maps slowly
@given(bounds=st.tuples(st.integers(0, HEAD + len(TAIL)), st.integers(0, HEAD + len(TAIL))))
def test_slices_join_to_the_span_and_none_is_large(
    installer: ComposedInstaller, whole: memoryview, bounds: tuple[int, int]
) -> None:
    start, stop = sorted(bounds)
    slices = list(installer.slices(Span(start, stop)))
    assert b"".join(slices) == whole[start:stop]
    assert all(0 < len(piece) <= SLICE_BYTES for piece in slices)


def run(installer: ComposedInstaller, leave_after: int | None = None) -> tuple[list[Message], list[bool]]:
    """Serve one GET; the client may leave after so many messages."""
    sent: list[Message] = []
    told: list[bool] = []
    gone = asyncio.Event()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if leave_after is not None and len(sent) > leave_after:
            gone.set()
        await asyncio.sleep(0)

    async def on_sent(reached_end: bool) -> None:
        told.append(reached_end)

    scope: Scope = {"type": "http", "method": "GET", "headers": []}
    asyncio.run(ComposedResponse(installer, on_sent)(scope, receive, send))
    return sent, told


def test_bodies_are_views_of_the_map_and_not_copies(installer: ComposedInstaller) -> None:
    sent, told = run(installer)
    bodies = [message["body"] for message in sent[1:-1]]
    assert all(isinstance(body, memoryview) for body in bodies)
    assert hashlib.sha256(b"".join(bodies)).hexdigest() == installer.sha256
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    assert told == [True]


def test_a_client_that_leaves_ends_the_work_and_counts_as_unfinished(installer: ComposedInstaller) -> None:
    sent, told = run(installer, leave_after=1)
    assert len(sent) < 5
    assert told == [False]


def test_a_head_shorter_than_promised_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short.exe").write_bytes(b"MZ")
    with pytest.raises(ValueError, match="fewer"):
        SharedPrefix(tmp_path / "short.exe", 3)


@given(name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_any_file_name_makes_a_header_that_decodes_to_it(name: str) -> None:
    header = content_disposition(name)
    assert header.isascii()
    plain, _, encoded = header.partition("; filename*=UTF-8''")
    assert unquote(encoded) == name
    assert plain.startswith('attachment; filename="')
    assert plain.count('"') == 2
    assert "\\" not in plain


def test_a_chinese_name_has_a_plain_twin() -> None:
    assert content_disposition("考生端.exe").startswith('attachment; filename="installer.exe"')
    assert content_disposition("智考云-demo-1a.exe").startswith('attachment; filename="demo-1a.exe"')
